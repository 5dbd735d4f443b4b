import { Imports } from '@scry/api/datasets/imports';
import { quiet } from '../../../helpers/services.js';

it('says of imports that run and of those that wait that they are worked on', async () => {
  let heard: (ids: readonly string[]) => void = () => undefined;
  const next = () =>
    new Promise<readonly string[]>((resolve) => {
      heard = resolve;
    });
  const imports = new Imports({ touchImports: async (ids) => heard(ids) }, quiet, 1);
  let finish: () => void = () => undefined;
  const reading = new Promise<void>((resolve) => {
    finish = resolve;
  });
  imports.start({ id: 'first', run: () => reading }, 'key');
  imports.start({ id: 'second', run: async () => expect(await next()).toEqual(['second']) }, 'key');
  expect(await next()).toEqual(['first', 'second']);
  finish();
  await imports.idle();
  await imports.close();
});
