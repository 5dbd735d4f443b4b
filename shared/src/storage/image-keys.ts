/** Under which keys images and what is made from them are stored. Spread over 256 shards, the first two digits of the hash. */
const SHA256 = /^[0-9a-f]{64}$/;

export const SHARDS: readonly string[] = Array.from({ length: 256 }, (_, shard) =>
  shard.toString(16).padStart(2, '0'),
);
export const shardOf = (sha256: string) => sha256.slice(0, 2);

/** Of all images of a shard. */
export const imagesPrefix = (shard: string) => `uploads/${shard}`;
export const imageKey = (sha256: string) => `${imagesPrefix(shardOf(sha256))}/${sha256}`;

/** Of all that is made from images of a shard. */
export const derivedPrefix = (shard: string) => `derived/${shard}`;
/** Of all that is made from an image. */
export const derivedOfImage = (sha256: string) => `${derivedPrefix(shardOf(sha256))}/${sha256}`;

/** The hash in a key; null where something else lies there. */
export function imageOf(key: string): string | null {
  const [, , sha256 = ''] = key.split('/');
  return SHA256.test(sha256) ? sha256 : null;
}
