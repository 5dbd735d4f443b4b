import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { convert } from '@scry/onnx/convert';
import { ConversionError } from '@scry/onnx/errors';
import { bytes, type Files, refusal } from '../../../helpers/hostile-files.js';
import { changed, graph, type Json, node } from '../../../helpers/hostile-graph.js';
import { tfGraph } from '../../../helpers/tfjs-graph.js';

describe('TensorFlow.js without an end', () => {
  const { json } = tfGraph(graph);

  const recursive = (body: Json[], returned: string) => ({
    function: [
      {
        signature: { name: 'f', inputArg: [{ name: 'a' }], outputArg: [{ name: 'b' }] },
        nodeDef: body,
        ret: { b: returned },
      },
    ],
  });
  const call = (name: string, input: string) => ({
    name,
    op: 'PartitionedCall',
    input: [input],
    attr: { f: { func: { name: 'f' } } },
  });

  test('a function that calls itself, once or twice', async () => {
    for (const body of [[call('again', 'a')], [call('again', 'a'), call('more', 'again')]]) {
      const files = changed((copy) => {
        copy.modelTopology.library = recursive(body, `${body.at(-1)?.name}:output:0`);
        Object.assign(node(copy, 'y'), call('y', 'conv'));
      });
      expect(await refusal(files)).toMatch(/calls functions too deep/);
    }
  });

  test('a hundred functions that each call the next one twice', async () => {
    const one = (at: number) => {
      const to = (name: string, input: string) => ({
        name,
        op: 'PartitionedCall',
        input: [input],
        attr: { f: { func: { name: `f${at + 1}` } } },
      });
      return {
        signature: { name: `f${at}`, inputArg: [{ name: 'a' }], outputArg: [{ name: 'b' }] },
        nodeDef: [to('p', 'a'), to('q', 'p')],
        ret: { b: 'q:output:0' },
      };
    };
    const last = {
      signature: { name: 'f30', inputArg: [{ name: 'a' }], outputArg: [{ name: 'b' }] },
      nodeDef: [{ name: 'r', op: 'Identity', input: ['a'] }],
      ret: { b: 'r' },
    };
    const files = changed((copy) => {
      copy.modelTopology.library = { function: [...Array.from({ length: 30 }, (_, at) => one(at)), last] };
      Object.assign(node(copy, 'y'), {
        op: 'PartitionedCall',
        input: ['conv'],
        attr: { f: { func: { name: 'f0' } } },
      });
    });
    expect(await refusal(files)).toMatch(/too large when its functions are put in place/);
  });

  test('a loop without end', async () => {
    const files = changed((copy) => {
      const named = (name: string, nodeDef: Json[], returned: string) => ({
        signature: { name, inputArg: [{ name: 'a' }], outputArg: [{ name: 'b' }] },
        nodeDef,
        ret: { b: returned },
      });
      copy.modelTopology.library = {
        function: [
          named('goes-on', [{ name: 'rank', op: 'Rank', input: ['a'] }], 'rank'),
          named('body', [{ name: 'same', op: 'Identity', input: ['a'] }], 'same'),
        ],
      };
      Object.assign(node(copy, 'y'), {
        op: 'While',
        input: ['conv'],
        attr: { cond: { func: { name: 'goes-on' } }, body: { func: { name: 'body' } } },
      });
    });
    expect(await refusal(files)).toMatch(/loops more than 256 times/);
  });

  test('JSON nested deeper than any stack', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    await refusal(new Map([['model.json', bytes(`{"modelTopology":${deep},"weightsManifest":[]}`)]]));
  });

  test('any one value of the file replaced by nonsense ends in a graph or a sentence', async () => {
    const places: string[][] = [];
    const walk = (value: Json, at: string[]) => {
      if (typeof value !== 'object' || value === null) return;
      for (const key of Object.keys(value)) {
        places.push([...at, key]);
        walk(value[key], [...at, key]);
      }
    };
    walk(json, []);
    expect(places.length).toBeGreaterThan(100);
    for (const place of places)
      for (const nonsense of [null, -1, 1e300, 'x', [], {}]) {
        const files = changed((copy) => {
          const parent = place.slice(0, -1).reduce((value: Json, key) => value[key], copy);
          parent[place.at(-1) as string] = nonsense;
        });
        await convert(files).catch((error: Error) => {
          expect(error).toBeInstanceOf(ConversionError);
          expect(error.message).toMatch(/^[^\n]{10,400}[.]$/);
        });
      }
  });
});

describe('the bundled TensorFlow.js model', () => {
  const folder = path.resolve(import.meta.dirname, '../../../../models/everyday-10-tfjs');

  test('a layer’s weight that is missing', async () => {
    const source = JSON.parse(await readFile(path.join(folder, 'model.json'), 'utf8')) as Json;
    const shard = await readFile(path.join(folder, 'group1-shard1of1.bin'));
    const files = (change: (copy: Json) => void): Files => {
      const copy = structuredClone(source);
      change(copy);
      return new Map([
        ['model.json', bytes(copy)],
        ['group1-shard1of1.bin', shard],
      ]);
    };
    const removed = files((copy) => copy.weightsManifest[0].weights.shift());
    expect(await refusal(removed)).toMatch(/"stem" .*has no weight "kernel"/);
  });
});
