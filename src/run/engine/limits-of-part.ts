import type { Options } from '../../config/resolve.ts';

/**
 * The options with this machine's part of the limits that hold for all parts that run at the same time. A host whose limit is smaller than the
 * number of these parts gets one connection for a share of the time from each of them, so that the limit holds on average.
 * `onNotice` hears what that means.
 */
export function limitsOfPart(options: Options, onNotice: (message: string) => void): Options {
  const { part, partsAtOnce, perHost, perAddress, perHostRate, rate } = options;
  if (part === null) return options;
  const count = Math.min(part.count, partsAtOnce ?? part.count);
  const each = perHost / count;
  const places = each < 1 ? `1 for ${Math.round(each * 100)} % of the time` : `${Math.floor(each)}`;
  onNotice(
    `part ${part.index}/${part.count}: this machine has its share of the limits, 1 of ${count}, connections to one host: ${places} of --per-host ${perHost}`,
  );
  return {
    ...options,
    perHost: each < 1 ? each : Math.floor(each),
    perAddress: perAddress && Math.max(1, Math.floor(perAddress / count)),
    perHostRate: perHostRate && perHostRate / count,
    rate: rate && rate / count,
  };
}
