import { failureStatus, isHealable } from '../core/failures.ts';
import { retryCommand } from '../run/dataset/resume-command.ts';
import type { RunSummary } from '../run/download.ts';
import type { HostCounts } from '../run/engine/host-tally.ts';
import { Tally } from '../run/engine/tally.ts';
import { redactUrl } from '../util/text/redact-url.ts';
import { terminalJson } from '../util/text/terminal-json.ts';
import { displayWidth, fitToWidth, sanitizeText } from '../util/text/terminal-text.ts';
import { formatBytes, formatCount, formatDuration, formatMinute, plural } from '../util/text/units.ts';
import { VERSION } from '../util/version.ts';
import { countTable, failureRows, type TableStyle } from './cause-table.ts';
import { indented } from './wrap.ts';

/** Outcomes of all rows of the dataset, from this start and earlier ones. */
export function datasetTally({ tally, before }: RunSummary): Tally {
  const all = new Tally();
  for (const part of [before, tally]) all.addCounts(part.successes, Object.fromEntries(part.failures));
  return all;
}

/** What stands on the screen at the end of a run, in lines of at most `width` columns. */
export function summaryText(summary: RunSummary, style: TableStyle): string {
  const { tally, shards, takenOver, droppedDuplicates, unwrittenRows, output } = summary;
  const all = datasetTally(summary);
  const before = shards.before === 0 ? '' : `, ${formatCount(shards.before)} already complete`;
  const table = [
    { label: 'rows', count: all.rows },
    { label: 'success', count: all.successes },
    ...failureRows(all.commonest(), summary.examples),
  ];
  const notes = [
    `${plural(shards.written, 'shard')} written to ${sanitizeText(output)}${before}`,
    ...hostNotes(summary.hosts),
    ...(takenOver === 0 ? [] : [`${plural(takenOver, 'row')} resumed from an earlier run`]),
    ...(droppedDuplicates === 0
      ? []
      : [`${plural(droppedDuplicates, 'row')} dropped as duplicates of an earlier URL`]),
    ...(unwrittenRows === 0
      ? []
      : [`${plural(unwrittenRows, 'row')} of unfinished shards kept for the next run`]),
    ...throttledNotes(tally, summary.throttledUntil, output),
    ...healNotes(all, summary),
  ];
  return [
    '',
    ...indented(closing(summary), style.width),
    '',
    ...countTable(table, style),
    ...worstHostLines(summary, style),
    '',
    ...notes.flatMap((note) => indented(note, style.width)),
    ...failedRowLines(all, summary),
    '',
  ].join('\n');
}

function closing({ tally, seconds, interrupted }: RunSummary): string {
  const rate = seconds > 0 ? tally.successes / seconds : 0;
  const perSecond = `${rate.toFixed(rate < 10 ? 1 : 0)} img/s, ${formatBytes(tally.bytes / Math.max(seconds, 0.001))}/s`;
  const time = formatDuration(Math.round(seconds * 1000));
  return interrupted
    ? `interrupted after ${time} (${perSecond}); the same command resumes`
    : `done in ${time} (${perSecond})`;
}

/** The hosts with most failed rows of this start, if there are several. */
function worstHostLines({ worstHosts }: RunSummary, { width }: TableStyle): string[] {
  if (worstHosts.length < 2) return [];
  const countWidth = Math.max(...worstHosts.map(({ failed }) => formatCount(failed).length));
  const codeWidth = Math.max(...worstHosts.map(({ mostly }) => mostly.length)) + '  mostly '.length;
  const hostWidth = Math.min(
    Math.max(...worstHosts.map(({ host }) => displayWidth(sanitizeText(host)))),
    width - countWidth - codeWidth - 6,
  );
  return [
    '',
    '  hosts with most failures',
    ...worstHosts.map(({ host, failed, mostly }) => {
      const start = `    ${formatCount(failed).padStart(countWidth)}  `;
      return `${start}${fitToWidth(sanitizeText(host), hostWidth)}  mostly ${mostly}`;
    }),
  ];
}

