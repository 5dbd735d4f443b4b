import { allows, createApiKey, parseApiKey, sameSecret } from '@scry/shared/contracts/api-key';

describe('an API key', () => {
  it('is found again by its id and recognised by its secret', () => {
    const made = createApiKey();
    const parsed = parseApiKey(made.text);
    expect(parsed?.id).toBe(made.id);
    expect(sameSecret(parsed?.secretHash as Buffer, made.secretHash)).toBe(true);
  });

  it('differs from every other', () => {
    const keys = Array.from({ length: 1000 }, () => createApiKey());
    expect(new Set(keys.map(({ id }) => id)).size).toBe(1000);
    expect(keys.every(({ text }) => parseApiKey(text) !== null)).toBe(true);
    expect(keys.filter(({ id }) => id.startsWith('-'))).toEqual([]); // a command would take it for an option
  });

  it('is refused when one character of its secret is another', () => {
    const { text, secretHash } = createApiKey();
    const last = text.at(-2) === 'A' ? 'B' : 'A';
    const wrong = parseApiKey(`${text.slice(0, -2)}${last}${text.at(-1)}`);
    expect(sameSecret(wrong?.secretHash as Buffer, secretHash)).toBe(false);
  });

  it.each([
    '',
    'scry_',
    'scry_abc_def',
    'Bearer x',
    `scry_${'a'.repeat(12)}_${'b'.repeat(44)}`,
    `scry_${'a'.repeat(12)}_${'b'.repeat(43)}\n`,
  ])('is not %j', (text) => {
    expect(parseApiKey(text)).toBeNull();
  });

  it('allows what its scopes say, and everything with admin', () => {
    expect(allows(['predict'], 'predict')).toBe(true);
    expect(allows(['predict'], 'read')).toBe(false);
    expect(allows(['read'], 'predict')).toBe(false);
    expect(allows(['admin'], 'predict')).toBe(true);
    expect(allows(['predict', 'read'], 'admin')).toBe(false);
  });
});
