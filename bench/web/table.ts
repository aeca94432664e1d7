import {
  endByAverage,
  imageRate,
  imagesSent,
  imagesSentBy,
  type Measurement,
  rowsSettledBy,
} from './figures.ts';

type Line = readonly [label: string, value: (measured: Measurement) => string];

const LINES: readonly Line[] = [
  ['rows of the index', ({ indexRows }) => String(indexRows)],
  ['rows done', ({ result }) => String(result.rows)],
  ['rows that a patient client gets', ({ endingWell }) => String(endingWell)],
  ['successes', ({ result }) => String(result.successes)],
  ['seconds', ({ result: { run } }) => `${run.stopped ? 'stopped after ' : ''}${run.seconds.toFixed(1)}`],
  ['first shard complete after', firstShard],
  ["plan's seconds", ({ plannedSeconds }) => show(plannedSeconds, 1)],
  ['rows/s', ({ result }) => (result.rows / result.run.seconds).toFixed(1)],
  ['successful images/s', (measured) => imageRate(measured).toFixed(1)],
  ['rate at the end : average', (measured) => show(endByAverage(measured), 2)],
  ['client CPU, ms per row', ({ result: { run, rows } }) => show(perRow(run.cpuSeconds, rows), 1)],
  ['client CPU, cores', ({ result: { run } }) => show(divide(run.cpuSeconds, run.seconds), 2)],
  ['web CPU, cores', ({ result: { run }, stats }) => (stats.cpuSeconds / run.seconds).toFixed(2)],
  ['machine busy', ({ result: { run } }) => percent(run.busy.all)],
  ['machine busy in the last minute', ({ result: { run } }) => percent(run.busy.lastMinute)],
  ['client memory, peak MB', ({ result: { run } }) => show(divide(run.peakBytes, 2 ** 20), 0)],
  ['images sent', ({ stats }) => String(imagesSent(stats))],
  ['requests', ({ stats }) => String(stats.requests)],
  ['most requests for a URL', ({ stats }) => String(stats.mostRequestsOfUrl)],
  ['429s of throttling hosts', ({ stats: { throttling } }) => share(throttling.tooMany, throttling.answers)],
  ['most connections to a host', ({ stats }) => String(stats.peakConnections)],
  ['TLS handshakes, full', ({ stats }) => String(stats.handshakes.full)],
  ['TLS handshakes, resumed', ({ stats }) => String(stats.handshakes.resumed)],
  ['questions to the name server', ({ stats }) => String(stats.questions)],
  ['most questions for a name', ({ stats }) => String(stats.mostQuestionsOfName)],
];

/** Seconds after which the table shows the progress of each client. */
const MOMENTS = [10, 20, 30, 40, 50, 60, 90, 120, 180, 240, 300, 600] as const;

/** The measurements of one size side by side. */
export function tableText(measurements: readonly Measurement[]): string {
  const header = ['', ...measurements.map(({ client, web }) => `${client}, ${web}`)];
  const longest = Math.max(...measurements.map(({ result }) => result.run.seconds));
  const moments = MOMENTS.filter((seconds) => seconds < longest).map(
    (seconds): Line => [
      `rows settled, images sent by ${seconds} s`,
      (measured) => `${rowsSettledBy(measured, seconds) ?? '-'}, ${imagesSentBy(measured.stats, seconds)}`,
    ],
  );
  const rows = [
    header,
    ...[...LINES, ...moments].map(([label, value]) => [label, ...measurements.map(value)]),
  ];
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0);
  return [...rows.map((row) => row.map(pad).join('  ').trimEnd()), ...comparison(measurements)].join('\n');
}

function comparison(measurements: readonly Measurement[]): string[] {
  const own = measurements.filter(({ client }) => client === 'laion-fetch');
  const web = own.find((measured) => measured.web === 'web');
  const perfect = own.find((measured) => measured.web === 'perfect');
  if (web === undefined || perfect === undefined) return [];
  const images = imageRate(web) / imageRate(perfect);
  const rowsOf = ({ result }: Measurement) => result.rows / result.run.seconds;
  const rows = rowsOf(web) / rowsOf(perfect);
  const busy = web.result.run.busy.all / perfect.result.run.busy.all;
  return [
    '',
    `web : perfect = ${images.toFixed(2)} images/s, ${rows.toFixed(2)} rows/s, ${busy.toFixed(2)} of the CPU time`,
  ];
}

function firstShard({ firstShardSeconds, result: { run } }: Measurement): string {
  if (firstShardSeconds === null) return '-';
  return `${firstShardSeconds.toFixed(1)} s, ${percent(firstShardSeconds / run.seconds)}`;
}

const divide = (value: number | null, by: number): number | null => (value === null ? null : value / by);

const perRow = (seconds: number | null, rows: number): number | null =>
  seconds === null || rows === 0 ? null : (seconds * 1000) / rows;

const show = (value: number | null, digits: number): string => (value === null ? '-' : value.toFixed(digits));

const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;

const share = (part: number, all: number): string => (all === 0 ? '-' : percent(part / all));
