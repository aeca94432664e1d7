import type { Options } from '../../config/resolve.ts';
import { planResize } from '../../image/job/resize-modes.ts';
import type { StoredRow } from '../../output/read/stored-rows.ts';

/**
 * Why a row's image cannot have been written with the options: it would have another size. Null if it can, and for a row
 * whose sizes are unknown. A dataset that was adopted with other options would get images of two kinds.
 */
export function sizeProblem({ width, height, shared }: StoredRow, options: Options): string | null {
  const [fromWidth, fromHeight] = [shared.get('original_width'), shared.get('original_height')];
  if (typeof fromWidth !== 'number' || typeof fromHeight !== 'number') return null;
  if (width === null || height === null) return null;
  const { scaled, crop, pad } = planResize(fromWidth, fromHeight, options);
  const square = { width: options.imageSize, height: options.imageSize };
  const expected = pad === null ? (crop ?? scaled ?? { width: fromWidth, height: fromHeight }) : square;
  if (expected.width === width && expected.height === height) return null;
  const found = `the image has ${width}x${height} pixels`;
  return `${found}; by the options (--image-size, --resize-mode) it would have ${expected.width}x${expected.height}`;
}
