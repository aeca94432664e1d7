import type { Options } from '../../config/resolve.ts';

/** Lanes that a run has: those asked for, but none without a decoder or a request of its own. */
export function countLanes({ lanes, decoders, concurrency }: Options): number {
  return Math.min(lanes, decoders, concurrency);
}

/** The options of each lane. What is allowed over all hosts is divided, to the last request; a host is one lane's. */
export function shareOptions(options: Options, lanes: number): Options[] {
  const rate = options.rate === null ? null : options.rate / lanes;
  const bandwidth = options.bandwidth === null ? null : options.bandwidth / lanes;
  return Array.from({ length: lanes }, (_, lane) => ({
    ...options,
    concurrency: part(options.concurrency, lane, lanes),
    decoders: part(options.decoders, lane, lanes),
    rate,
    bandwidth,
  }));
}

/** One of `parts` whole numbers that add up to `whole` and differ by one at the most. */
function part(whole: number, position: number, parts: number): number {
  return Math.floor(whole / parts) + (position < whole % parts ? 1 : 0);
}
