import { scaleLinear } from 'd3-scale';
import { area, curveStepAfter } from 'd3-shape';
import { coarser, type ThroughputStart } from '../../run/dataset/throughput.ts';
import { formatBytes, formatCount, formatDuration } from '../../util/text/units.ts';
import { figure } from './figure.ts';
import { type Html, html } from './html.ts';
import { table } from './table.ts';

const [WIDTH, HEIGHT] = [360, 200];
const MARGIN = { top: 8, right: 12, bottom: 24, left: 52 };
/** Rows of a table, and intervals of a drawing, for all starts together. */
const [MOST_ROWS, MOST_STEPS] = [40, 600] as const;

interface Measure {
  readonly id: string;
  readonly title: string;
  readonly countsOf: (start: ThroughputStart) => readonly number[];
  readonly format: (perSecond: number) => string;
}

const perSecond = (count: number): string =>
  count < 10 && !Number.isInteger(count) ? count.toFixed(1) : formatCount(Math.round(count));

const MEASURES: readonly Measure[] = [
  { id: 'images-over-time', title: 'Images per second', countsOf: ({ images }) => images, format: perSecond },
  { id: 'rows-over-time', title: 'Rows per second', countsOf: ({ rows }) => rows, format: perSecond },
  { id: 'bytes-over-time', title: 'Bytes per second', countsOf: ({ bytes }) => bytes, format: formatBytes },
];

/** A figure for each measure; starts follow one another, without the time between them. */
export function timelines(starts: readonly ThroughputStart[]): readonly Html[] {
  return MEASURES.map((measure) => timeline(starts, measure));
}

interface Step {
  /** Milliseconds of running time before it. */
  readonly at: number;
  readonly ms: number;
  readonly perSecond: number;
}

function timeline(starts: readonly ThroughputStart[], measure: Measure): Html {
  const { id, title, format } = measure;
  const steps = stepsOf(starts, measure, MOST_STEPS);
  const total = starts.reduce((sum, { ms }) => sum + ms, 0);
  const peak = Math.max(0, ...steps.map((step) => step.perSecond));
  const sum = starts.flatMap(measure.countsOf).reduce((all, count) => all + count, 0);
  const mean = total === 0 ? 0 : (sum * 1000) / total;
  const rows = stepsOf(starts, measure, MOST_ROWS).map((step) => [
    formatDuration(step.at),
    formatDuration(step.ms),
    format(step.perSecond),
  ]);
  return figure({
    id,
    title: `${title}, on average ${format(mean)}`,
    description: `${title} over ${formatDuration(total)} of running time: on average ${format(mean)}, at most ${format(peak)}.`,
    width: WIDTH,
    height: HEIGHT,
    drawing: draw(steps, starts, { total, peak, format }),
    table: table(
      title,
      [{ head: 'From' }, { head: 'For', isNumber: true }, { head: title, isNumber: true }],
      rows,
    ),
  });
}

function stepsOf(starts: readonly ThroughputStart[], { countsOf }: Measure, most: number): Step[] {
  let before = 0;
  return starts.flatMap((start) => {
    const { intervalMs, ms, ...rest } = coarser(start, Math.max(2, Math.floor(most / starts.length)));
    const offset = before;
    before += ms;
    return countsOf({ ...rest, intervalMs, ms }).map((count, index) => {
      const length = Math.max(1, Math.min(intervalMs, ms - index * intervalMs));
      // A rest of a second would be a peak or a gap by chance.
      return {
        at: offset + index * intervalMs,
        ms: length,
        perSecond: (count * 1000) / Math.max(length, 1000),
      };
    });
  });
}

function draw(
  steps: readonly Step[],
  starts: readonly ThroughputStart[],
  { total, peak, format }: { total: number; peak: number; format: Measure['format'] },
): Html {
  const bottom = HEIGHT - MARGIN.bottom;
  const x = scaleLinear()
    .domain([0, Math.max(1, total)])
    .range([MARGIN.left, WIDTH - MARGIN.right]);
  // Ticks are round numbers of the unit in which they are shown.
  const unit = format === formatBytes ? 1024 ** Math.max(0, Math.floor(Math.log2(peak || 1) / 10)) : 1;
  const y = scaleLinear()
    .domain([0, (peak || 1) / unit])
    .nice(4)
    .range([bottom, MARGIN.top]);
  const last = steps.at(-1);
  const end: Step[] = last === undefined ? [] : [{ ...last, at: last.at + last.ms }];
  const shape = area<Step>(
    (step) => x(step.at),
    bottom,
    (step) => y(step.perSecond / unit),
  )
    .curve(curveStepAfter)
    .digits(1);
  let before = 0;
  const marks = starts.slice(1).map((start, index) => {
    before += starts[index]?.ms ?? 0;
    const place = round(x(before));
    return html`<line class="mark" x1="${place}" x2="${place}" y1="${MARGIN.top}" y2="${bottom}"><title>${start.command}, ${new Date(start.startedAt).toISOString()}</title></line>`;
  });
  return html`${y.ticks(4).map((tick) => {
    const place = round(y(tick));
    return html`<line class="axis" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${place}" y2="${place}"/><text x="${MARGIN.left - 6}" y="${place + 4}" text-anchor="end">${format(tick * unit)}</text>`;
  })}
<path class="area" d="${shape([...steps, ...end]) ?? ''}"/>
${marks}
<text x="${MARGIN.left}" y="${HEIGHT - 8}">0</text><text x="${WIDTH - MARGIN.right}" y="${HEIGHT - 8}" text-anchor="end">${formatDuration(total)}</text>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;
