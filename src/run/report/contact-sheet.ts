import { oneLine } from '../../core/errors.ts';
import type { ImageSettings } from '../../image/job/settings.ts';
import { type DecoderPool, startDecoders } from '../../image/workers/decoder-pool.ts';
import { storedImages } from '../../output/read/stored-images.ts';
import type { Store } from '../../output/store/store.ts';
import type { ChosenSample } from './read-rows.ts';

/** An image of the contact sheet. */
export interface SheetImage {
  readonly key: string;
  readonly shard: string;
  readonly url: string | null;
  readonly caption: string | null;
  readonly originalWidth: number | null;
  readonly originalHeight: number | null;
  readonly thumbnail: Thumbnail | null;
}

/** A JPEG that a decoder has written; none of the downloaded bytes are in it. */
export interface Thumbnail {
  readonly jpeg: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Longer side in pixels: sharp on a screen with two pixels for each of the page's. */
const SIDE = 256;

const THUMBNAIL: ImageSettings = {
  imageSize: SIDE,
  resizeMode: 'keep_ratio_largest',
  resizeOnlyIfBigger: true,
  upscaleInterpolation: 'lanczos',
  downscaleInterpolation: 'area',
  encodeFormat: 'jpg',
  encodeQuality: 72,
  skipReencode: false,
  disableAllReencoding: false,
  autoOrient: true,
  blur: 'strong',
  minImageSize: 0,
  maxImageArea: Number.POSITIVE_INFINITY,
  maxAspectRatio: Number.POSITIVE_INFINITY,
  rights: 'off',
  keepRightsMetadata: false,
  extractExif: false,
  computeHash: null,
};

/** All thumbnails together have fewer bytes than this, so that the page stays small. */
const MOST_BYTES = 1_000_000;

/** Reads the chosen images and makes a small copy of each, in separate processes as a run does. */
export async function contactSheet(
  store: Store,
  chosen: readonly ChosenSample[],
  { decoders, onProblem }: { decoders: number; onProblem: (problem: string) => void },
): Promise<readonly SheetImage[]> {
  if (chosen.length === 0) return [];
  const pool = startDecoders({ count: Math.min(decoders, chosen.length), settings: THUMBNAIL });
  try {
    const sheet: SheetImage[] = [];
    let bytes = 0;
    for (const shard of new Set(chosen.map((sample) => sample.shard))) {
      const ofShard = chosen.filter((sample) => sample.shard === shard);
      const images = await storedImages(store, shard, ofShard).catch((error: unknown) => {
        onProblem(`no images can be read from shard ${shard.name}: ${oneLine(error)}`);
        return new Map<string, Uint8Array>();
      });
      const thumbnails = await Promise.all(ofShard.map(({ key }) => thumbnailOf(pool, images.get(key))));
      for (const [at, { shard: _, subfolder: __, ...sample }] of ofShard.entries()) {
        const thumbnail = thumbnails[at] ?? null;
        const fits = bytes + (thumbnail?.jpeg.length ?? 0) < MOST_BYTES;
        if (fits) bytes += thumbnail?.jpeg.length ?? 0;
        sheet.push({ ...sample, shard: shard.name, thumbnail: fits ? thumbnail : null });
      }
    }
    return sheet;
  } finally {
    await pool.close();
  }
}

async function thumbnailOf(pool: DecoderPool, bytes: Uint8Array | undefined): Promise<Thumbnail | null> {
  if (bytes === undefined) return null;
  const result = await pool.decode({ bytes });
  if (!result.ok || result.image.width === null || result.image.height === null) return null;
  return { jpeg: result.image.bytes, width: result.image.width, height: result.image.height };
}
