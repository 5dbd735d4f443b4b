import { escapeHtml } from './escape.js';
import type { Plot, Report, Section, Table } from './report.js';
import { legend, toSvg } from './svg.js';

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #777; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .75rem; text-align: right; }
th:first-child, td:first-child { text-align: left; }
.scroll { overflow-x: auto; }
.verdict { font-size: 1.15rem; font-weight: 600; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(24rem, 100%), 1fr)); gap: 1.5rem; }
figure { margin: 0; }
figcaption { font-weight: 600; }
@media (max-width: 40rem) { th, td { padding: .25rem .4rem; } table { font-size: .9rem; } }
svg { width: 100%; height: auto; }
svg text { font: 12px system-ui, sans-serif; fill: currentColor; paint-order: stroke; stroke: Canvas; stroke-width: 3px; }
svg .grid { stroke: var(--line); }
svg .mark { stroke: var(--soft); stroke-dasharray: 4 3; }
.legend { margin: .25rem 0; font-size: .85rem; }
.legend span { margin-right: 1rem; }
.legend i { display: inline-block; width: 1.2em; height: .25em; margin-right: .35em; vertical-align: middle; }
`;

function table({ columns, rows }: Table): string {
  const head = columns.map((column) => `<th scope="col">${escapeHtml(column)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`);
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table></div>`;
}

function plot(drawn: Plot): string {
  return `<figure><figcaption>${escapeHtml(drawn.title)}</figcaption>\n${legend(drawn)}\n${toSvg(drawn)}</figure>`;
}

function section({ heading, text = [], tables = [], plots = [] }: Section): string {
  const parts = [`<h2>${escapeHtml(heading)}</h2>`];
  parts.push(...text.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`), ...tables.map(table));
  if (plots.length > 0) parts.push(`<div class="plots">${plots.map(plot).join('\n')}</div>`);
  return `<section>\n${parts.join('\n')}\n</section>`;
}

/** The report as one HTML page that needs nothing else: no script, no font, no image from elsewhere. */
export function toHtml(report: Report): string {
  const title = escapeHtml(report.title);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${title}</h1>
<p class="verdict">${escapeHtml(report.verdict)}</p>
${report.sections.map(section).join('\n')}
</body>
</html>
`;
}
