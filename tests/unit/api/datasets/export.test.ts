import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { sendDatasetZip } from '@scry/api/datasets/export';
import type { DatasetItemStore, Item } from '@scry/shared/database/dataset-items';
import type { Dataset } from '@scry/shared/database/datasets';
import type { ImageStorage } from '@scry/shared/storage/image-storage';
import type { Response } from 'express';

const BYTES = 1 << 30;

it('closes the image that it reads when the client leaves', async () => {
  const item = {
    ...{ id: 'one', class: 'cats', fileName: null, createdAt: new Date() },
    image: { sha256: 'ab', format: 'png', bytes: BYTES },
  } as unknown as Item;
  const items = {
    async *all() {
      for (;;) yield item;
    },
  } as unknown as DatasetItemStore;
  const opened: Readable[] = [];
  const storage = {
    open: async () => {
      const image = new Readable({ read: () => image.push(Buffer.alloc(1 << 16)) });
      opened.push(image);
      return image;
    },
  } as unknown as ImageStorage;
  const res = Object.assign(new PassThrough(), { attachment: () => res, type: () => res });
  const sent = sendDatasetZip(
    { items, storage },
    { id: 'set', name: 'set' } as Dataset,
    res as unknown as Response,
  );
  await once(res, 'readable');
  res.destroy();
  await sent;
  expect(opened.map((image) => image.destroyed)).toEqual([true]);
});
