import { FAILURES } from '../core/failures.ts';
import type { RunSummary } from '../run/download.ts';
import { markdownCell, markdownCode } from '../util/text/markdown.ts';
import { redactUrl } from '../util/text/redact-url.ts';
import { formatBytes, formatCount, formatDuration, percent } from '../util/text/units.ts';
import { datasetTally } from './summary.ts';

/** A line that GitHub Actions shows beside a run. */
export interface Annotation {
  readonly level: 'warning' | 'error';
  readonly title: string;
  readonly message: string;
}

/** GitHub shows ten annotations of a step. */
const MOST_ANNOTATIONS = 9;

/** An annotation for each of the most frequent failures. */
export function failureAnnotations(summary: RunSummary): Annotation[] {
  const all = datasetTally(summary);
  return all
    .commonest()
    .slice(0, MOST_ANNOTATIONS)
    .map(([code, count]) => {
      const url = summary.examples.get(code);
      const example = url === undefined ? '' : `; for example ${redactUrl(url)}`;
      return {
        level: 'warning',
        title: `${code}: ${formatCount(count)} of ${formatCount(all.rows)} rows`,
        message: `${percent(count / all.rows)} of the rows: ${FAILURES[code].summary}${example}`,
      };
    });
}

/** The summary of a run in Markdown, for the page of a workflow's run. */
export function stepSummary(summary: RunSummary): string {
  const all = datasetTally(summary);
  const { seconds, tally, output } = summary;
  const share = (count: number): string => (all.rows === 0 ? '' : percent(count / all.rows));
  const line = (...cells: readonly string[]): string => `| ${cells.map(markdownCell).join(' | ')} |`;
  const time = formatDuration(Math.round(seconds * 1000));
  return [
    `### laion-fetch: ${formatCount(all.successes)} of ${formatCount(all.rows)} images`,
    '',
    `${time}, ${formatBytes(tally.bytes)}, output ${markdownCode(output)}`,
    '',
    line('outcome', 'rows', 'share', 'meaning', 'example'),
    '|---|--:|--:|---|---|',
    line('success', formatCount(all.successes), share(all.successes), '', ''),
    ...all.commonest().map(([name, count]) => {
      const url = summary.examples.get(name);
      const example = url === undefined ? '' : markdownCode(redactUrl(url));
      return line(name, formatCount(count), share(count), FAILURES[name].summary, example);
    }),
    '',
    '',
  ].join('\n');
}
