import type { FeedbackView } from '@scry/shared/contracts/feedback';
import { CAT, finish, jpeg, predict, startApp, type TestApp } from '../../../helpers/app.js';
import { keyFor } from '../../../helpers/keys.js';

let app: TestApp;
let readKey: Record<string, string>;

beforeAll(async () => {
  app = await startApp();
  readKey = await keyFor(app, ['read']);
});
afterAll(() => app.close());

const say = (id: string, body: unknown) =>
  app.fetch(`/v1/predictions/${id}/feedback`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });

async function answered(seed: number, model = 'everyday-10'): Promise<string> {
  const { prediction_id } = await predict(app, await jpeg(seed), { model });
  await app.services.predictions.finish(finish(prediction_id, CAT));
  return prediction_id;
}

describe('feedback', () => {
  it('notes the right label beside what was answered', async () => {
    const id = await answered(1);
    const response = await say(id, { label: 'dog', comment: 'look at the ears' });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({
      ...{
        prediction_id: id,
        model: 'everyday-10',
        answer: 'cat',
        label: 'dog',
        comment: 'look at the ears',
      },
    });
  });

  it('replaces what was said before', async () => {
    const id = await answered(2);
    await say(id, { label: 'dog' });
    await say(id, { label: 'frog' });
    const { items } = await app.services.feedback.list({ limit: 100 });
    expect(items.filter(({ predictionId }) => predictionId === id).map(({ label }) => label)).toEqual([
      'frog',
    ]);
  });

  it('refuses to be about a prediction without an answer', async () => {
    const { prediction_id } = await predict(app, await jpeg(3));
    const response = await say(prediction_id, { label: 'dog' });
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining('queued') });
  });

  it('says what is missing when nothing is said', async () => {
    const response = await say(await answered(4), {});
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining('"label"') });
  });

  it('is listed only for a key, by model and page by page', async () => {
    for (const seed of [5, 6, 7]) await say(await answered(seed, 'blood-cells'), { comment: `of ${seed}` });
    expect((await app.fetch('/v1/feedback')).status).toBe(401);
    const seen: FeedbackView[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const from: string = cursor && `&cursor=${cursor}`;
      const response = await app.fetch(`/v1/feedback?model=blood-cells&limit=2${from}`, { headers: readKey });
      const page = (await response.json()) as { items: FeedbackView[]; next: string | null };
      seen.push(...page.items);
      cursor = page.next;
    }
    expect(seen.map(({ comment }) => comment)).toEqual(['of 7', 'of 6', 'of 5']);
  });

  it('comes as CSV in which no comment is a formula', async () => {
    await say(await answered(8), { comment: '=HYPERLINK("http://evil.example")' });
    const response = await app.fetch('/v1/feedback', { headers: { ...readKey, Accept: 'text/csv' } });
    expect(response.headers.get('content-type')).toContain('text/csv');
    const lines = (await response.text()).replace('\uFEFF', '').split('\n');
    expect(lines[0]).toBe('created_at,prediction_id,model,model_version,answer,label,comment');
    expect(lines[1]).toContain(`"'=HYPERLINK(""http://evil.example"")"`);
  });

  it('goes with its prediction', async () => {
    const id = await answered(9);
    await say(id, { label: 'dog' });
    await app.services.predictions.delete(id);
    const { items } = await app.services.feedback.list({ limit: 100 });
    expect(items.map(({ predictionId }) => predictionId)).not.toContain(id);
  });
});
