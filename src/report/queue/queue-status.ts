import type { KnownHost } from '../../run/queue/news/known-hosts.ts';
import type { QueueStatus } from '../../run/queue/queue-status.ts';
import { formatCount, formatDuration, percent, plural } from '../../util/text/units.ts';

const MOST_HOSTS = 10;

/** What `status` prints for people. */
export function queueStatusText(runs: readonly QueueStatus[], address: string): string {
  if (runs.length === 0) return `no run in the queue ${address}`;
  return runs.map(runText).join('\n\n');
}

function runText({ run, output, shards, setAside, state, machines, hosts, knownHosts }: QueueStatus): string {
  const rate = machines.reduce((sum, { rowsPerSecond }) => sum + rowsPerSecond, 0);
  const rows = machines.reduce((sum, machine) => sum + machine.rows, 0);
  const images = machines.reduce((sum, machine) => sum + machine.images, 0);
  const count = (name: string, value: number): string =>
    `  ${name.padEnd(12)}${formatCount(value).padStart(12)}`;
  const share = shards.all === 0 ? '' : `   ${percent(shards.done / shards.all)}`;
  return [
    `${output}: ${state} (run ${run.slice(0, 12)})`,
    `${count('done', shards.done)} of ${plural(shards.all, 'shard')}${share}`,
    count('active', shards.active),
    count('waiting', shards.waiting),
    ...(setAside.length === 0 ? [] : [`${count('set aside', setAside.length)}   ${setAside.join(', ')}`]),
    `${count('rows', rows)}   ${formatCount(images)} images, ${rate.toFixed(1)} rows/s`,
    ...failures(machines).map(([code, failed]) => count(code, failed)),
    `  ${plural(machines.length, 'machine')}`,
    ...machines.map(
      ({ host, pid, held, shardsWritten, rowsPerSecond }) =>
        `    ${host} (${pid}): ${rowsPerSecond.toFixed(1)} rows/s, ${plural(shardsWritten, 'shard')} written, ${held} held`,
    ),
    ...(hosts.length === 0 ? [] : [`  ${plural(hosts.length, 'host')} with leases`]),
    ...hosts.slice(0, MOST_HOSTS).map(({ host, connections, isWaitedFor }) => {
      return `    ${host}: ${plural(connections, 'connection')}${isWaitedFor ? ', more wanted' : ''}`;
    }),
    ...(knownHosts.length === 0 ? [] : [`  ${plural(knownHosts.length, 'host')} closed, paused or slow`]),
    ...knownHosts.slice(0, MOST_HOSTS).map((known) => `    ${known.host}: ${treatment(known)}`),
  ].join('\n');
}

function treatment({ closed, paused, requestsPerSecond }: KnownHost): string {
  const rate = requestsPerSecond === null ? [] : [`${requestsPerSecond.toFixed(2)} requests/s`];
  if (closed !== null) {
    const { code, cause, seconds, machines } = closed;
    const why = code === 'host_dead' ? 'dead' : 'closed';
    return `${why} (${cause}), ${plural(machines, 'machine')} found so, asked again in ${formatDuration(1000 * seconds)}`;
  }
  const pause =
    paused === null ? [] : [`${paused.status}, left alone for ${formatDuration(1000 * paused.seconds)}`];
  return [...pause, ...rate].join(', ');
}

/** Failures of the machines that are at work, most frequent first. */
function failures(machines: QueueStatus['machines']): [string, number][] {
  const sums = new Map<string, number>();
  for (const { failures: own } of machines) {
    for (const [code, count] of Object.entries(own)) sums.set(code, (sums.get(code) ?? 0) + count);
  }
  return [...sums].sort(([, a], [, b]) => b - a);
}
