import { FAILURES, failureStatus } from '../core/failures.ts';
import { retryCommand } from '../run/dataset/resume-command.ts';
import type { RunSummary } from '../run/download.ts';
import type { HostCounts } from '../run/engine/host-tally.ts';
import { Tally } from '../run/engine/tally.ts';
import { terminalJson } from '../util/text/terminal-json.ts';
import { sanitizeText } from '../util/text/terminal-text.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMinute,
  percent,
  plural,
} from '../util/text/units.ts';

/** Outcomes of all rows of the dataset, from this start and earlier ones. */
export function datasetTally({ tally, before }: RunSummary): Tally {
  const all = new Tally();
  for (const part of [before, tally]) all.addCounts(part.successes, Object.fromEntries(part.failures));
  return all;
}

/** The table at the end of a run. */
export function summaryText(summary: RunSummary): string {
  const { tally, shards, hosts, takenOver, droppedDuplicates, unwrittenRows, seconds, output, interrupted } =
    summary;
  const { throttledUntil } = summary;
  const all = datasetTally(summary);
  const rate = seconds > 0 ? tally.successes / seconds : 0;
  const perSecond = `${rate.toFixed(rate < 10 ? 1 : 0)} img/s, ${formatBytes(tally.bytes / Math.max(seconds, 0.001))}/s`;
  const before = shards.before === 0 ? '' : `, ${formatCount(shards.before)} already complete`;
  const time = formatDuration(Math.round(seconds * 1000));
  const end = interrupted ? '; the same command resumes' : '';
  const lines = [
    '',
    `  ${interrupted ? 'interrupted after' : 'done in'} ${time} (${perSecond})${end}`,
    '',
    countLine('rows', all.rows),
    countLine('success', all.successes, all.rows),
    ...all.commonest().map(([code, count]) => countLine(code, count, all.rows, FAILURES[code].summary)),
    '',
    `  ${plural(shards.written, 'shard')} written to ${sanitizeText(output)}${before}`,
    ...hostLines(hosts),
    ...throttledLines(tally, throttledUntil, output),
    ...(takenOver === 0 ? [] : [`  ${plural(takenOver, 'row')} resumed from an earlier run`]),
    ...(droppedDuplicates === 0
      ? []
      : [`  ${plural(droppedDuplicates, 'row')} dropped as duplicates of an earlier URL`]),
    ...(unwrittenRows === 0
      ? []
      : [`  ${plural(unwrittenRows, 'row')} of unfinished shards kept for the next run`]),
    '',
  ];
  return lines.join('\n');
}

function hostLines({ dead, throttled, limited }: HostCounts): string[] {
  if (dead + throttled + limited === 0) return [];
  const [gone, slowed, fewer] = [dead, throttled, limited].map(formatCount);
  return [`  hosts: ${gone} dead, ${slowed} throttled (429 or 503), ${fewer} with fewer connections`];
}

/** What to do about rows whose hosts refused everything. */
export function throttledLines(tally: Tally, until: number | null, output: string): string[] {
  const rows = tally.failures.get('host_throttled') ?? 0;
  if (rows === 0) return [];
  const when =
    until === null ? '' : `, from ${formatMinute(until).replace('T', ' ').replace('Z', ' UTC')} on`;
  const command = sanitizeText(retryCommand(output));
  return [
    `  ${plural(rows, 'row')} skipped because their hosts refused every request; to try again${when}: ${command}`,
  ];
}

/** A line of the table: a count, its share and its meaning. */
export function countLine(label: string, count: number, of?: number, meaning = ''): string {
  const ratio = of === undefined || of === 0 ? '' : percent(count / of);
  return `  ${label.padEnd(22)}${formatCount(count).padStart(12)}  ${ratio.padStart(8)}  ${meaning}`.trimEnd();
}

/** The same as one JSON document. */
export function summaryJson(summary: RunSummary): string {
  const { tally, before, shards, hosts, throttledUntil, seconds, output, interrupted } = summary;
  const all = datasetTally(summary);
  const statuses = { failed_to_download: 0, failed_to_resize: 0 };
  for (const [code, count] of all.failures) statuses[failureStatus(code)] += count;
  return terminalJson({
    output,
    interrupted,
    rows: all.rows,
    successes: all.successes,
    ...statuses,
    success_ratio: all.rows === 0 ? null : all.successes / all.rows,
    failure_codes: Object.fromEntries(all.commonest()),
    bad_rows: all.failures.get('bad_row') ?? 0,
    this_start: { rows: tally.rows, successes: tally.successes, bytes: tally.bytes, seconds },
    earlier_starts: { rows: before.rows, successes: before.successes, taken_over: summary.takenOver },
    images_per_second: seconds > 0 ? tally.successes / seconds : 0,
    shards_written: shards.written,
    shards_before: shards.before,
    hosts,
    throttled_until: throttledUntil === null ? null : new Date(throttledUntil).toISOString(),
    dropped_duplicates: summary.droppedDuplicates,
    rows_kept: summary.unwrittenRows,
  });
}
