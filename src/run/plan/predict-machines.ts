import type { HostKey } from '../../core/samples.ts';
import type { IndexCounts } from './count-index.ts';
import { hostBound, type Limits, type Prediction } from './predict.ts';

/** How long a run takes on several machines that keep the limits of hosts together. */
export interface MachinesPrediction {
  readonly machines: number;
  /** Connections to one host, from all machines together. */
  readonly perHost: number;
  readonly seconds: number;
  /** How many machines have work on average; more than these shorten nothing. */
  readonly busy: number;
  /** The host that bounds the time; null if the machines or `--rate` do. */
  readonly host: HostKey | null;
}

/** Limits to compare, as multiples of the chosen one. */
const PER_HOST_FACTORS = [1, 4, 16, 64] as const;
/** No host is assumed to bear more connections. */
const MOST_PER_HOST = 1_024;

/** Predicts the time on so many machines, with the chosen limit of connections to one host and with higher ones. */
export function predictMachines(
  machines: number,
  { bounds }: Pick<Prediction, 'bounds'>,
  { largest }: Pick<IndexCounts['hosts'], 'largest'>,
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
      const [first] = largest;
      const slowest = first && hostBound(first, { ...limits, concurrency, perHost });
      const seconds = Math.max(work / machines, byRate, slowest?.seconds ?? 0);
      const host = slowest?.kind === 'host' && slowest.seconds === seconds ? slowest.host : null;
      const busy = seconds === 0 ? 0 : Math.min(machines, Math.ceil(work / seconds));
      return { machines, perHost, seconds, busy, host };
    });
}
