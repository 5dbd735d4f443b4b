/** Answers as JSON on the routes that are asked most. */
import type { ServerResponse } from 'node:http';

/**
 * Sends a value as JSON. As Express' `res.json`, but without parsing the content type that it has just set, and without
 * comparing ETags, which takes about 8 µs of the 100 of a small answer.
 */
export function sendJson(res: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  res.statusCode = status;
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.setHeader('Content-Length', Buffer.byteLength(body));
  res.end(body);
}
