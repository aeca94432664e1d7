/** What one run of a client came to. */
export interface Figures {
  readonly rows: number;
  readonly successes: number;
  /** Whether it was ended before its end. */
  readonly stopped: boolean;
  /** From the start of its process to the end. */
  readonly seconds: number;
  /** Of all its processes, user and system; null where it cannot be measured, as `peakBytes`. */
  readonly cpuSeconds: number | null;
  /** Of its first process alone. */
  readonly rootCpuSeconds: number | null;
  readonly peakBytes: number | null;
  /** Rate of the last tenth of the answers, by the average; null where there are too few. */
  readonly endRate: number | null;
}

/** What a client takes to start and end, whatever it does. */
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

/** Successful images a second, the start-up left out. */
export const imageRate = ({ successes, seconds }: Figures, startUp: StartUp): number =>
  successes / Math.max(0.001, seconds - startUp.seconds);

/** Milliseconds of processor time for each successful image, the start-up left out. */
export const cpuMs = ({ successes, cpuSeconds }: Figures, startUp: StartUp): number | null =>
  cpuSeconds === null ? null : (1000 * (cpuSeconds - startUp.cpuSeconds)) / successes;

/** How fast the last tenth of the answers came, by how fast all came; `moments` are milliseconds in order. */
export function endRate(moments: readonly number[]): number | null {
  const [first, last] = [moments[0], moments.at(-1)];
  const tenth = moments[Math.floor(moments.length * (1 - LAST_SHARE))];
  if (first === undefined || last === undefined || tenth === undefined || moments.length < LEAST_ANSWERS)
    return null;
  return (LAST_SHARE * (last - first)) / Math.max(1, last - tenth);
}

/** The least, the median and the greatest; null of no values. */
export function spread(values: readonly (number | null)[]): Spread | null {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  const [least, most] = [sorted[0], sorted.at(-1)];
  const low = sorted[Math.ceil(sorted.length / 2) - 1];
  const high = sorted[Math.floor(sorted.length / 2)];
  if (least === undefined || most === undefined || low === undefined || high === undefined) return null;
  return { least, median: (low + high) / 2, most };
}
