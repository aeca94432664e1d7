import { cutToWidth } from '../util/text/terminal-text.ts';
import { formatBytes, formatCount, formatDuration } from '../util/text/units.ts';
import type { ProgressSnapshot } from './progress-figures.ts';

const BAR_WIDTH = 20;

/** The progress line for a terminal, cut to its width. It contains only our own words and numbers. */
export function progressLine(figures: ProgressSnapshot, columns: number): string {
  const { rows, totalRows, successRatio, imagesPerSecond, bytesPerSecond, secondsLeft } = figures;
  const { commonestFailures, delayedRows } = figures;
  const parts = [
    totalRows === null
      ? `${formatCount(rows)} rows`
      : `${bar(rows / Math.max(1, totalRows))} ${ofTotal(rows, totalRows)}`,
    successRatio === null ? 'no results yet' : `${percent(successRatio)} ok`,
    `${imagesPerSecond.toFixed(imagesPerSecond < 10 ? 1 : 0)} img/s`,
    `${formatBytes(bytesPerSecond)}/s`,
    ...(secondsLeft === null ? [] : [`ETA ${formatDuration(Math.ceil(secondsLeft) * 1000)}`]),
    ...(delayedRows === 0 ? [] : [`${formatCount(delayedRows)} delayed`]),
    ...commonestFailures.map(([code, count]) => `${code} ${formatCount(count)}`),
  ];
  return cutToWidth(parts.join('  '), columns);
}

function bar(ratio: number): string {
  const full = Math.min(BAR_WIDTH, Math.floor(ratio * BAR_WIDTH));
  return `[${'#'.repeat(full)}${'-'.repeat(BAR_WIDTH - full)}]`;
}

const ofTotal = (rows: number, total: number): string => `${formatCount(rows)} of ${formatCount(total)}`;

export const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;
