import { cpuMs, type Figures, imageRate, type Spread, type StartUp, spread } from './figures.ts';
import type { ClientName } from './measure.ts';

/** The runs of one workload. Runs at the same position of both lists were made one after the other. */
export interface Comparison {
  readonly id: string;
  readonly title: string;
  /** Whether every row should end as an image. */
  readonly perfect: boolean;
  readonly runs: Readonly<Partial<Record<ClientName, readonly Figures[]>>>;
}

export type StartUps = Readonly<Partial<Record<ClientName, StartUp>>>;

const HEADER = ['workload', 'client', 'img/s', 'CPU ms per image', 'peak MB', 'images', 'end : average'];
const NO_START_UP: StartUp = { seconds: 0, cpuSeconds: 0 };
/** Below this rate the run ends with stragglers. */
const SLOW_END = 0.5;

/** The comparisons as a table in Markdown: the medians of each client, then the ratios of the pairs. */
export function comparisonTable(comparisons: readonly Comparison[], startUps: StartUps): string {
  return markdown(
    HEADER,
    comparisons.flatMap((comparison) => linesOf(comparison, startUps)),
  );
}

function linesOf({ id, title, runs }: Comparison, startUps: StartUps): string[][] {
  const theirs = runs['img2dataset'] ?? [];
  const own = runs['laion-fetch'] ?? [];
  const lines = [...clientLine('img2dataset', theirs, startUps), ...clientLine('laion-fetch', own, startUps)];
  if (theirs.length > 0 && own.length > 0) lines.push(ratioLine(own, theirs, startUps));
  return lines.map((line, index) => [index === 0 ? `**${id}** ${title}` : '', ...line]);
}

function clientLine(client: ClientName, runs: readonly Figures[], startUps: StartUps): string[][] {
  if (runs.length === 0) return [];
  const startUp = startUps[client] ?? NO_START_UP;
  const slowest = spread(runs.map(({ endRate }) => endRate));
  const fewest = Math.min(...runs.map(({ successes }) => successes));
  const stopped = runs.some((run) => run.stopped) ? ', stopped' : '';
  return [
    [
      client,
      median(
        runs.map((run) => imageRate(run, startUp)),
        0,
      ),
      median(
        runs.map((run) => cpuMs(run, startUp)),
        2,
      ),
      median(
        runs.map(({ peakBytes }) => (peakBytes === null ? null : peakBytes / 2 ** 20)),
        0,
      ),
      `${fewest} of ${runs[0]?.rows}${stopped}`,
      slowest === null
        ? '-'
        : `${slowest.least.toFixed(2)}${slowest.least < SLOW_END ? ', **slow end**' : ''}`,
    ],
  ];
}

/** laion-fetch divided by img2dataset. */
function ratioLine(own: readonly Figures[], theirs: readonly Figures[], startUps: StartUps): string[] {
  const ratio = (value: (figures: Figures, startUp: StartUp) => number | null): string => {
    const ratios = own.map((figures, pair) => {
      const other = theirs[pair];
      const mine = value(figures, startUps['laion-fetch'] ?? NO_START_UP);
      const their = other === undefined ? null : value(other, startUps['img2dataset'] ?? NO_START_UP);
      return mine === null || their === null ? null : mine / their;
    });
    return describe(spread(ratios));
  };
  return ['*ratio*', ratio(imageRate), ratio(cpuMs), ratio(({ peakBytes }) => peakBytes), '', ''];
}

function describe(values: Spread | null): string {
  if (values === null) return '-';
  const [least, middle, most] = [values.least, values.median, values.most].map((value) => value.toFixed(2));
  return least === most ? `*${middle}*` : `*${middle}* (${least} to ${most})`;
}

function median(values: readonly (number | null)[], digits: number): string {
  return spread(values)?.median.toFixed(digits) ?? '-';
}

/** A table in Markdown; the first column is text, the others are numbers. */
export function markdown(header: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = header.map((_, column) => (column < 2 ? '---' : '--:'));
  return [row(header), row(rule), ...lines.map(row)].join('\n');
}

/** One message for each run that lost an image although every row should have ended as one. */
export function shortfalls(comparisons: readonly Comparison[]): string[] {
  return comparisons.flatMap(({ id, perfect, runs }) =>
    Object.entries(runs).flatMap(([client, figures]) =>
      figures
        .filter(({ rows, successes }) => perfect && successes !== rows)
        .map(({ rows, successes }) => `${id}: ${client} got ${successes} of ${rows} images`),
    ),
  );
}
