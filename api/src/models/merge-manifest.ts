/** Changes to a manifest, field by field. */

type Fields = Readonly<Record<string, unknown>>;

/** Parts of a manifest whose fields are changed one by one. */
const PARTS = new Set(['input', 'output', 'batch']);

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function merge(given: Fields, changes: Fields): Fields {
  const all = { ...given, ...changes };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
}

/** The manifest with the changes laid over it; null takes a field out, so that its default or what the files say holds. */
export function mergeManifest(manifest: Fields, changes: Fields): Fields {
  const parts = Object.entries(changes).map(([field, value]) => {
    const before = manifest[field];
    const merged = PARTS.has(field) && isFields(value) && isFields(before) ? merge(before, value) : value;
    return [field, merged] as const;
  });
  return merge(manifest, Object.fromEntries(parts));
}
