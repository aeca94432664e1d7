import type { Options } from '../../config/resolve.ts';
import { DEFAULT_LIMITS } from '../../image/job/settings.ts';
import { requireAddressSpace } from '../../image/workers/address-space.ts';
import type { MachineLimits } from '../../util/machine/machine-limits.ts';
import { describeFit, fitProcesses } from '../stages/memory-plan.ts';
import { countLanes } from '../threads/share-options.ts';

/**
 * The options with as many decoders and lanes as there is memory for; `onNotice` is told if they are fewer. Throws a
 * UserError where no decoder can start.
 */
export function fitToMachine(
  options: Options,
  limits: MachineLimits,
  onNotice: (message: string) => void,
): Options {
  const { memoryBytes, addressSpaceBytes } = limits;
  requireAddressSpace(DEFAULT_LIMITS.memoryBytes, addressSpaceBytes);
  const processes = fitProcesses(limits, { decoders: options.decoders, lanes: countLanes(options) });
  const notice = describeFit(memoryBytes, options.decoders, processes);
  if (notice !== null) onNotice(notice);
  return { ...options, ...processes };
}
