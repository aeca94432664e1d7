import { displayWidth } from '../../util/text/terminal-text.ts';
import { formatBytes, formatCount, formatDuration, formatShort, percent } from '../../util/text/units.ts';
import type { ProgressSnapshot, Total } from './figures.ts';
import type { Colour, Paint } from './paint.ts';

/** What a run is doing. `stopping`: it finishes what is in flight. */
export type Phase = 'running' | 'paused' | 'stopping';

export interface ScreenState {
  readonly phase: Phase;
  readonly figures: ProgressSnapshot;
  /** Whether the keys p and q work. */
  readonly hasKeys: boolean;
}

/** A piece of a line. It is shown whole or not at all. */
interface Part {
  readonly text: string;
  readonly colour?: Colour;
}

const GAP = '  ';
const MIN_BAR = 10;
const MAX_BAR = 50;

/**
 * The live lines of a run: a bar with total and time left, rates, and causes of failures. None is wider than `columns`.
 * They contain only our own words and numbers.
 */
export function screenLines(state: ScreenState, columns: number, paint: Paint): string[] {
  if (!state.figures.isStarted) return [paintLine(leading([{ text: reading(state) }], columns), paint)];
  return [
    barLine(state, columns, paint),
    paintLine(leading(rateParts(state), columns), paint),
    paintLine(causeParts(state, columns), paint),
  ];
}

function reading({ phase, figures: { seconds } }: ScreenState): string {
  const time = seconds < 2 ? '' : ` ${wholeSeconds(Math.floor(seconds))}`;
  return phase === 'stopping' ? 'stopping ...' : `reading the index ...${time}`;
}

function barLine({ phase, figures }: ScreenState, columns: number, paint: Paint): string {
  const { rows, total, images, bytes } = figures;
  const isKnown = total !== null && total.kind !== 'so-far';
  const share = isKnown ? Math.min(1, rows / Math.max(1, total.rows)) : null;
  const parts: Part[] = [
    ...(share === null ? [] : [{ text: percent(share).padStart(7), colour: 'bold' } as const]),
    { text: total === null ? `${formatCount(rows)} rows` : ofTotal(rows, total) },
    ...phaseParts(phase, figures),
    { text: `${formatCount(images)} images` },
    { text: formatBytes(bytes) },
  ];
  if (share === null) return paintLine(leading(parts, columns), paint);
  const room = columns - MIN_BAR - '[]'.length - GAP.length;
  const shown = leading(parts, room);
  const width = Math.min(MAX_BAR, MIN_BAR + room - lineWidth(shown));
  const full = Math.floor(share * width);
  const bar = `[${paint('#'.repeat(full), 'green')}${paint('-'.repeat(width - full), 'dim')}]`;
  return bar + GAP + paintLine(shown, paint);
}

/** What is left to do: the time if it is known. */
function phaseParts(phase: Phase, { secondsLeft, load, seconds, total }: ProgressSnapshot): Part[] {
  if (phase === 'stopping')
    return [{ text: `stopping, ${formatCount(load.inFlight)} in flight`, colour: 'yellow' }];
  if (phase === 'paused') return [{ text: 'paused, p goes on', colour: 'yellow' }];
  const elapsed = { text: `after ${wholeSeconds(Math.floor(seconds))}` };
  if (secondsLeft === null) return [elapsed];
  if (secondsLeft === 0) return [{ text: 'writing the last shard', colour: 'cyan' }, elapsed];
  const about = total?.kind === 'about' ? '~' : '';
  return [{ text: `ETA ${about}${wholeSeconds(Math.ceil(secondsLeft))}`, colour: 'cyan' }, elapsed];
}

const wholeSeconds = (seconds: number): string => (seconds < 1 ? '0s' : formatDuration(seconds * 1000));

function ofTotal(rows: number, { rows: total, kind }: Total): string {
  const suffix = kind === 'so-far' ? ' rows so far' : ' rows';
  return `${formatCount(rows)} of ${kind === 'exact' ? '' : '~'}${formatCount(total)}${suffix}`;
}

function rateParts({ figures }: ScreenState): Part[] {
  const { rowsPerSecond, imagesPerSecond, bytesPerSecond, load } = figures;
  return [
    { text: `${rate(rowsPerSecond)} rows/s` },
    { text: `${rate(imagesPerSecond)} img/s` },
    { text: `${formatBytes(bytesPerSecond)}/s` },
    { text: `${formatShort(load.inFlight)} in flight` },
    { text: `${formatShort(load.waiting)} waiting` },
    ...(load.decoders === 0 ? [] : [{ text: `${load.decodersBusy}/${load.decoders} decoding` }]),
  ];
}

const rate = (perSecond: number): string =>
  perSecond < 10 ? perSecond.toFixed(1) : formatCount(Math.round(perSecond));

/** The success ratio and as many causes as fit; the last part counts the others. */
function causeParts({ figures, hasKeys }: ScreenState, columns: number): Part[] {
  const { successRatio, failures } = figures;
  const ratio: Part =
    successRatio === null
      ? { text: 'no results yet', colour: 'dim' }
      : { text: `${percent(successRatio)} ok`, colour: 'green' };
  const causes = failures.map(
    ([code, count]): Part => ({ text: `${code} ${formatCount(count)}`, colour: 'yellow' }),
  );
  for (let shown = causes.length; shown > 0; shown -= 1) {
    const left = causes.length - shown;
    const more = left === 0 ? [] : [{ text: `+${left} more`, colour: 'dim' } as const];
    const parts = [ratio, ...causes.slice(0, shown), ...more];
    if (lineWidth(parts) <= columns)
      return hasKeys && left === 0 ? leading([...parts, KEYS], columns) : parts;
  }
  return leading([ratio, ...(hasKeys ? [KEYS] : [])], columns);
}

const KEYS: Part = { text: 'p pauses, q ends', colour: 'dim' };

/** The first parts, as many as fit. */
function leading(parts: readonly Part[], columns: number): Part[] {
  const shown: Part[] = [];
  for (const part of parts) {
    if (lineWidth([...shown, part]) > columns) break;
    shown.push(part);
  }
  return shown;
}

function lineWidth(parts: readonly Part[]): number {
  return displayWidth(parts.map(({ text }) => text).join(GAP));
}

function paintLine(parts: readonly Part[], paint: Paint): string {
  return parts.map(({ text, colour }) => (colour === undefined ? text : paint(text, colour))).join(GAP);
}
