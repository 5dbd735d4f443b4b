/** A package registry on loopback, as far as `npm pack` asks one, and packages made for it. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import tar, { type Header } from 'tar-stream';

export type Packed = readonly (readonly [name: string, content: string | Buffer, header?: Partial<Header>])[];

/** A .tgz with these entries, whatever their names and kinds are. */
export async function packPackage(entries: Packed): Promise<Buffer> {
  const pack = tar.pack();
  for (const [name, content, header] of entries) pack.entry({ name, ...header }, content);
  pack.finalize();
  return gzipSync(await buffer(pack));
}

export const integrityOf = (data: Buffer) => `sha512-${createHash('sha512').update(data).digest('base64')}`;
export const sha256Of = (data: Buffer) => createHash('sha256').update(data).digest('hex');

export interface Served {
  readonly name: string;
  readonly version: string;
  /** What the registry says that the tarball's hash is; its own unless given. */
  readonly integrity?: string;
  /** The tarball, or pieces of one that may never end. */
  readonly tarball: Buffer | AsyncIterable<Buffer>;
}

export interface Registry {
  readonly url: string;
  /** Paths that were asked for. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** What the registry says about the package. */
function packument({ name, version, tarball, integrity }: Served, url: string): string {
  const own = Buffer.isBuffer(tarball) ? integrityOf(tarball) : undefined;
  const dist = { tarball: `${url}${TARBALL}`, integrity: integrity ?? own };
  return JSON.stringify({
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { name, version, dist } },
  });
}

const TARBALL = '/tarballs/1.tgz';

export async function startRegistry(served: Served): Promise<Registry> {
  const asked: string[] = [];
  const server = createServer((req, res) => {
    const path = decodeURIComponent(req.url ?? '');
    asked.push(path);
    const { tarball } = served;
    if (path === `/${served.name}`)
      res.setHeader('content-type', 'application/json').end(packument(served, url));
    else if (path !== TARBALL) res.writeHead(404).end('{}');
    else if (Buffer.isBuffer(tarball)) res.end(tarball);
    else Readable.from(tarball).pipe(res);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...{ url, asked },
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
