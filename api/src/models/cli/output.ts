/** What the commands show: plain tables on standard output, progress on standard error where somebody watches. */

export const say = (text: string) => process.stdout.write(`${text}\n`);

/** Columns as wide as their widest cell, two spaces between them. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** "4.0 MiB" */
export function size(bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** step).toFixed(step === 0 ? 0 : 1)} ${UNITS[step]}`;
}

/** "12 ms", "1.4 s"; "–" where nothing was measured. */
export function milliseconds(value: number | null): string {
  if (value === null) return '–';
  return value < 1000
    ? `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
    : `${(value / 1000).toFixed(1)} s`;
}

export interface Progress {
  /** Replaces the line. */
  show(text: string): void;
  /** Clears the line. */
  end(): void;
}

/** One line that changes on a terminal; nothing where the output goes elsewhere. */
export function progressLine(stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!stream.isTTY) return { show: () => {}, end: () => {} };
  return {
    show: (text) => stream.write(`\r\u001b[K${text}`),
    end: () => stream.write('\r\u001b[K'),
  };
}
