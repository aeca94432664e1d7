import type { RetrySummary } from '../run/retry.ts';
import { terminalJson } from '../util/text/terminal-json.ts';
import { sanitizeText } from '../util/text/terminal-text.ts';
import { formatCount, formatDuration, percent, plural } from '../util/text/units.ts';
import { countTable, failureRows, type TableStyle } from './cause-table.ts';
import { throttledNotes } from './summary.ts';
import { indented } from './wrap.ts';

/** The table at the end of a retry. */
export function retryText(summary: RetrySummary, style: TableStyle): string {
  const { output, wanted, tally, now, shards, unwrittenRows, seconds, interrupted } = summary;
  const folder = sanitizeText(output);
  const standing = `the dataset has ${formatCount(now.successes)} images for ${plural(now.rows, 'row')}`;
  const ratio = now.rows === 0 ? '' : ` (${percent(now.successes / now.rows)})`;
  if (wanted === 0) {
    return `\n  nothing to retry in ${folder}: no row has any of the given failures\n  ${standing}${ratio}\n`;
  }
  const time = formatDuration(Math.round(seconds * 1000));
  const unchanged = shards.unchanged === 0 ? '' : `, ${formatCount(shards.unchanged)} unchanged`;
  const table = [
    { label: 'retried', count: tally.rows },
    { label: 'restored', count: restored(summary) },
    ...failureRows(tally.commonest()),
  ];
  const notes = [
    `${plural(shards.rewritten, 'shard')} rewritten in ${folder}${unchanged}`,
    ...(unwrittenRows === 0
      ? []
      : [`${plural(unwrittenRows, 'row')} of unfinished shards will be fetched again`]),
    ...throttledNotes(tally, summary.throttledUntil, output),
    `${standing}${ratio}`,
  ];
  return [
    '',
    `  ${interrupted ? 'interrupted after' : 'done in'} ${time}${interrupted ? '; the same command resumes' : ''}`,
    '',
    ...countTable(table, style),
    '',
    ...notes.flatMap((note) => indented(note, style.width)),
    '',
  ].join('\n');
}

/** The same as one JSON document. */
export function retryJson(summary: RetrySummary): string {
  const { output, codes, wanted, tally, now, shards, unwrittenRows, seconds, interrupted } = summary;
  return terminalJson({
    output,
    interrupted,
    classes: [...codes],
    rows_wanted: wanted,
    rows_tried: tally.rows,
    restored: restored(summary),
    still_failing: Object.fromEntries(tally.commonest()),
    bytes: tally.bytes,
    seconds,
    throttled_until: summary.throttledUntil === null ? null : new Date(summary.throttledUntil).toISOString(),
    shards_rewritten: shards.rewritten,
    shards_unchanged: shards.unchanged,
    rows_to_fetch_again: unwrittenRows,
    rows: now.rows,
    successes: now.successes,
    success_ratio: now.rows === 0 ? null : now.successes / now.rows,
    failure_codes: Object.fromEntries(now.commonest()),
  });
}

/** Number of images that the dataset has gained. */
const restored = ({ before, now }: RetrySummary): number => now.successes - before.successes;
