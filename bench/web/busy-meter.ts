import { cpus } from 'node:os';

interface Sample {
  readonly at: number;
  /** Milliseconds of CPU time of all cores since the machine started. */
  readonly busy: number;
  readonly all: number;
}

/** Measures which share of the machine's CPU time is used, by any process. */
export class BusyMeter {
  readonly #read: (at: number) => Sample;
  readonly #samples: Sample[];

  constructor(at: number, read: (at: number) => Sample = readCores) {
    this.#read = read;
    this.#samples = [read(at)];
  }

  sample(at: number): void {
    this.#samples.push(this.#read(at));
  }

  /** The share, 0 to 1, since `lastMs` before the last sample or, without it, since the first sample. */
  share(lastMs = Number.POSITIVE_INFINITY): number {
    const end = this.#samples.at(-1);
    const start = end && this.#samples.find(({ at }) => at >= end.at - lastMs);
    if (end === undefined || start === undefined || start === end) return 0;
    return (end.busy - start.busy) / (end.all - start.all);
  }
}

function readCores(at: number): Sample {
  const times = cpus().map((core) => core.times);
  const all = times.flatMap((core) => Object.values(core)).reduce((sum, time) => sum + time, 0);
  return { at, busy: all - times.reduce((sum, { idle }) => sum + idle, 0), all };
}
