import type { HostKey } from '../../core/samples.ts';
import { delaySpanMs } from '../../fetch/retry.ts';
import { READ_AHEAD_ROWS } from '../../fetch/schedule/frontier-options.ts';
import type { HostRows, IndexCounts } from './count-index.ts';
import type { DecodingCost } from './measure-decoding.ts';

/** Values that are unknown before fetching. Each is a mean over the web that LAION's indexes point to. */
export const ASSUMED = {
  /** Share of rows that end with an image; reports on LAION-400M and CC12M since 2023 say 56 to 78 %. */
  successShare: 0.7,
  /** Bytes of an image: 78 TB of 0.89 billion originals of LAION's aesthetic subset. */
  imageBytes: 88_000,
  /** Bits per pixel of a JPEG on the web (HTTP Archive, Web Almanac 2024). */
  bitsPerPixel: 2,
  /** Bytes of headers, handshakes and error pages for each row; an estimate. */
  overheadBytes: 5_000,
  /** Mean response time of a host that responds: median 180 ms, log-normal with sigma 0.9; an estimate. */
  answerSeconds: 0.27,
  /** Share of rows whose host never responds; 2.9 % of a shard of LAION-400M ended in time-outs and the like in 2023. */
  silentShare: 0.025,
  /** CPU time of a row outside the decoders: request, handshake, transfer to a decoder, digest, JSON, archive. */
  engineMs: 1.7,
  /** Share of the cores' time that a run can use: the engine and the decoders sometimes wait for each other. */
  busyShare: 0.8,
  /** Bytes of archive headers, padding, JSON and caption of a sample. */
  sampleBytes: 3_500,
  /** Bytes of a row of the metadata. */
  rowBytes: 300,
} as const;

const MOST_SLOW_HOSTS = 5;

/** The limits of a run; null for no limit. */
export interface Limits {
  readonly cores: number;
  readonly decoders: number;
  readonly lanes: number;
  readonly concurrency: number;
  readonly perHost: number;
  readonly timeoutMs: number;
  readonly retries: number;
  /** Requests per second to one host. */
  readonly perHostRate: number | null;
  /** Requests per second to all hosts. */
  readonly rate: number | null;
  /** Bytes per second. */
  readonly bandwidth: number | null;
  /** Whether samples are written at all. */
  readonly stores: boolean;
}

/** The minimum time of the run under one limit. */
export type Bound = {
  readonly seconds: number;
} & (
  | { readonly kind: 'processor' | 'concurrency' | 'bandwidth' | 'rate' }
  | { readonly kind: 'host'; readonly host: HostKey; readonly rows: number }
);

export interface Prediction {
  /** The longest of the bounds, plus the time that rows with time-outs need beyond it. */
  readonly seconds: number;
  readonly tailSeconds: number;
  /** The bound of every limit that is set, slowest first. Of the hosts: the slowest, and others that need over half of the time. */
  readonly bounds: readonly Bound[];
  readonly successes: number;
  /** Requests, including repeated ones. */
  readonly requests: number;
  readonly imageBytes: number;
  /** Mean seconds for which a row occupies one of the concurrent requests. */
  readonly rowSeconds: number;
  readonly trafficBytes: number;
  readonly diskBytes: number;
}

type PredictedCounts = Pick<IndexCounts, 'rows' | 'usable' | 'meanPixels' | 'heldBytes'> & {
  readonly hosts: Pick<IndexCounts['hosts'], 'largest'>;
};

