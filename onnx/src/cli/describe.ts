import type { Shape } from '../graph/graph.js';
import type { ConversionReport } from '../readers/report.js';

const sizes = (shape: Shape) => shape.map((size) => size ?? '?').join(' × ');

/** The settings of a layer that are numbers or lists of them. */
function settingsOf(settings: Readonly<Record<string, unknown>>): string {
  const told = Object.entries(settings).filter(
    ([, value]) =>
      typeof value === 'number' || (Array.isArray(value) && value.every((item) => typeof item === 'number')),
  );
  return told.map(([key, value]) => `${key} ${value}`).join(', ');
}

/** What was read, for people: a line for each fact. */
export function describeReport(report: ConversionReport): string {
  const lines: [string, string][] = [
    ['read', `${report.dialect}${report.name ? `, ${report.name}` : ''}`],
    ['layers', String(report.layers)],
    ['parameters', report.parameters.toLocaleString('en')],
    ...report.inputs.map(({ name, shape, layout }): [string, string] => [
      'input',
      `${name}: ${sizes(shape)}${layout === 'other' ? '' : ` (${layout})`}`,
    ]),
    ...report.preprocessing.map(({ name, className, settings }): [string, string] => [
      'prepares',
      `${name} (${className}) ${settingsOf(settings)}`.trim(),
    ]),
    ...report.outputs.map(({ name, shape, activation }): [string, string] => [
      'output',
      `${name}: ${sizes(shape)}${activation === 'none' ? '' : `, ${activation}`}`,
    ]),
    ...(report.classNames ? [['classes', report.classNames.join(', ')] as [string, string]] : []),
    ...report.notes.map((note): [string, string] => ['note', note]),
  ];
  return lines.map(([key, text]) => `${key.padEnd(10)} ${text}`).join('\n');
}
