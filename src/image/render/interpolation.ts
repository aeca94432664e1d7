import type { ResizePlan } from '../../codec/resample/plan.ts';
import type { Interpolation } from '../../core/choices.ts';
import type { ImageSettings } from '../job/settings.ts';

/** The interpolation that carries out a plan. */
export function plannedInterpolation({ direction }: ResizePlan, settings: ImageSettings): Interpolation {
  return direction === 'down' ? settings.downscaleInterpolation : settings.upscaleInterpolation;
}
