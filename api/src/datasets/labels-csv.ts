/** `labels.csv` of a zip: which class each file shows. */

import { ZipProblem } from '@scry/shared/storage/zip-reader';
import { parse } from 'csv-parse/sync';

const FILE_COLUMNS = ['file', 'filename', 'file_name', 'image', 'path', 'name'];
const CLASS_COLUMNS = ['class', 'label', 'class_name', 'category', 'target'];

/**
 * Reads a table with a column for files and one for classes, with or without a head; separated by commas, semicolons or tabs.
 * @returns classes by file
 * @throws ZipProblem when it is no such table
 */
export function classesIn(text: string): ReadonlyMap<string, string> {
  let rows: string[][];
  try {
    rows = parse(text, {
      bom: true,
      delimiter: [',', ';', '\t'],
      relaxColumnCount: true,
      skipEmptyLines: true,
      trim: true,
    });
  } catch (error) {
    throw new ZipProblem(`labels.csv cannot be read: ${(error as Error).message}`, { cause: error });
  }
  const head = (rows[0] ?? []).map((name) => name.toLowerCase());
  const fileColumn = head.findIndex((name) => FILE_COLUMNS.includes(name));
  const classColumn = head.findIndex((name) => CLASS_COLUMNS.includes(name));
  const headed = fileColumn >= 0 && classColumn >= 0;
  if (!headed && head.length < 2) throw new ZipProblem('labels.csv needs two columns: "file" and "class"');
  const [file, label] = headed ? [fileColumn, classColumn] : [0, 1];
  const classes = new Map<string, string>();
  for (const row of headed ? rows.slice(1) : rows) {
    const [name = '', value = ''] = [row[file], row[label]];
    if (name !== '' && value !== '') classes.set(name.replaceAll('\\', '/').replace(/^\.\//, ''), value);
  }
  return classes;
}