/** Predicts time, traffic and disk space of a download of the counted rows. */
export function predict(counts: PredictedCounts, limits: Limits, cost: DecodingCost): Prediction {
  if (counts.heldBytes !== null) return predictHeld(counts, counts.heldBytes, limits, cost);
  const { rows, usable, meanPixels } = counts;
  const placeSeconds = ((1 + limits.retries) * limits.timeoutMs) / 1000;
  const rowSeconds = ASSUMED.answerSeconds + ASSUMED.silentShare * placeSeconds;
  const images = usable * ASSUMED.successShare;
  const imageBytes = meanPixels === null ? ASSUMED.imageBytes : (meanPixels * ASSUMED.bitsPerPixel) / 8;
  const trafficBytes = images * imageBytes + usable * ASSUMED.overheadBytes;
  const requests = usable * (1 + ASSUMED.silentShare * limits.retries);

  const bounds: Bound[] = [
    { kind: 'processor', seconds: processorSeconds(images, usable, limits, cost) },
    { kind: 'concurrency', seconds: (usable * rowSeconds) / limits.concurrency },
  ];
  if (limits.bandwidth !== null) {
    bounds.push({ kind: 'bandwidth', seconds: trafficBytes / limits.bandwidth });
  }
  if (limits.rate !== null) bounds.push({ kind: 'rate', seconds: requests / limits.rate });
  const hosts = counts.hosts.largest.slice(0, MOST_SLOW_HOSTS).map((host) => hostBound(host, limits));
  const boundSeconds = Math.max(...[...bounds, ...hosts].map((bound) => bound.seconds));
  // Rows of hosts that may be silent start as soon as they are read.
  const aheadSeconds = boundSeconds * Math.min(1, READ_AHEAD_ROWS / usable);
  const tailSeconds =
    Math.min(1, usable * ASSUMED.silentShare) * Math.max(0, secondsOfSilence(limits) - aheadSeconds);
  const seconds = boundSeconds + tailSeconds;
  const slowHosts = hosts.filter((bound, place) => place === 0 || bound.seconds > seconds / 2);

  return {
    ...stored({ rows, images, imageBytes }, limits, cost),
    seconds,
    tailSeconds,
    bounds: [...bounds, ...slowHosts].sort((a, b) => b.seconds - a.seconds),
    requests: Math.round(requests),
    rowSeconds,
    trafficBytes: Math.round(trafficBytes),
  };
}

/** The same for images that the rows hold: nothing is requested, so that the processor is the only limit. */
function predictHeld(
  { rows, usable }: PredictedCounts,
  heldBytes: number,
  limits: Limits,
  cost: DecodingCost,
): Prediction {
  const seconds = processorSeconds(usable, usable, limits, cost);
  const imageBytes = heldBytes / Math.max(1, usable);
  return {
    ...stored({ rows, images: usable, imageBytes }, limits, cost),
    ...{ seconds, tailSeconds: 0, bounds: [{ kind: 'processor', seconds }] },
    ...{ requests: 0, rowSeconds: 0, trafficBytes: 0 },
  };
}

/** Mean area of the images in pixels: by their sizes in the index or their bytes in the tars; null if neither is known. */
export function meanArea({
  usable,
  meanPixels,
  heldBytes,
}: Pick<IndexCounts, 'usable' | 'meanPixels' | 'heldBytes'>): number | null {
  if (meanPixels !== null || heldBytes === null || heldBytes === 0) return meanPixels;
  return (heldBytes * 8) / ASSUMED.bitsPerPixel / usable;
}

/** What becomes of images that arrive. `imageBytes`: of one. */
function stored(
  {
    rows,
    images,
    imageBytes,
  }: { readonly rows: number; readonly images: number; readonly imageBytes: number },
  { stores }: Limits,
  { encodedBytes, keptBytes, accepted }: DecodingCost,
): Pick<Prediction, 'successes' | 'imageBytes' | 'diskBytes'> {
  const sample = encodedBytes + keptBytes * imageBytes + accepted * ASSUMED.sampleBytes;
  return {
    successes: Math.round(images * accepted),
    imageBytes: Math.round(imageBytes),
    diskBytes: stores ? Math.round(images * sample + rows * ASSUMED.rowBytes) : 0,
  };
}

/** How long a row whose host never responds stays in flight. A later attempt's delay counts from the start of the one before. */
function secondsOfSilence({ timeoutMs, retries }: Limits): number {
  let ms = timeoutMs;
  for (let attempt = 1; attempt <= retries; attempt += 1) ms += Math.max(delaySpanMs(attempt) / 2, timeoutMs);
  return ms / 1000;
}

/** Each lane is one event loop that shares the cores with the decoders. */
function processorSeconds(
  images: number,
  rows: number,
  { cores, decoders, lanes }: Limits,
  { coreMs }: DecodingCost,
): number {
  const decodingMs = images * coreMs;
  const engineMs = rows * ASSUMED.engineMs;
  const ms = Math.max(
    decodingMs / Math.min(decoders, cores),
    engineMs / lanes,
    (decodingMs + engineMs) / (cores * ASSUMED.busyShare),
  );
  return ms / 1000;
}

/** Rows without a response mostly belong to hosts that are gone, so large hosts are assumed to respond. */
export function hostBound({ host, rows }: HostRows, { concurrency, perHost, perHostRate }: Limits): Bound {
  const byPlaces = (rows * ASSUMED.answerSeconds) / Math.min(perHost, concurrency);
  const byRate = perHostRate === null ? 0 : rows / perHostRate;
  return { kind: 'host', host, rows, seconds: Math.max(byPlaces, byRate) };
}
