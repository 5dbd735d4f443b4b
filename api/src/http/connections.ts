/**
 * Lets no connection make the server hold more than one answer for it. Node parses every request of a pipeline at once and
 * would have all of them answered into memory while the client reads nothing. Owns, per connection, the requests that wait
 * for their turn.
 *
 *     request ──▶ (one before it is being answered: waiting) ──▶ handled ──▶ answered: the next one's turn
 *                  └─▶ more than MOST_WAITING: the connection is ended
 *     an answer of which nothing is taken for the write timeout: the connection is ended
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Clients that pipeline send some at a time; a request that waits costs about 4 KB. */
const MOST_WAITING = 32;
/** How often answers under way are looked at. */
const LOOK_EVERY_MS = 1000;

type Exchange = readonly [IncomingMessage, ServerResponse];

interface Connection {
  /** One of its requests is being answered. */
  busy: boolean;
  /** The socket's timer runs for the write timeout. */
  timed: boolean;
  readonly waiting: Exchange[];
}

/**
 * Has a server's requests handled, one at a time for each connection.
 * @param writeTimeoutMs how long a client may take nothing of an answer that is ready for it
 */
export function handleInTurn(server: Server, handle: RequestListener, writeTimeoutMs: number): void {
  const connections = new Map<Socket, Connection>();

  const begin = (socket: Socket, connection: Connection, [req, res]: Exchange): void => {
    connection.busy = true;
    // "close" comes when the system has taken the answer's last byte, or the client has gone.
    res.once('close', () => {
      connection.busy = false;
      connection.timed = false; // Node has set the timer of an idle connection
      const next = connection.waiting.shift();
      if (next && !socket.destroyed) begin(socket, connection, next);
    });
    handle(req, res as Parameters<RequestListener>[1]);
  };

  server.on('connection', (socket: Socket) => {
    connections.set(socket, { busy: false, timed: false, waiting: [] });
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', (req, res) => {
    const { socket } = req;
    const connection = connections.get(socket);
    if (!connection || socket.destroyed) return; // it ended while what it had sent was still being parsed
    if (!connection.busy) begin(socket, connection, [req, res]);
    else if (connection.waiting.length < MOST_WAITING) connection.waiting.push([req, res]);
    else socket.destroy();
  });

  const look = setInterval(() => {
    for (const [socket, connection] of connections) {
      if (!connection.busy) continue;
      const stuck = socket.writableLength > 0;
      // A socket's timer begins again whenever bytes move, and ends the connection when it runs out.
      if (stuck !== connection.timed) socket.setTimeout(stuck ? writeTimeoutMs : 0);
      connection.timed = stuck;
    }
  }, LOOK_EVERY_MS);
  look.unref();
  server.once('close', () => clearInterval(look));
}
