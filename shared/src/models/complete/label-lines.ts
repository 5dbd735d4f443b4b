/** Names of classes as files and exporters write them. */

function linesOf(text: string): string[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Names of lines like "0 dog", "1 cat", as Teachable Machine writes them; null when they are not all numbered so. */
export function numberedNames(text: string): string[] | null {
  const named = linesOf(text).map((line) => /^(\d+)\s+(\S.*)$/.exec(line));
  const isNumbered = named.every((match, index) => match !== null && Number(match[1]) === index);
  return isNumbered && named.length > 0 ? named.map((match) => match?.[2] as string) : null;
}

/** Names in a text file, one per line, without their numbers. */
export function labelLines(text: string): string[] {
  return numberedNames(text) ?? linesOf(text);
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
