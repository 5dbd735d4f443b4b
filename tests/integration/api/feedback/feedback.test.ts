import type { FeedbackView } from '@scry/shared/contracts/feedback';
import type { Outcome } from '@scry/shared/contracts/prediction';
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
    expect(lines[0]).toBe('created_at,prediction_id,model,model_version,answer,label,comment,boxes,state');
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

const CELLS: Outcome = {
  status: 'succeeded',
  output: {
    predictions: ['RBC', 'WBC', 'RBC'].map((class_name, index) => ({
      ...{ class_index: index, class_name, confidence: 0.9 - index / 10 },
      bbox: { cx: 0.25 * (index + 1), cy: 0.5, w: 0.2, h: 0.2 },
    })),
  },
};

describe('feedback on single boxes', () => {
  async function detected(seed: number): Promise<string> {
    const { prediction_id } = await predict(app, await jpeg(seed), { model: 'blood-cells' });
    await app.services.predictions.finish(finish(prediction_id, CELLS));
    return prediction_id;
  }

  it('says of each whether it is right, and what else it is', async () => {
    const boxes = [
      { index: 0, correct: true },
      { index: 1, correct: false, label: 'Platelets' },
      { index: 2, correct: false },
    ];
    const response = await say(await detected(20), { boxes });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ boxes, label: null, state: 'open', dataset: null });
    const csv = await app.fetch('/v1/feedback?format=csv&model=blood-cells', { headers: readKey });
    expect(await csv.text()).toContain('"0: right, 1: Platelets, 2: wrong",open');
  });

  it.each([
    [[{ index: 3, correct: true }], /no box 3; its boxes are 0 to 2/],
    [[{ index: 0, correct: true, label: 'RBC' }], /leave "label" out/],
    [
      [
        { index: 0, correct: true },
        { index: 0, correct: false },
      ],
      /name each box once/,
    ],
    [[], /boxes/],
  ])('is refused when it makes no sense: %j', async (boxes, sentence) => {
    const response = await say(await detected(21), { boxes });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ detail: expect.stringMatching(sentence) });
  });

  it('counts as a report of a wrong answer only when some box is wrong', async () => {
    const wrong = async () =>
      (await app.services.statistics.ofModel('everyday-10-tfjs', 10, 10)).reportedWrong;
    const { prediction_id: id } = await predict(app, await jpeg(22), { model: 'everyday-10-tfjs' });
    await app.services.predictions.finish(finish(id, CELLS));
    await say(id, { boxes: [{ index: 0, correct: true }] });
    expect(await wrong()).toBe(0);
    await say(id, { boxes: [{ index: 0, correct: false }] });
    expect(await wrong()).toBe(1);
  });

  it('is accepted into a data set as the boxes that are right', async () => {
    const dataset = await app.services.datasets.create('cells', '', null);
    const id = await detected(23);
    await say(id, {
      boxes: [
        { index: 1, correct: false, label: 'Platelets' },
        { index: 2, correct: false },
      ],
    });
    const accepted = await settle(id, { state: 'accepted', dataset: dataset.id });
    expect(await accepted.json()).toMatchObject({ state: 'accepted', dataset: dataset.id });
    const { items } = await app.services.datasetItems.list({ datasetId: dataset.id, limit: 10 });
    expect(items).toMatchObject([
      { source: 'feedback', class: null, boxes: [{ class: 'RBC' }, { class: 'Platelets' }] },
    ]);
  });
});

const settle = (id: string, body: unknown) =>
  app.fetchAsAdmin(`/v1/feedback/${id}`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });

describe('the inbox of feedback', () => {
  const inbox = async (state: string): Promise<string[]> => {
    const page = await app.fetch(`/v1/feedback?state=${state}&limit=200`, { headers: readKey });
    return ((await page.json()) as { items: FeedbackView[] }).items.map(({ prediction_id }) => prediction_id);
  };

  it('lists what is open; accepting, dismissing and saying something again change that', async () => {
    const dataset = await app.services.datasets.create('inbox', '', null);
    const [mine, other] = [await answered(30), await answered(31)];
    await say(mine, { label: 'dog' });
    await say(other, { comment: 'nonsense' });
    expect(await inbox('open')).toEqual(expect.arrayContaining([mine, other]));

    expect((await settle(mine, { state: 'accepted' })).status).toBe(400);
    expect((await settle(mine, { state: 'accepted', dataset: dataset.id })).status).toBe(200);
    expect((await settle(other, { state: 'dismissed' })).status).toBe(200);
    expect(await inbox('accepted')).toContain(mine);
    expect(await inbox('dismissed')).toContain(other);
    expect(await inbox('open')).not.toEqual(expect.arrayContaining([mine]));
    const { items } = await app.services.datasetItems.list({ datasetId: dataset.id, limit: 10 });
    expect(items).toMatchObject([{ class: 'dog', source: 'feedback' }]);

    await say(other, { label: 'frog' });
    expect(await inbox('open')).toContain(other);
  });

  it('leaves out of data sets what was dismissed', async () => {
    const dataset = await app.services.datasets.create('all of it', '', null);
    const dismissed = await answered(32);
    await say(dismissed, { label: 'horse' });
    await settle(dismissed, { state: 'dismissed' });
    await app.fetchAsAdmin(`/v1/datasets/${dataset.id}/items/from-feedback`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{}',
    });
    const { items } = await app.services.datasetItems.list({ datasetId: dataset.id, limit: 100 });
    expect(items.length).toBeGreaterThan(0);
    expect(items.map((item) => item.class)).not.toContain('horse');
  });

  it('is changed only with a key that may change data sets', async () => {
    const id = await answered(33);
    await say(id, { label: 'dog' });
    const init = { method: 'PUT', headers: { ...readKey, 'Content-Type': 'application/json' } };
    const refused = await app.fetch(`/v1/feedback/${id}`, { ...init, body: '{"state":"dismissed"}' });
    expect(refused.status).toBe(403);
    expect((await settle('no-such-prediction', { state: 'dismissed' })).status).toBe(404);
  });
});
