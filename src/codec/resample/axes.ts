import type { Interpolation } from './kernels.ts';
import { plannedSize, type ResizePlan, type Size } from './plan.ts';
import { type Axis, ExactWeights } from './weights.ts';

/** How an image is turned and mirrored before anything else. */
export interface Turn {
  /** Rows become columns. */
  readonly transposed: boolean;
  /** Then the result is mirrored in these directions. */
  readonly reversedAcross: boolean;
  readonly reversedDown: boolean;
}

export const UPRIGHT: Turn = { transposed: false, reversedAcross: false, reversedDown: false };

/** The turn that makes an image with this EXIF orientation upright; every number but 2 to 8 means that it is. */
export function turnFor(orientation: number): Turn {
  return {
    transposed: orientation >= 5 && orientation <= 8,
    reversedAcross: [2, 3, 6, 7].includes(orientation),
    reversedDown: [3, 4, 7, 8].includes(orientation),
  };
}

export function turnedSize({ width, height }: Size, { transposed }: Turn): Size {
  return transposed ? { width: height, height: width } : { width, height };
}

/** The result of a turn and a plan, and how each of its columns and rows comes about. */
export interface Axes {
  readonly size: Size;
  readonly across: ExactWeights;
  readonly down: ExactWeights;
}

/** @param halvings how often each side of the source was halved in decoding */
export function axesFor(
  source: Size,
  turn: Turn,
  plan: ResizePlan,
  interpolation: Interpolation,
  halvings = 0,
): Axes {
  const upright = turnedSize(source, turn);
  const scaled = plan.scaled ?? upright;
  const size = plannedSize(upright, plan);
  const along = (side: 'width' | 'height', edge: 'left' | 'top', reversed: boolean): Axis => ({
    pixels: upright[side],
    halvings,
    step: upright[side] / scaled[side],
    scaled: scaled[side],
    origin: plan.crop ? plan.crop[edge] : -(plan.pad?.[edge] ?? 0),
    length: size[side],
    reversed,
    interpolation,
  });
  return {
    size,
    across: new ExactWeights(along('width', 'left', turn.reversedAcross)),
    down: new ExactWeights(along('height', 'top', turn.reversedDown)),
  };
}
