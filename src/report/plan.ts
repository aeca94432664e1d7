import { ASSUMED, type Bound } from '../run/plan/predict.ts';
import type { DownloadPlan } from '../run/plan.ts';
import { cutToWidth, fitToWidth, sanitizeText } from '../util/text/terminal-text.ts';
import { formatBytes, formatCount, formatDuration, percent, plural } from '../util/text/units.ts';

const LABEL_WIDTH = 34;

/** What `plan` prints about a download, in lines of at most `width` columns. */
export function planText(plan: DownloadPlan, width: number): string {
  const { files, bytes, shards, counts } = plan;
  const size = bytes === null ? '' : ` (${formatBytes(bytes)})`;
  const lines = [
    `${plural(counts.rows, 'row')} in ${plural(files, 'file')}${size}, ${plural(shards, 'shard')}`,
    columnsText(plan.columns),
    '',
    ...rowLines(plan),
    '',
    ...(counts.heldBytes === null ? [...hostLines(plan), ''] : []),
    ...timeLines(plan),
    ...machineLines(plan),
    '',
    ...sizeLines(plan),
    '',
    ...assumptionLines(plan),
  ];
  return `${lines.map((line) => cutToWidth(line, width)).join('\n')}\n`;
}

function columnsText({ url, caption, carried }: DownloadPlan['columns']): string {
  if (url === null) return 'no columns';
  const named = caption === null ? `URLs from ${url}` : `URLs from ${url}, captions from ${caption}`;
  return sanitizeText(carried.length === 0 ? named : `${named}, carried: ${carried.join(', ')}`);
}

function rowLines({ counts }: DownloadPlan): string[] {
  const { rows, unusable, duplicates, schemes, heldBytes } = counts;
  const without = heldBytes === null ? 'no request' : 'no image';
  const ofRows = (label: string, count: number): string =>
    line(label, formatCount(count), share(count, rows));
  const margin = duplicates.margin === 0 ? '' : `  give or take ${share(duplicates.margin, rows).trim()}`;
  return [
    line('rows', formatCount(rows)),
    ...byCount(schemes).map(([scheme, count]) => ofRows(scheme, count)),
    ...byCount(unusable).map(([code, count]) => ofRows(`${without}: ${code}`, count)),
    `${ofRows('duplicate URLs', duplicates.rows)}${margin}`,
  ];
}

function hostLines({ counts }: DownloadPlan): string[] {
  const { count, complete, largest, heads } = counts.hosts;
  const ofRows = (label: string, rows: number): string =>
    line(label, formatCount(rows), share(rows, counts.usable));
  return [
    line(complete ? 'hosts' : 'hosts, at least', formatCount(count)),
    ...largest.map(({ host, rows }) => ofRows(`  ${sanitizeText(host)}`, rows)),
    ...heads.map(({ hosts, rows }) => ofRows(`the largest ${formatCount(hosts)}`, rows)),
  ];
}

function timeLines(plan: DownloadPlan): string[] {
  const { seconds, tailSeconds, bounds } = plan.prediction;
  const [slowest] = bounds;
  const by = slowest === undefined || seconds === 0 ? '' : `limited by ${boundName(slowest)}`;
  const { retries, timeoutMs } = plan.limits;
  const tail = `${plural(retries + 1, 'attempt')} of ${formatDuration(timeoutMs)}`;
  return [
    line('time, about', duration(seconds), by),
    ...bounds.map((bound) =>
      line(
        `  ${bound.kind === 'host' ? sanitizeText(bound.host) : boundName(bound)}`,
        duration(bound.seconds),
        boundReason(bound, plan),
      ),
    ),
    ...(plan.counts.heldBytes === null ? [line('  final timeouts', duration(tailSeconds), tail)] : []),
  ];
}

/** The choices that a user has before renting: machines, and connections to one host. */
function machineLines({ machines = [] }: DownloadPlan): string[] {
  const [first] = machines;
  if (first === undefined) return [];
  const choices = machines.flatMap(({ perHost, seconds, mostSeconds, busy, host }) => {
    const by = host === null ? 'limited by the machines' : `limited by ${sanitizeText(host)}`;
    return [
      line(`  --per-host ${perHost}`, duration(seconds), by),
      line('    90 % of the rows', duration(mostSeconds), `work for ${plural(busy, 'machine')}`),
    ];
  });
  return ['', `on ${plural(first.machines, 'machine')} (docs/many-machines.md)`, ...choices];
}

function boundName(bound: Bound): string {
  if (bound.kind === 'host') return `host ${sanitizeText(bound.host)}`;
  return bound.kind === 'processor' ? 'the processor' : `--${bound.kind}`;
}

function boundReason(bound: Bound, { limits, cost, prediction }: DownloadPlan): string {
  switch (bound.kind) {
    case 'processor':
      return `${cost.coreMs.toFixed(1)}ms per image, ${plural(Math.min(limits.decoders, limits.cores), 'decoder')}`;
    case 'concurrency':
      return `${formatCount(limits.concurrency)} at a time, ${prediction.rowSeconds.toFixed(1)}s each`;
    case 'bandwidth':
      return `${formatBytes(limits.bandwidth ?? 0)} per second`;
    case 'rate':
      return `${limits.rate ?? 0} requests per second`;
    case 'host': {
      const rate = limits.perHostRate === null ? '' : `, ${limits.perHostRate} per second`;
      return `${plural(bound.rows, 'row')}, ${plural(limits.perHost, 'connection')}${rate}`;
    }
  }
}

function sizeLines({ counts, prediction, cost, limits }: DownloadPlan): string[] {
  const { successes, imageBytes, trafficBytes, diskBytes } = prediction;
  const kept = `${percent(cost.keptBytes)} kept unchanged`;
  return [
    line('images', formatCount(successes)),
    line(
      counts.heldBytes === null ? 'traffic' : 'images in the tars',
      formatBytes(counts.heldBytes ?? trafficBytes),
      `${formatBytes(imageBytes)} per image`,
    ),
    line('disk', formatBytes(diskBytes), limits.stores ? kept : 'statistics only'),
  ];
}

function assumptionLines({ counts }: DownloadPlan): string[] {
  const { successShare, answerSeconds, silentShare, bitsPerPixel } = ASSUMED;
  if (counts.heldBytes !== null) {
    const size =
      counts.meanPixels === null ? `have ${bitsPerPixel} bits per pixel` : 'are as large as their JSON says';
    return [`Assumed: all images of the tars can be decoded, and ${size}. Decoding was measured.`];
  }
  const size =
    counts.meanPixels === null
      ? "images have the mean size of LAION's"
      : `images are as large as the index says, at ${bitsPerPixel} bits per pixel`;
  return [
    `Assumed: ${percent(successShare)} of the rows succeed, ${percent(silentShare)} never answer, the others answer`,
    `within ${answerSeconds}s; ${size}. Decoding was measured.`,
  ];
}

/** Largest first. */
function byCount<K extends string>(counts: ReadonlyMap<K, number>): [K, number][] {
  return [...counts].sort((a, b) => b[1] - a[1]);
}

function duration(seconds: number): string {
  return formatDuration(Math.round(seconds * 1000));
}

function share(part: number, whole: number): string {
  return percent(part / Math.max(1, whole)).padStart(7);
}

function line(label: string, amount: string, note = ''): string {
  return `${fitToWidth(label, LABEL_WIDTH)}  ${amount.padStart(11)}   ${note}`.trimEnd();
}
