/** What a person corrects about a model, and what that changes in its manifest. */
import { manifestChange, type Settings, settingsOf } from '../../../api/web/src/models/revision.js';

const MANIFEST = {
  labels: ['a', 'b'],
  input: { channels: 'rgb', resample: 'pillow', resize: 'cover', crop: 256, scale: 1 / 255, pad: 0 },
  output: { format: 'probabilities' },
};
const before = settingsOf(MANIFEST);
const change = (settings: Partial<Settings>) => manifestChange(before, { ...before, ...settings });

describe('a manifest in a form', () => {
  it.each([
    [{ scale: 1 }, 'bytes'],
    [{}, 'unit'],
    [{ scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] }, 'unit'],
    [{ scale: 1 / 127.5, mean: [1, 1, 1] }, 'signed'],
    [{ scale: 1 / 255, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }, 'signed'],
    [{ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }, 'imagenet'],
    [{ channels: 'gray', scale: 1 / 127.5, mean: [1] }, 'signed'],
    [{ mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] }, 'asFound'],
  ])('%j is the range %s', (input, numbers) => {
    expect(settingsOf({ input }).numbers).toBe(numbers);
  });

  it('of which nothing is known yet is empty', () => {
    expect(settingsOf({})).toMatchObject({ labels: '', crop: '', threshold: '', resize: 'stretch' });
  });
});

describe('the change of a manifest', () => {
  it('is nothing when nothing was changed', () => {
    expect(change({})).toEqual({});
  });

  it('has the labels line by line', () => {
    expect(change({ labels: ' oak \n\nelm\n' })).toEqual({ labels: ['oak', 'elm'] });
  });

  it('takes out what does not go with another choice', () => {
    expect(change({ resample: 'opencv' })).toEqual({
      input: { resample: 'opencv', filter: null, antialias: null, pad: null },
    });
    expect(change({ resize: 'contain' })).toEqual({ input: { resize: 'contain', crop: null } });
    expect(change({ crop: '' })).toEqual({ input: { crop: null } });
  });

  it('has a number per channel', () => {
    expect(change({ numbers: 'imagenet' }).input).toMatchObject({ mean: [0.485, 0.456, 0.406] });
    expect(change({ numbers: 'signed', channels: 'gray' })).toEqual({
      input: { channels: 'gray', scale: 1 / 127.5, mean: [1], std: null },
    });
  });

  it('gives a threshold and takes it back', () => {
    expect(change({ threshold: '0.4' })).toEqual({ output: { threshold: 0.4 } });
    expect(manifestChange({ ...before, threshold: '0.4' }, before)).toEqual({ output: { threshold: null } });
  });
});
