import type { Options } from '../../config/resolve.ts';
import type { ImageJob, ImageResult } from '../../image/job/job.ts';
import { LAION_MEAN_PIXELS, makeSampleImages } from '../../image/render/sample-images.ts';
import { startDecoders } from '../../image/workers/decoder-pool.ts';
import { machineLimits } from '../../util/machine/machine-limits.ts';
import { imageSettings } from '../stages/stage-settings.ts';

const MEASURE_MS = 1_000;
/** More decoders would change nothing but the time that they take to start. */
const MAX_MEASURED_DECODERS = 8;
/** Larger images would take longer to make than to measure; their cost is assumed to grow with the area. */
const MAX_SAMPLE_PIXELS = 1_000_000;

/** What images cost on this machine under the options of a run. */
export interface DecodingCost {
  /** Milliseconds for which an image occupies one core. */
  readonly coreMs: number;
  /** Share of the images that pass the run's checks, 0 to 1. */
  readonly accepted: number;
  /** Share of the downloaded bytes that are kept unchanged, 0 to 1. */
  readonly keptBytes: number;
  /** Mean bytes of a re-encoded image, averaged over all images. */
  readonly encodedBytes: number;
}

/** Decodes and encodes images for about a second. `area`: their mean area in pixels; null for LAION's mean. */
export async function measureDecoding(options: Options, area: number | null): Promise<DecodingCost> {
  const meanPixels = area ?? LAION_MEAN_PIXELS;
  const lanes = Math.min(options.decoders, machineLimits().cores, MAX_MEASURED_DECODERS);
  const decoders = startDecoders({ count: lanes, settings: imageSettings(options) });
  try {
    const images = await makeSampleImages(Math.min(meanPixels, MAX_SAMPLE_PIXELS));
    const cost = await timeDecoding(images, { decode: (job) => decoders.decode(job), lanes });
    const growth = Math.max(1, meanPixels / MAX_SAMPLE_PIXELS);
    return { ...cost, coreMs: cost.coreMs * growth };
  } finally {
    await decoders.close();
  }
}

/** Keeps `lanes` decoders busy with the images, again and again; `now` in milliseconds. */
export async function timeDecoding(
  images: readonly Uint8Array[],
  {
    decode,
    lanes,
    now = () => performance.now(),
  }: {
    readonly decode: (job: ImageJob) => Promise<ImageResult>;
    readonly lanes: number;
    readonly now?: () => number;
  },
): Promise<DecodingCost> {
  const outcomes = await Promise.all(
    images.map(async (bytes) => ({ bytes, result: await decode({ bytes }) })),
  );
  const warmUp = Array.from({ length: lanes - 1 }, () => images.map((bytes) => decode({ bytes })));
  await Promise.all(warmUp.flat());

  const startedAt = now();
  let done = 0;
  let turn = 0;
  const keepBusy = async (): Promise<void> => {
    while (now() - startedAt < MEASURE_MS) {
      const bytes = images[turn++ % images.length];
      if (bytes === undefined) return;
      await decode({ bytes });
      done += 1;
    }
  };
  // Two for each decoder: one in progress, one ready.
  await Promise.all(Array.from({ length: 2 * lanes }, keepBusy));
  return { coreMs: ((now() - startedAt) * lanes) / Math.max(1, done), ...sizes(outcomes) };
}

function sizes(
  outcomes: readonly { readonly bytes: Uint8Array; readonly result: ImageResult }[],
): Omit<DecodingCost, 'coreMs'> {
  let [accepted, bodies, kept, encoded] = [0, 0, 0, 0];
  for (const { bytes, result } of outcomes) {
    bodies += bytes.length;
    if (!result.ok) continue;
    accepted += 1;
    if (result.image.bytes === bytes) kept += bytes.length;
    else encoded += result.image.bytes.length;
  }
  return {
    accepted: accepted / outcomes.length,
    keptBytes: kept / bodies,
    encodedBytes: encoded / outcomes.length,
  };
}
