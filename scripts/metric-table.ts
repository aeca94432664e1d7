/** Writes the table of metrics into docs/metrics.md: part of `npm run readme`. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { METRICS, prometheusName } from '../src/report/metrics/table.ts';

const DOCUMENT = fileURLToPath(new URL('../docs/metrics.md', import.meta.url));

/** The text of docs/metrics.md with a new table between its two `metrics` marks. */
export function withMetricTable(text: string): string {
  const marks = /(<!-- metrics -->\n).*?(<!-- \/metrics -->)/s;
  if (!marks.test(text))
    throw new Error('docs/metrics.md has no <!-- metrics --> and <!-- /metrics --> marks');
  return text.replace(marks, (_, open: string, close: string) => `${open}\n${metricTable()}\n\n${close}`);
}

function metricTable(): string {
  const rows = METRICS.map((metric) => {
    const name = `\`${prometheusName(metric)}\``;
    return `| ${name} | ${metric.kind} | ${metric.label === undefined ? '' : `\`${metric.label}\``} | ${metric.help} |`;
  });
  return ['| metric | kind | label | |', '|---|---|---|---|', ...rows].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(DOCUMENT, withMetricTable(await readFile(DOCUMENT, 'utf8')));
}
