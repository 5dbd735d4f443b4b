/** /v1/catalogue: models that can be pulled, and pulling one. Nothing is pulled without being asked for. */
import {
  type CatalogueItemView,
  catalogueItemSchema,
  catalogueSchema,
} from '@scry/shared/contracts/catalogue';
import { json, problems } from '../../http/describe.js';
import type { Route } from '../../http/route.js';
import { check } from '../../http/validate.js';
import type { CatalogueItem } from '../catalogue/catalogue.js';
import { downloadBytes, modelBytes, sourceName } from '../catalogue/entry.js';
import { withoutFolders } from '../public-text.js';
import { modelParams } from './version-view.js';

/** What runs now is told before what was there: a retired version may be on its way back. */
function present({ entry, version, pull }: CatalogueItem): CatalogueItemView {
  const { name, title, description, task, license, source, files, accuracy } = entry;
  const settled = pull?.state === 'failed' && version ? null : pull;
  const reason = settled?.state === 'failed' ? settled.reason : version?.reason;
  return {
    ...{ name, title, description, task, accuracy },
    license: { ...license },
    source: sourceName(entry),
    integrity: source.kind === 'npm' ? source.integrity : null,
    files: files.map(({ path, sha256, bytes }) => ({ path, sha256, bytes })),
    download_bytes: downloadBytes(entry),
    bytes: modelBytes(entry),
    state: settled?.state ?? version?.state ?? 'available',
    reason: reason ? withoutFolders(reason) : null,
    version: version?.version ?? null,
    progress: settled?.state === 'pulling' ? { bytes: settled.bytes, total: settled.total } : null,
  };
}

export const listCatalogue: Route<'catalogue'> = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/catalogue',
    operationId: 'listCatalogue',
    summary: 'Models that can be pulled, with their licenses',
    tags: ['models'],
    responses: { 200: json(catalogueSchema, 'All of them.'), ...problems('database-unavailable') },
  },
  handlers: ({ catalogue }) => [
    async (_req, res) => {
      res.json({ items: (await catalogue.list()).map(present) });
    },
  ],
};

export const getCatalogueItem: Route<'catalogue'> = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/catalogue/{name}',
    operationId: 'getCatalogueItem',
    summary: 'One model that can be pulled',
    tags: ['models'],
    request: { params: modelParams },
    responses: {
      200: json(catalogueItemSchema, 'How things stand with it.'),
      ...problems('invalid-request', 'not-found', 'database-unavailable'),
    },
  },
  handlers: ({ catalogue }) => [
    async (req, res) => {
      res.json(present(await catalogue.get(check(modelParams, req.params).name)));
    },
  ],
};

export const pullModel: Route<'catalogue'> = {
  scope: 'models:write',
  description: {
    method: 'post',
    path: '/v1/catalogue/{name}/pull',
    operationId: 'pullModel',
    summary: 'Download a model of the catalogue',
    description:
      'Goes on in the background: `GET /v1/catalogue/{name}` tells how far it is. Read its license first. Asked again, it begins nothing new.',
    tags: ['models'],
    request: { params: modelParams },
    responses: {
      200: json(catalogueItemSchema, 'It is installed, or was rejected.'),
      202: json(catalogueItemSchema, 'It is being pulled or checked.'),
      ...problems(
        'invalid-request',
        'unauthorized',
        'forbidden',
        'not-found',
        'storage-full',
        'database-unavailable',
      ),
    },
  },
  handlers: ({ catalogue }) => [
    async (req, res) => {
      const item = present(await catalogue.pull(check(modelParams, req.params).name, req.keyId ?? null));
      const goesOn = item.state === 'pulling' || item.state === 'checking';
      res
        .status(goesOn ? 202 : 200)
        .location(`/v1/catalogue/${item.name}`)
        .json(item);
    },
  ],
};
