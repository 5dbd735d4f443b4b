import { openApiDocument } from '@scry/api/http/openapi';
import { PROBLEMS } from '@scry/api/http/problems';
import { routes } from '@scry/api/http/routes';
import { Validator } from '@seriousme/openapi-schema-validator';
import { startApp, type TestApp } from '../../../helpers/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

test('the OpenAPI document is valid, and every reference in it leads somewhere', async () => {
  const document = (await (await app.fetch('/openapi.json')).json()) as Record<string, unknown>;
  const validator = new Validator();
  expect(await validator.validate(document)).toEqual({ valid: true });
  expect(() => validator.resolveRefs()).not.toThrow();
  expect(document.openapi).toBe('3.1.0');
});

test('every call has a name of its own, a summary, and says how it fails', () => {
  const names = routes.map(({ description }) => description.operationId);
  expect(new Set(names).size).toBe(names.length);
  for (const { description } of routes) {
    expect(description.summary).toEqual(expect.any(String));
    expect(description.tags).toHaveLength(1);
  }
});

test('a nullable part of an answer leaves the named schema itself as it is', () => {
  const { components } = openApiDocument(routes);
  expect(components?.schemas?.Output).toMatchObject({ type: 'object' });
  expect(components?.schemas?.Prediction).toMatchObject({
    properties: { output: { anyOf: [{ $ref: '#/components/schemas/Output' }, { type: 'null' }] } },
  });
});

test('only statuses that some problem has are documented as failures', () => {
  const known = new Set<number>(Object.values(PROBLEMS).map(({ status }) => status));
  for (const { description } of routes)
    for (const [status, response] of Object.entries(description.responses))
      if ('content' in response && response.content?.['application/problem+json'])
        expect(known).toContain(Number(status));
});

test('the page of the document works under its own content security policy', async () => {
  const response = await app.fetch('/docs/');
  expect(response.status).toBe(200);
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toMatch(/script-src 'self'(;|$)/);
  const html = await response.text();
  const scripts = [...html.matchAll(/<script([^>]*)>([^<]*)<\/script>/g)];
  expect(scripts.length).toBeGreaterThan(0);
  for (const [, attributes = '', content = ''] of scripts) {
    expect(content.trim()).toBe('');
    const source = /src="\.\/([^"]+)"/.exec(attributes)?.[1];
    const script = await app.fetch(`/docs/${source}`);
    expect(script.headers.get('content-type')).toMatch('javascript');
  }
});
