import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';

/** Why readers refuse a kept image; null for those that do not. */
export interface Refusal {
  /** Name in the tar without its ending. */
  readonly key: string;
  readonly pillow: string | null;
  readonly opencv: string | null;
  readonly sharp: string | null;
}

interface Kept {
  /** JPEGs and PNGs that were read. */
  readonly count: number;
  readonly refusals: readonly Refusal[];
}

const SCRIPT = fileURLToPath(new URL('read-kept.py', import.meta.url));
const MAX_OUTPUT_BYTES = 2 ** 28;

/**
 * Reads the JPEGs and PNGs of a dataset with Pillow and OpenCV, each with its own libjpeg-turbo and libpng, and those
 * that one of them refuses with sharp.
 */
export async function readKept(python: string, output: string): Promise<Kept> {
  const { stdout } = await promisify(execFile)(python, [SCRIPT, output], { maxBuffer: MAX_OUTPUT_BYTES });
  const { count, refused } = JSON.parse(stdout) as {
    readonly count: number;
    readonly refused: readonly (Omit<Refusal, 'sharp'> & { readonly bytes: string })[];
  };
  const refusals: Refusal[] = [];
  for (const { bytes, ...refusal } of refused) {
    const decoded = sharp(Buffer.from(bytes, 'base64'), {
      failOn: 'truncated',
      limitInputPixels: false,
    }).stats();
    const error = await decoded.then(
      () => null,
      (reason: Error) => reason.message,
    );
    refusals.push({ ...refusal, sharp: error });
  }
  return { count, refusals };
}

/** Whether no reader opens the image. */
export const isRefusedByAll = ({ pillow, opencv }: Refusal): boolean => pillow !== null && opencv !== null;

export const describeRefusal = ({ pillow, opencv, sharp: own }: Refusal): string =>
  Object.entries({ Pillow: pillow, OpenCV: opencv, sharp: own })
    .map(
      ([reader, reason]) => `${reader} ${reason === null ? 'reads it' : `refuses it (${firstLine(reason)})`}`,
    )
    .join(', ');

const firstLine = (text: string): string => (text.split('\n')[0] ?? '').slice(0, 120);
