/** The items of data sets. An image is in a data set once; whatever changes an item says so on its data set. */
import type { ItemBox, ItemSource, Split } from '../contracts/dataset.js';
import type { ImageFormat, ImageInfo } from '../contracts/prediction.js';
import type { Database } from './database.js';

export interface NewItem {
  readonly id: string;
  readonly datasetId: string;
  readonly image: ImageInfo;
  readonly class: string | null;
  readonly split: Split | null;
  readonly source: ItemSource;
  readonly fileName: string | null;
  readonly boxes: readonly ItemBox[] | null;
}

export interface Item extends NewItem {
  readonly createdAt: Date;
}

/** What may be changed of an item; what is left out stays, null takes it back. */
export interface ItemFields {
  readonly class?: string | null | undefined;
  readonly split?: Split | null | undefined;
  readonly boxes?: readonly ItemBox[] | null | undefined;
}

/** A place in the list. `createdAt` is PostgreSQL's text, which keeps the microseconds. */
export interface ItemPlace {
  readonly createdAt: string;
  readonly id: string;
}

export interface ItemFilter {
  readonly datasetId: string;
  /** Null: items without a class. */
  readonly class?: string | null | undefined;
  /** Null: items that a training may put anywhere. */
  readonly split?: Split | null | undefined;
  readonly source?: ItemSource | undefined;
  /** Part of the file's name, in any case. */
  readonly text?: string | undefined;
  readonly after?: ItemPlace | undefined;
  readonly limit: number;
}

interface Row {
  id: string;
  dataset_id: string;
  created_at: Date;
  created_text: string;
  sha256: string;
  image_format: ImageFormat;
  image_width: number;
  image_height: number;
  image_bytes: number;
  class: string | null;
  split: Split | null;
  source: ItemSource;
  file_name: string | null;
  boxes: ItemBox[] | null;
}

const COLUMNS = `id, dataset_id, created_at, created_at::text AS created_text, encode(image_sha256, 'hex') AS sha256,
  image_format, image_width, image_height, image_bytes, class, split, source, file_name, boxes`;
const TOUCH = 'UPDATE datasets SET changed_at = clock_timestamp() WHERE id = $1';
const ADD = `
  WITH touched AS (${TOUCH})
  INSERT INTO dataset_items (dataset_id, id, image_sha256, image_format, image_width, image_height, image_bytes, class,
    split, source, file_name, boxes)
  SELECT $1, $2, decode($3, 'hex'), $4, $5, $6, $7, $8, $9, $10, $11, $12::jsonb
  WHERE EXISTS (SELECT FROM datasets WHERE id = $1)
  ON CONFLICT (dataset_id, image_sha256) DO NOTHING RETURNING ${COLUMNS}`;
const CHANGE = `
  WITH touched AS (${TOUCH})
  UPDATE dataset_items SET
    class = CASE WHEN $3 THEN $4 ELSE class END,
    split = CASE WHEN $5 THEN $6 ELSE split END,
    boxes = CASE WHEN $7 THEN $8::jsonb ELSE boxes END
  WHERE dataset_id = $1 AND id = ANY($2::text[]) RETURNING ${COLUMNS}`;
const REMOVE = `
  WITH touched AS (${TOUCH})
  DELETE FROM dataset_items WHERE dataset_id = $1 AND id = ANY($2::text[]) RETURNING ${COLUMNS}`;
const LIST = `
  SELECT ${COLUMNS} FROM dataset_items
  WHERE dataset_id = $1
    AND (NOT $2 OR class IS NOT DISTINCT FROM $3)
    AND (NOT $4 OR split IS NOT DISTINCT FROM $5)
    AND ($6::text IS NULL OR source = $6)
    AND ($7::text IS NULL OR strpos(lower(file_name), lower($7)) > 0)
    AND ($8::timestamptz IS NULL OR (created_at, id) < ($8::timestamptz, $9))
  ORDER BY created_at DESC, id DESC LIMIT $10`;

export class DatasetItemStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @returns null when the data set has the image already, or there is no such data set */
  async add(item: NewItem): Promise<Item | null> {
    const { image } = item;
    const [row] = await this.#database.query<Row>(ADD, [
      item.datasetId,
      item.id,
      image.sha256,
      image.format,
      image.width,
      image.height,
      image.bytes,
      item.class,
      item.split,
      item.source,
      item.fileName,
      item.boxes && JSON.stringify(item.boxes),
    ]);
    return row ? toItem(row) : null;
  }

  /** Changes some items alike. @returns those that there were */
  async change(datasetId: string, ids: readonly string[], fields: ItemFields): Promise<Item[]> {
    const rows = await this.#database.query<Row>(CHANGE, [
      datasetId,
      ids,
      fields.class !== undefined,
      fields.class ?? null,
      fields.split !== undefined,
      fields.split ?? null,
      fields.boxes !== undefined,
      fields.boxes ? JSON.stringify(fields.boxes) : null,
    ]);
    return rows.map(toItem);
  }

  /** @returns those that there were; their images go when nothing else needs them */
  async remove(datasetId: string, ids: readonly string[]): Promise<Item[]> {
    return (await this.#database.query<Row>(REMOVE, [datasetId, ids])).map(toItem);
  }

  async get(datasetId: string, id: string): Promise<Item | null> {
    const text = `SELECT ${COLUMNS} FROM dataset_items WHERE dataset_id = $1 AND id = $2`;
    const [row] = await this.#database.query<Row>(text, [datasetId, id]);
    return row ? toItem(row) : null;
  }

  /** The item that an image is. */
  async byImage(datasetId: string, sha256: string): Promise<Item | null> {
    const text = `SELECT ${COLUMNS} FROM dataset_items WHERE dataset_id = $1 AND image_sha256 = decode($2, 'hex')`;
    const [row] = await this.#database.query<Row>(text, [datasetId, sha256]);
    return row ? toItem(row) : null;
  }

  /** Newest first, by keyset. */
  async list(filter: ItemFilter): Promise<{ items: readonly Item[]; next: ItemPlace | null }> {
    const rows = await this.#database.query<Row>(LIST, [
      filter.datasetId,
      filter.class !== undefined,
      filter.class ?? null,
      filter.split !== undefined,
      filter.split ?? null,
      filter.source ?? null,
      filter.text ?? null,
      filter.after?.createdAt ?? null,
      filter.after?.id ?? null,
      filter.limit + 1,
    ]);
    const page = rows.slice(0, filter.limit);
    const last = page.at(-1);
    const more = rows.length > filter.limit && last !== undefined;
    return { items: page.map(toItem), next: more ? { createdAt: last.created_text, id: last.id } : null };
  }

  /** All items of a data set, page by page; what is added meanwhile may be missing. */
  async *all(datasetId: string, pageSize = 500): AsyncGenerator<Item> {
    let after: ItemPlace | undefined;
    for (;;) {
      const { items, next } = await this.list({ datasetId, limit: pageSize, after });
      yield* items;
      if (!next) return;
      after = next;
    }
  }
}

function toItem(row: Row): Item {
  return {
    id: row.id,
    datasetId: row.dataset_id,
    createdAt: row.created_at,
    image: {
      sha256: row.sha256,
      format: row.image_format,
      width: row.image_width,
      height: row.image_height,
      bytes: row.image_bytes,
    },
    class: row.class,
    split: row.split,
    source: row.source,
    fileName: row.file_name,
    boxes: row.boxes,
  };
}
