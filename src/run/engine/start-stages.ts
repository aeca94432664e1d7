import { HeldStages } from '../stages/held-stages.ts';
import { LocalStages } from '../stages/local-stages.ts';
import { RightsStages } from '../stages/rights-stages.ts';
import type { Stages, StagesPlan } from '../stages/stages.ts';
import { LaneSet } from '../threads/lane-set.ts';
import { countLanes } from '../threads/share-options.ts';

/**
 * Starts the stages in this event loop or, if the options ask for several lanes, in threads. Without a network, one event
 * loop is enough for all decoders.
 */
export function startStages(plan: StagesPlan): Stages {
  if (plan.asks === 'rights') return RightsStages.start(plan);
  if (plan.options.fromTar) return HeldStages.start(plan);
  return countLanes(plan.options) === 1 ? LocalStages.start(plan) : LaneSet.start(plan);
}
