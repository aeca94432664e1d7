import type { Options } from '../../config/resolve.ts';

/**
 * Number of lanes of a run: as many as `--lanes` asks for, if each gets at least one decoder, one request and one
 * connection to each address.
 */
export function countLanes({ lanes, decoders, concurrency, perAddress }: Options): number {
  return Math.min(lanes, decoders, concurrency, perAddress ?? Number.POSITIVE_INFINITY);
}

/**
 * The options of each lane. Limits over all hosts are divided exactly, and so is the limit of an address, which may have
 * hosts in each lane. Limits of a host are not: it belongs to one lane.
 */
export function shareOptions(options: Options, lanes: number): Options[] {
  const rate = options.rate === null ? null : options.rate / lanes;
  const bandwidth = options.bandwidth === null ? null : options.bandwidth / lanes;
  return Array.from({ length: lanes }, (_, lane) => ({
    ...options,
    concurrency: part(options.concurrency, lane, lanes),
    decoders: part(options.decoders, lane, lanes),
    perAddress: options.perAddress === null ? null : part(options.perAddress, lane, lanes),
    rate,
    bandwidth,
  }));
}

/** One of `parts` whole numbers that add up to `whole` and differ by at most one. */
function part(whole: number, position: number, parts: number): number {
  return Math.floor(whole / parts) + (position < whole % parts ? 1 : 0);
}
