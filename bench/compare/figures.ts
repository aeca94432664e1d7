/** The figures of one run of a client. */
export interface Figures {
  readonly rows: number;
  readonly successes: number;
  /** Whether the benchmark stopped it early. */
  readonly stopped: boolean;
  /** From the start of its process to its end. */
  readonly seconds: number;
  /** Of all its processes, user and system. Like `peakBytes`, null where it cannot be measured. */
  readonly cpuSeconds: number | null;
  /** Of its first process only. */
  readonly rootCpuSeconds: number | null;
  readonly peakBytes: number | null;
  /** Rate of the last tenth of the answers divided by the average rate; null if there are too few. */
  readonly endRate: number | null;
}

/** What starting and ending a client costs, whatever the run does. */
export interface StartUp {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

export interface Spread {
  readonly least: number;
  readonly median: number;
  readonly most: number;
}

const LAST_SHARE = 0.1;
const LEAST_ANSWERS = 100;

/** Successful images per second, without the start-up. */
export const imageRate = ({ successes, seconds }: Figures, startUp: StartUp): number =>
  successes / Math.max(0.001, seconds - startUp.seconds);

/** CPU milliseconds per successful image, without the start-up. */
export const cpuMs = ({ successes, cpuSeconds }: Figures, startUp: StartUp): number | null =>
  cpuSeconds === null ? null : (1000 * (cpuSeconds - startUp.cpuSeconds)) / successes;

/** Rate of the last tenth of the answers divided by the rate of all; `moments` are milliseconds in order. */
export function endRate(moments: readonly number[]): number | null {
  const [first, last] = [moments[0], moments.at(-1)];
  const tenth = moments[Math.floor(moments.length * (1 - LAST_SHARE))];
  if (first === undefined || last === undefined || tenth === undefined || moments.length < LEAST_ANSWERS)
    return null;
  return (LAST_SHARE * (last - first)) / Math.max(1, last - tenth);
}

/** The lowest, the median and the highest value; null if there are no values. */
export function spread(values: readonly (number | null)[]): Spread | null {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  const [least, most] = [sorted[0], sorted.at(-1)];
  const low = sorted[Math.ceil(sorted.length / 2) - 1];
  const high = sorted[Math.floor(sorted.length / 2)];
  if (least === undefined || most === undefined || low === undefined || high === undefined) return null;
  return { least, median: (low + high) / 2, most };
}
