import type { HostKey } from '../../core/samples.ts';
import { delaySpanMs } from '../../fetch/retry.ts';
import { READ_AHEAD_ROWS } from '../../fetch/schedule/frontier.ts';
import type { HostRows, IndexCounts } from './count-index.ts';
import type { DecodingCost } from './measure-decoding.ts';

/** What nobody can know before fetching. Each is a mean over the web that LAION's indexes point to. */
export const ASSUMED = {
  /** Rows that end with a picture; reports on LAION-400M and CC12M since 2023 lie between 56 and 78 %. */
  successShare: 0.7,
  /** Bytes of a picture: 78 TB of 0.89 billion originals of LAION's aesthetic subset. */
  pictureBytes: 88_000,
  /** Bits that a JPEG of the web takes for a pixel (HTTP Archive, Web Almanac 2024). */
  bitsPerPixel: 2,
  /** Headers, handshakes and error pages of a row; an estimate. */
  overheadBytes: 5_000,
  /** A host that answers takes 180 ms in the median, log-normal with sigma 0.9; an estimate. */
  answerSeconds: 0.27,
  /** Rows whose host never answers; 2.9 % of a shard of LAION-400M ended in time-outs and the like in 2023. */
  silentShare: 0.025,
  /** Processor time of a row outside the decoders: request, handshake, hand-over, digest, JSON, archive. */
  engineMs: 1.7,
  /** Share of the cores' time that a run can use: the engine and the decoders wait for each other now and then. */
  busyShare: 0.8,
  /** Archive headers, padding, JSON and caption of a sample. */
  sampleBytes: 3_500,
  /** A row of the metadata. */
  rowBytes: 300,
} as const;

const MOST_SLOW_HOSTS = 5;

/** What a run is held to; null where there is no limit. */
export interface Limits {
  readonly cores: number;
  readonly decoders: number;
  readonly lanes: number;
  readonly concurrency: number;
  readonly perHost: number;
  readonly timeoutMs: number;
  readonly retries: number;
  /** Requests a second to one host. */
  readonly perHostRate: number | null;
  /** Requests a second in all. */
  readonly rate: number | null;
  /** Bytes a second. */
  readonly bandwidth: number | null;
  /** Whether samples are written at all. */
  readonly stores: boolean;
}

/** The least time that one limit allows the run. */
export type Bound = {
  readonly seconds: number;
} & (
  | { readonly kind: 'processor' | 'concurrency' | 'bandwidth' | 'rate' }
  | { readonly kind: 'host'; readonly host: HostKey; readonly rows: number }
);

export interface Prediction {
  /** The longest of the bounds, and what rows that time out need beyond it. */
  readonly seconds: number;
  readonly tailSeconds: number;
  /** Every limit that is set, the slowest first; of the hosts the slowest, and others that need half of the time. */
  readonly bounds: readonly Bound[];
  readonly successes: number;
  /** Requests, those included that are made again. */
  readonly requests: number;
  readonly imageBytes: number;
  /** Seconds for which a row occupies a place among those under way. */
  readonly rowSeconds: number;
  readonly trafficBytes: number;
  readonly diskBytes: number;
}

/** What a download of the counted rows would come to. */
export function predict(
  census: Pick<IndexCounts, 'rows' | 'usable' | 'meanPixels'> & {
    readonly hosts: Pick<IndexCounts['hosts'], 'largest'>;
  },
  limits: Limits,
  cost: DecodingCost,
): Prediction {
  const { rows, usable, meanPixels } = census;
  const placeSeconds = ((1 + limits.retries) * limits.timeoutMs) / 1000;
  const rowSeconds = ASSUMED.answerSeconds + ASSUMED.silentShare * placeSeconds;
  const pictures = usable * ASSUMED.successShare;
  const pictureBytes = meanPixels === null ? ASSUMED.pictureBytes : (meanPixels * ASSUMED.bitsPerPixel) / 8;
  const trafficBytes = pictures * pictureBytes + usable * ASSUMED.overheadBytes;
  const requests = usable * (1 + ASSUMED.silentShare * limits.retries);

  const bounds: Bound[] = [
    { kind: 'processor', seconds: processorSeconds(pictures, usable, limits, cost) },
    { kind: 'concurrency', seconds: (usable * rowSeconds) / limits.concurrency },
  ];
  if (limits.bandwidth !== null) {
    bounds.push({ kind: 'bandwidth', seconds: trafficBytes / limits.bandwidth });
  }
  if (limits.rate !== null) bounds.push({ kind: 'rate', seconds: requests / limits.rate });
  const hosts = census.hosts.largest.slice(0, MOST_SLOW_HOSTS).map((host) => hostBound(host, limits));
  const boundSeconds = Math.max(...[...bounds, ...hosts].map((bound) => bound.seconds));
  // Rows of hosts that may be silent are begun as soon as they are read.
  const aheadSeconds = boundSeconds * Math.min(1, READ_AHEAD_ROWS / usable);
  const tailSeconds =
    Math.min(1, usable * ASSUMED.silentShare) * Math.max(0, secondsOfSilence(limits) - aheadSeconds);
  const seconds = boundSeconds + tailSeconds;
  const slowHosts = hosts.filter((bound, place) => place === 0 || bound.seconds > seconds / 2);

  const stored = cost.encodedBytes + cost.keptBytes * pictureBytes + cost.accepted * ASSUMED.sampleBytes;
  return {
    seconds,
    tailSeconds,
    bounds: [...bounds, ...slowHosts].sort((a, b) => b.seconds - a.seconds),
    successes: Math.round(pictures * cost.accepted),
    requests: Math.round(requests),
    imageBytes: Math.round(pictureBytes),
    rowSeconds,
    trafficBytes: Math.round(trafficBytes),
    diskBytes: limits.stores ? Math.round(pictures * stored + rows * ASSUMED.rowBytes) : 0,
  };
}

/** How long a row whose host never answers is under way, pauses before later attempts included. */
function secondsOfSilence({ timeoutMs, retries }: Limits): number {
  let ms = timeoutMs;
  for (let attempt = 1; attempt <= retries; attempt += 1) ms += delaySpanMs(attempt) / 2 + timeoutMs;
  return ms / 1000;
}

/** Each lane is one event loop, and shares the cores with the decoders. */
function processorSeconds(
  pictures: number,
  rows: number,
  { cores, decoders, lanes }: Limits,
  { coreMs }: DecodingCost,
): number {
  const decodingMs = pictures * coreMs;
  const engineMs = rows * ASSUMED.engineMs;
  const ms = Math.max(
    decodingMs / Math.min(decoders, cores),
    engineMs / lanes,
    (decodingMs + engineMs) / (cores * ASSUMED.busyShare),
  );
  return ms / 1000;
}

/** Rows that never end are mostly those of hosts that are gone, so the large ones are taken to answer. */
function hostBound({ host, rows }: HostRows, { concurrency, perHost, perHostRate }: Limits): Bound {
  const byPlaces = (rows * ASSUMED.answerSeconds) / Math.min(perHost, concurrency);
  const byRate = perHostRate === null ? 0 : rows / perHostRate;
  return { kind: 'host', host, rows, seconds: Math.max(byPlaces, byRate) };
}
