import { FAILURES } from '../../core/failures.ts';
import { coarser } from '../../run/dataset/throughput.ts';
import type { DatasetReport } from '../../run/report.ts';
import { markdownCode, markdownTable } from '../../util/text/markdown.ts';
import { redactUrl } from '../../util/text/redact-url.ts';
import { formatBytes, formatCount, formatDuration, percent, plural } from '../../util/text/units.ts';

const MOST_HOSTS = 5;
const MOST_PROBLEMS = 5;

/** The report in Markdown that reads well in a terminal, too: outcomes, causes, throughput, hosts and what to do. */
export function reportMarkdown(report: DatasetReport): string {
  const { tally, shards, output } = report;
  return [
    `### ${formatCount(tally.successes)} of ${formatCount(tally.rows)} images in ${markdownCode(output)}`,
    '',
    `${plural(shards, 'shard')}, ${formatBytes(tally.bytes)} downloaded from ${plural(report.hosts.hosts.count, 'host')}.`,
    '',
    ...outcomeLines(report),
    '',
    ...throughputLines(report),
    ...hostLines(report),
    ...rightsLines(report),
    ...adviceLines(report),
    '',
  ].join('\n');
}

function outcomeLines({ tally, examples }: DatasetReport): readonly string[] {
  const share = (count: number): string => (tally.rows === 0 ? '' : percent(count / tally.rows));
  return markdownTable(
    [
      { head: 'outcome' },
      { head: 'stage' },
      { head: 'rows', isNumber: true },
      { head: 'share', isNumber: true },
      { head: 'example' },
    ],
    [
      ['success', '', formatCount(tally.successes), share(tally.successes), ''],
      ...tally.commonest().map(([code, count]) => {
        const example = examples.get(code);
        const shown = example === undefined ? '' : markdownCode(redactUrl(example), 60);
        return [code, FAILURES[code]?.stage ?? '', formatCount(count), share(count), shown];
      }),
    ],
  );
}

function throughputLines({ throughput }: DatasetReport): readonly string[] {
  const ms = throughput.reduce((sum, start) => sum + start.ms, 0);
  if (ms === 0) return [];
  const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);
  const images = sum(throughput.flatMap(({ images }) => images));
  const bytes = sum(throughput.flatMap(({ bytes }) => bytes));
  const perSecond = (images * 1000) / ms;
  const rate = `${perSecond.toFixed(perSecond < 10 ? 1 : 0)} images and ${formatBytes((bytes * 1000) / ms)} per second`;
  const starts = throughput.length === 1 ? '' : ` in ${throughput.length} starts`;
  const rates = throughput.flatMap((start) => {
    const { intervalMs, images } = coarser(start, 60);
    return images.map((count) => (count * 1000) / intervalMs);
  });
  return [`${formatDuration(ms)} of running time${starts}: ${rate}. ${sparkline(rates)}`.trimEnd(), ''];
}

const LEVELS = '▁▂▃▄▅▆▇█';

/** A line of at most 60 blocks whose heights are the numbers. */
function sparkline(numbers: readonly number[]): string {
  const last = numbers.slice(-60);
  const top = Math.max(...last);
  return last.map((value) => LEVELS[Math.min(7, Math.floor((value / (top || 1)) * 8))] ?? '').join('');
}

function hostLines({ hosts, slowHosts }: DatasetReport): readonly string[] {
  const lines = [
    ...hosts.largest.slice(0, MOST_HOSTS).map((host) => ['largest', host.host, plural(host.rows, 'row')]),
    ...hosts.refused.slice(0, MOST_HOSTS).map((host) => ['refuses', host.host, plural(host.refused, 'row')]),
    ...hosts.dead.slice(0, MOST_HOSTS).map((host) => ['gone', host.host, plural(host.dead, 'row')]),
    ...slowHosts.slice(0, MOST_HOSTS).map((host) => ['slow', host.host, formatDuration(host.meanMs)]),
  ];
  if (lines.length === 0) return [];
  const rows = lines.map(([what = '', host = '', figure = '']) => [what, markdownCode(host, 60), figure]);
  return [...markdownTable([{ head: 'hosts' }, { head: 'name' }, { head: '', isNumber: true }], rows), ''];
}

function rightsLines({ rights: { policies, figures, hasAttribution } }: DatasetReport): readonly string[] {
  const { rows, images, denied, licensed, credited, mechanisms, hosts, licences, creators } = figures;
  if (rows === 0) return [];
  const policy = policies.length === 0 ? 'not known' : markdownCode(policies.join(', '));
  const lines = [
    ...mechanisms.slice(0, MOST_HOSTS).map((each) => ['denied by', each] as const),
    ...hosts.slice(0, MOST_HOSTS).map((each) => ['denied at', each] as const),
    ...licences.slice(0, MOST_HOSTS).map((each) => ['licence', each] as const),
    ...creators.slice(0, MOST_HOSTS).map((each) => ['creator', each] as const),
  ];
  const table = markdownTable(
    [{ head: 'rights' }, { head: 'name' }, { head: 'rows', isNumber: true }],
    lines.map(([what, { name, rows: count }]) => [what, markdownCode(name, 60), formatCount(count)]),
  );
  return [
    `Rights: policy ${policy}, ${plural(denied, 'row')} of ${formatCount(rows)} denied; of ${plural(images, 'image')}, ` +
      `${formatCount(licensed)} with a licence and ${formatCount(credited)} with a creator` +
      `${hasAttribution ? ', see [ATTRIBUTION.md](ATTRIBUTION.md)' : ''}.`,
    '',
    ...(lines.length === 0 ? [] : [...table, '']),
  ];
}

function adviceLines({ retry, resume, problems }: DatasetReport): readonly string[] {
  const canRetry = retry.rows > 0 && retry.refusal === null;
  return [
    ...(resume === null ? [] : [`The run is not finished. To go on: ${markdownCode(resume, 2000)}`]),
    ...(canRetry
      ? [`A retry may heal ${plural(retry.rows, 'row')}: ${markdownCode(retry.command, 2000)}`]
      : []),
    ...problems.slice(0, MOST_PROBLEMS).map((problem) => `Problem: ${markdownCode(problem, 300)}`),
  ];
}
