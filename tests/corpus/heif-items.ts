/** AVIF files with items added that are no images. Sources: ISO/IEC 14496-12 (boxes), ISO/IEC 23008-12 (items). */

export interface HeifItem {
  readonly type: string;
  /** What follows the empty name of an item: its content type and encoding. */
  readonly info?: string;
  /** How many times the item's bytes are said to follow each other. */
  readonly extents: number;
}

interface Box {
  readonly type: string;
  readonly content: Buffer;
}

function boxes(bytes: Buffer): Box[] {
  const found: Box[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) {
    const size = bytes.readUInt32BE(at);
    found.push({
      type: bytes.toString('latin1', at + 4, at + 8),
      content: bytes.subarray(at + 8, at + size),
    });
  }
  return found;
}

function box(type: string, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + body.length, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}

const number = (value: number, bytes: number) => {
  const written = Buffer.alloc(bytes);
  written.writeUIntBE(value, 0, bytes);
  return written;
};

const FIRST_ID = 1000;

function infoEntry({ type, info = '' }: HeifItem, index: number): Buffer {
  const head = [Buffer.from([2, 0, 0, 0]), number(FIRST_ID + index, 2), number(0, 2)];
  return box('infe', ...head, Buffer.from(`${type}\0${info}`, 'latin1'));
}

/** Locations of version 0 with offsets and lengths of four bytes, as libheif writes them. */
function location(id: number, extents: readonly (readonly [offset: number, length: number])[]): Buffer {
  const places = extents.flatMap(([offset, length]) => [number(offset, 4), number(length, 4)]);
  return Buffer.concat([number(id, 2), number(0, 2), number(extents.length, 2), ...places]);
}

/** The locations that a file has, moved by so many bytes, and those of the added items. */
function locations(iloc: Buffer, moveBy: number, added: readonly Buffer[]): Buffer {
  const version = iloc[0] as number;
  const sizes = iloc.readUInt16BE(4);
  const baseBytes = (sizes >> 4) & 15;
  const count = iloc.readUInt16BE(6);
  const own: Buffer[] = [];
  let at = 8;
  for (let index = 0; index < count; index++) {
    const id = iloc.readUInt16BE(at);
    at += version === 1 ? 6 : 4; // with how it is to be read, always "in the file" here
    const base = baseBytes ? iloc.readUIntBE(at, baseBytes) : 0;
    at += baseBytes;
    const extents = Array.from({ length: iloc.readUInt16BE(at) }, (_, extent): [number, number] => {
      const place = at + 2 + extent * 8;
      return [base + iloc.readUInt32BE(place) + moveBy, iloc.readUInt32BE(place + 4)];
    });
    at += 2 + extents.length * 8;
    own.push(location(id, extents));
  }
  const head = [Buffer.from([0, 0, 0, 0, 0x44, 0x00]), number(own.length + added.length, 2)];
  return box('iloc', ...head, ...own, ...added);
}

/** The list of meta's boxes with items added; every item is the whole of what lies at `dataAt`. */
function withItems(
  meta: Buffer,
  items: readonly HeifItem[],
  moveBy: number,
  data: { at: number; bytes: number },
): Buffer {
  const parts = boxes(meta.subarray(4)).map(({ type, content }) => {
    if (type === 'iinf') {
      const own = content.subarray(6);
      const head = [content.subarray(0, 4), number(content.readUInt16BE(4) + items.length, 2)];
      return box('iinf', ...head, own, ...items.map(infoEntry));
    }
    if (type !== 'iloc') return box(type, content);
    const added = items.map(({ extents }, index) =>
      location(
        FIRST_ID + index,
        Array.from({ length: extents }, () => [data.at, data.bytes]),
      ),
    );
    return locations(content, moveBy, added);
  });
  return box('meta', meta.subarray(0, 4), ...parts);
}

/** An AVIF with items that all lie in the same bytes, put behind it. */
export function withHeifItems(avif: Buffer, items: readonly HeifItem[], data: Buffer): Buffer {
  const file = boxes(avif);
  const write = (moveBy: number) => {
    const place = { at: avif.length + moveBy + 8, bytes: data.length };
    const parts = file.map(({ type, content }) =>
      type === 'meta' ? withItems(content, items, moveBy, place) : box(type, content),
    );
    return Buffer.concat([...parts, box('mdat', data)]);
  };
  return write(write(0).length - avif.length - data.length - 8);
}
