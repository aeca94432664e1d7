import type { Interpolation } from '../../src/core/choices.ts';

/** Decibels, then SSIM of luma, to double precision: the means over all photographs. */
type Likeness = readonly [decibels: number, ssim: number];

/** What `compare.py` prints for one interpolation and factor. */
export interface Line {
  readonly encoding: 'png' | 'jpg';
  readonly interpolation: Interpolation;
  /** Pixels of the source for one of the result. */
  readonly factor: number;
  readonly ours: Likeness;
  /** Null where OpenCV has no such samples. */
  readonly openCv: Likeness | null;
  /** The largest, in pixels. */
  readonly shift: number;
}

/** Whether OpenCV's result is closer. Less than half of the last digit shown is rounding in single precision. */
export function isBehind({ ours, openCv }: Line): boolean {
  return openCv !== null && (ours[0] < openCv[0] - 0.005 || ours[1] < openCv[1] - 0.000_005);
}

const show = (likeness: Likeness | null) =>
  likeness === null ? '- | -' : `${likeness[0].toFixed(2)} | ${likeness[1].toFixed(5)}`;

/** All lines in Markdown. */
export function fullTable(kind: string, lines: readonly Line[]): string[] {
  return lines.map((line) => {
    const { encoding, interpolation, factor, ours, openCv, shift } = line;
    const cells = [
      kind,
      encoding,
      interpolation,
      factor.toFixed(2),
      show(ours),
      show(openCv),
      shift.toFixed(3),
    ];
    return `| ${cells.join(' | ')} | ${isBehind(line) ? 'behind' : ''} |`;
  });
}

/** One line for each interpolation: the lowest figures over all factors, enlarged and reduced. */
export function shortTable(kind: string, lines: readonly Line[]): string[] {
  const names = [...new Set(lines.map(({ interpolation }) => interpolation))];
  return names.map((name) => {
    const group = lines.filter(({ interpolation }) => interpolation === name);
    const [enlarged, reduced] = [
      group.filter(({ factor }) => factor < 1),
      group.filter(({ factor }) => factor > 1),
    ];
    const figures = [enlarged, reduced].flatMap((part) => [
      show(lowest(part.map(({ ours }) => ours))),
      show(lowest(part.map(({ openCv }) => openCv))),
    ]);
    const shift = Math.max(...group.map((line) => line.shift)).toFixed(3);
    return `| ${[kind, name, ...figures, shift].join(' | ')} | ${group.filter(isBehind).length} |`;
  });
}

function lowest(likenesses: readonly (Likeness | null)[]): Likeness | null {
  const known = likenesses.filter((likeness) => likeness !== null);
  if (known.length === 0) return null;
  return [Math.min(...known.map(([decibels]) => decibels)), Math.min(...known.map(([, ssim]) => ssim))];
}
