/** Names of classes as files and exporters write them. */

/** Names in a text file, one per line; the numbers of Teachable Machine ("0 dog", "1 cat") are left out. */
export function labelLines(text: string): string[] {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const named = lines.map((line) => /^(\d+)\s+(\S.*)$/.exec(line));
  const numbered = named.every((match, index) => match !== null && Number(match[1]) === index);
  return numbered ? named.map((match) => (match as RegExpExecArray)[2] as string) : lines;
}

const STRING = String.raw`'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"`;

const unquoted = (text: string) => text.slice(1, -1).replace(/\\(.)/g, '$1');

/**
 * Names from the text of a Python dict or list, as Ultralytics writes them: `{0: 'person', 1: 'bicycle'}`.
 * @returns null when the numbers are not 0, 1, 2, …
 */
export function pythonNames(text: string): string[] | null {
  if (text.trim().startsWith('[')) {
    const names = [...text.matchAll(new RegExp(STRING, 'g'))].map(([name]) => unquoted(name));
    return names.length > 0 ? names : null;
  }
  const pairs = [...text.matchAll(new RegExp(`(\\d+)\\s*:\\s*(${STRING})`, 'g'))];
  const names: string[] = [];
  for (const [, index, name] of pairs) names[Number(index)] = unquoted(name as string);
  return names.length > 0 && names.length === pairs.length && !names.includes(undefined as never)
    ? names
    : null;
}
