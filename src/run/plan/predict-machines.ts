import type { HostKey } from '../../core/samples.ts';
import type { IndexCounts } from './count-index.ts';
import { hostBound, type Limits, type Prediction } from './predict.ts';

/** How long a run takes on several machines that keep the limits of hosts together. */
export interface MachinesPrediction {
  readonly machines: number;
  /** Connections to one host, from all machines together. */
  readonly perHost: number;
  readonly seconds: number;
  /** After which most of the rows (90 %) are done; what follows waits for few hosts. */
  readonly mostSeconds: number;
  /** How many machines have work on average until then. */
  readonly busy: number;
  /** The host that bounds the time; null if the machines or `--rate` do. */
  readonly host: HostKey | null;
}

/** Limits to compare, as multiples of the chosen one. */
const PER_HOST_FACTORS = [1, 4, 16, 64] as const;
const MOST_ROWS = 0.9;
/** No host is assumed to bear more connections. */
const MOST_PER_HOST = 1_024;

/** Predicts the time on so many machines, with the chosen limit of connections to one host and with higher ones. */
export function predictMachines(
  machines: number,
  { bounds }: Pick<Prediction, 'bounds'>,
  {
    usable,
    hosts,
  }: Pick<IndexCounts, 'usable'> & { readonly hosts: Pick<IndexCounts['hosts'], 'largest' | 'sizes'> },
  limits: Limits,
): MachinesPrediction[] {
  // The work of a machine is divided; the limits of hosts and of the run are not.
  const work = Math.max(
    0,
    ...bounds.filter(({ kind }) => kind !== 'host' && kind !== 'rate').map(({ seconds }) => seconds),
  );
  const byRate = Math.max(0, ...bounds.filter(({ kind }) => kind === 'rate').map(({ seconds }) => seconds));
  const concurrency = limits.concurrency * machines;
  const choices = PER_HOST_FACTORS.map((factor) => limits.perHost * factor);
  return choices
    .filter((perHost, place) => place === 0 || perHost <= MOST_PER_HOST)
    .map((perHost) => {
      const [first] = hosts.largest;
      const shared = { ...limits, concurrency, perHost };
      const slowest = first && hostBound(first, shared);
      const seconds = Math.max(work / machines, byRate, slowest?.seconds ?? 0);
      const host = slowest?.kind === 'host' && slowest.seconds === seconds ? slowest.host : null;
      const perRow = first === undefined ? 0 : hostBound({ ...first, rows: 1 }, shared).seconds;
      const mostByHosts = secondsUntil(MOST_ROWS * usable, usable, hosts.sizes, perRow);
      const mostSeconds = Math.max((MOST_ROWS * work) / machines, MOST_ROWS * byRate, mostByHosts);
      const busy = mostSeconds === 0 ? 0 : Math.min(machines, Math.ceil((MOST_ROWS * work) / mostSeconds));
      return { machines, perHost, seconds, mostSeconds, busy, host };
    });
}

/** When so many of all rows are done if nothing but the hosts limits them. `sizes`: their rows, largest first. */
function secondsUntil(wanted: number, usable: number, sizes: readonly number[], perRow: number): number {
  // Hosts larger than a bound have that many rows done, all others are done.
  let larger = 0;
  for (const [at, size] of sizes.entries()) {
    larger += size;
    const next = sizes[at + 1] ?? 0;
    const smaller = usable - larger;
    if (smaller + (at + 1) * next <= wanted) return Math.max(0, ((wanted - smaller) / (at + 1)) * perRow);
  }
  return 0;
}
