import { routes } from '@scry/api/http/routes';

const called = ({ description }: (typeof routes)[number]) =>
  `${description.method.toUpperCase()} ${description.path}`;
const withScope = (scope: string) => routes.filter((route) => route.scope === scope).map(called);

describe('who may call what', () => {
  it('leaves nothing open to everyone but health and the meaning of errors', () => {
    expect(withScope('public').sort()).toEqual(['GET /healthz', 'GET /problems/{name}', 'GET /readyz']);
  });

  it('asks for a predict key where something is made or ended', () => {
    expect(withScope('predict')).toEqual(
      expect.arrayContaining([
        'POST /v1/predictions',
        'PUT /v1/predictions/{id}',
        'POST /v1/predictions/{id}/cancel',
        'DELETE /v1/predictions/{id}',
        'POST /v1/predictions/{id}/feedback',
      ]),
    );
  });

  it('asks for a read key where many predictions are shown', () => {
    expect(withScope('read')).toContain('GET /v1/predictions');
  });

  it('asks for an admin key where keys and secrets are shown or made', () => {
    expect(withScope('admin')).toEqual(
      expect.arrayContaining([
        'GET /v1/keys',
        'POST /v1/keys',
        'DELETE /v1/keys/{id}',
        'GET /v1/webhook-secret',
      ]),
    );
  });
});
