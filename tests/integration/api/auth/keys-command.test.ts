/** The command that makes, lists and revokes keys, as its own process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createDatabase, type TestDatabase } from '../../../helpers/services.js';
import { REPO } from '../../../helpers/system.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});

afterAll(() => database.drop());

async function keys(...args: string[]): Promise<{ code: number; said: string }> {
  const env = { PATH: process.env.PATH, DATABASE_URL: database.url };
  const child = spawn(process.execPath, [path.join(REPO, 'api/dist/auth/keys-command.js'), ...args], { env });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk));
  const [code] = (await once(child, 'close')) as [number];
  return { code, said };
}

it('makes a key, lists it without its secret, and revokes it', async () => {
  const made = await keys('create', '--name', 'the shop', '--scopes', 'predict,read', '--days', '30');
  const [, id, secret] = /^scry_([^_]+)_(\S+)/.exec(made.said) ?? [];
  expect(made.code).toBe(0);
  expect(id).toBeDefined();

  const listed = await keys('list');
  expect(listed.said).toMatch(
    new RegExp(`^${id} {2}predict,read {2}expires .* {2}never used {2}the shop$`, 'm'),
  );
  expect(listed.said).not.toContain(secret);

  await expect(keys('revoke', String(id))).resolves.toMatchObject({ code: 0 });
  expect((await keys('list')).said).toContain('revoked');
});

it.each([
  [['create'], '--name is missing'],
  [
    ['create', '--name', 'x', '--scopes', 'everything'],
    'is none of predict, read, models:write, datasets:write, train, admin',
  ],
  [['create', '--name', 'x', '--days', 'soon'], 'is not a number above 0'],
  [['revoke', 'nobody'], 'There is no key "nobody"'],
  [[], 'Say what to do'],
])('refuses %j with a sentence', async (args, sentence) => {
  const refused = await keys(...args);
  expect(refused.code).toBe(1);
  expect(refused.said).toContain(sentence);
});