function hostNotes({ dead, throttled, limited }: HostCounts): string[] {
  if (dead + throttled + limited === 0) return [];
  const [gone, slowed, fewer] = [dead, throttled, limited].map(formatCount);
  return [`hosts: ${gone} dead, ${slowed} throttled (429 or 503), ${fewer} with fewer connections`];
}

/** What to do about rows whose hosts refused everything. */
export function throttledNotes(tally: Tally, until: number | null, output: string): string[] {
  const rows = tally.failures.get('host_throttled') ?? 0;
  if (rows === 0) return [];
  const when =
    until === null ? '' : `, from ${formatMinute(until).replace('T', ' ').replace('Z', ' UTC')} on`;
  const command = sanitizeText(retryCommand(output));
  return [
    `${plural(rows, 'row')} skipped because their hosts refused every request; to try again${when}: ${command}`,
  ];
}

/** Rows that a retry may still turn into images. */
function healableRows({ failures }: Tally): number {
  let rows = 0;
  for (const [code, count] of failures) if (isHealable(code)) rows += count;
  return rows;
}

function healNotes(all: Tally, { interrupted, canRetry, output }: RunSummary): string[] {
  const rows = healableRows(all);
  if (rows === 0 || interrupted || !canRetry) return [];
  return [`retry may still heal ${plural(rows, 'row')}: ${sanitizeText(retryCommand(output))}`];
}

/** Where the failed rows are. The query is not wrapped, so that it can be copied. */
function failedRowLines({ failed }: Tally, { output, canRetry }: RunSummary): string[] {
  if (failed === 0 || !canRetry) return [];
  const files = sanitizeText(`${output.replaceAll("'", "''")}/*.parquet`);
  return [
    '  the failed rows, for DuckDB:',
    `    SELECT url, failure_code FROM '${files}' WHERE status <> 'success'`,
  ];
}

/** Why a run counts as failed although it came to its end. */
export interface RunError {
  readonly message: string;
  readonly exit_code: number;
}

/** The same as one JSON document. */
export function summaryJson(summary: RunSummary, error: RunError | null = null): string {
  const { tally, before, shards, hosts, throttledUntil, seconds, output, interrupted } = summary;
  const all = datasetTally(summary);
  const statuses = { failed_to_download: 0, failed_to_resize: 0 };
  for (const [code, count] of all.failures) statuses[failureStatus(code)] += count;
  const canRetry = summary.canRetry && !interrupted;
  return terminalJson({
    output,
    index: summary.index,
    version: VERSION,
    interrupted,
    ...(error === null ? {} : { error }),
    rows: all.rows,
    successes: all.successes,
    ...statuses,
    success_ratio: all.rows === 0 ? null : all.successes / all.rows,
    failure_codes: Object.fromEntries(all.commonest()),
    failure_examples: Object.fromEntries([...summary.examples].map(([code, url]) => [code, redactUrl(url)])),
    bad_rows: all.failures.get('bad_row') ?? 0,
    this_start: { rows: tally.rows, successes: tally.successes, bytes: tally.bytes, seconds },
    earlier_starts: { rows: before.rows, successes: before.successes, taken_over: summary.takenOver },
    images_per_second: seconds > 0 ? tally.successes / seconds : 0,
    shards_written: shards.written,
    shards_before: shards.before,
    hosts,
    worst_hosts: summary.worstHosts.map(({ host, failed, mostly }) => ({ host, failed, mostly })),
    throttled_until: throttledUntil === null ? null : new Date(throttledUntil).toISOString(),
    dropped_duplicates: summary.droppedDuplicates,
    rows_kept: summary.unwrittenRows,
    rows_to_retry: canRetry ? healableRows(all) : 0,
    retry_command: canRetry && healableRows(all) > 0 ? retryCommand(output) : null,
    options: summary.options,
  });
}
