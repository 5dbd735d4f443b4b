import type { Report, Section, Table } from './report.js';

function cell(text: string): string {
  return text.replace(/\|/g, '\\|').replace(/\r?\n/g, ' ');
}

function row(cells: readonly string[]): string {
  return `| ${cells.map(cell).join(' | ')} |`;
}

function table({ columns, rows }: Table): string {
  const alignment = columns.map((_, index) => (index === 0 ? '---' : '---:'));
  return [row(columns), row(alignment), ...rows.map(row)].join('\n');
}

function section({ heading, text = [], tables = [] }: Section): string[] {
  return [`## ${heading}`, ...text, ...tables.map(table)];
}

/** The report as Markdown, without its plots. */
export function toMarkdown(report: Report): string {
  const parts = [`# ${report.title}`, `**${report.verdict}**`, ...report.sections.flatMap(section)];
  return `${parts.join('\n\n')}\n`;
}
