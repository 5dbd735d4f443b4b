import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { toHtml } from './html.js';
import { toMarkdown } from './markdown.js';
import type { Report } from './report.js';

/**
 * Writes a report as `<name>.html`, `<name>.md` and, for comparing and for programs, `<name>.json`.
 * @param data what the report was made from
 * @returns the files written
 */
export async function writeReport(
  folder: string,
  name: string,
  report: Report,
  data: unknown,
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const files: [string, string][] = [
    [`${name}.html`, toHtml(report)],
    [`${name}.md`, toMarkdown(report)],
    [`${name}.json`, `${JSON.stringify(data, null, 2)}\n`],
  ];
  for (const [file, content] of files) await writeFile(path.join(folder, file), content);
  return files.map(([file]) => path.join(folder, file));
}
