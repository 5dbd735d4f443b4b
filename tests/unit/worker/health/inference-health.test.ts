import { InferenceHealth } from '@scry/worker/health/inference-health';

const failTimes = (health: InferenceHealth, times: number) => {
  for (let time = 0; time < times; time++) health.failed(new Error('device lost'));
};

test('a worker whose batches fail eight times in a row is told to leave, once', () => {
  const said: string[] = [];
  const health = new InferenceHealth((sentence) => said.push(sentence));
  failTimes(health, 7);
  expect(said).toEqual([]);
  failTimes(health, 3);
  expect(said).toEqual(['inference failed 8 times in a row, last with: device lost']);
});

test('one success makes earlier failures forgotten', () => {
  const said: string[] = [];
  const health = new InferenceHealth((sentence) => said.push(sentence));
  failTimes(health, 7);
  health.succeeded();
  failTimes(health, 7);
  expect(said).toEqual([]);
});
