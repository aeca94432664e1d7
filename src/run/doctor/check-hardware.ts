import { availableParallelism } from 'node:os';
import { type MachineLimits, machineLimits } from '../../util/machine/machine-limits.ts';
import { formatBytes, plural } from '../../util/text/units.ts';
import { fitProcesses, neededMemory } from '../stages/memory-plan.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

export interface MemoryFigures extends Pick<MachineLimits, 'memoryBytes' | 'machineBytes'> {
  /** Bytes that are free now. */
  readonly available: number;
}

/** Compares memory and cores with the needs of so many decoders. */
export function checkHardware(decoders: number): Finding[] {
  const limits = machineLimits();
  // Node does not see the limits of all control groups.
  const available = Math.min(process.availableMemory(), limits.memoryBytes);
  return [
    judgeMemory({ ...limits, available }, decoders),
    judgeCores(limits.cores, availableParallelism(), decoders),
  ];
}

export function judgeMemory(
  { memoryBytes, machineBytes, available }: MemoryFigures,
  decoders: number,
): Finding {
  const needed = neededMemory(decoders);
  const limit =
    memoryBytes < machineBytes
      ? ` (limit of a control group on a machine of ${formatBytes(machineBytes)})`
      : '';
  const found = `${formatBytes(available)} of ${formatBytes(memoryBytes)} available${limit}, about ${formatBytes(needed)} needed for ${plural(decoders, 'decoder')}`;
  if (memoryBytes < neededMemory(1)) return fail('memory', found, 'give this machine more');
  const fitting = (bytes: number): number =>
    fitProcesses({ memoryBytes: bytes, addressSpaceBytes: Number.POSITIVE_INFINITY }, { decoders, lanes: 1 })
      .decoders;
  if (memoryBytes < needed)
    return warn(
      'memory',
      found,
      `give this machine more; a run starts ${plural(fitting(memoryBytes), 'decoder')}`,
    );
  return available < needed
    ? warn('memory', found, `end other programs that use it, or use --decoders ${fitting(available)}`)
    : ok('memory', found);
}

/** `cores`: those that the process may keep busy, of so many that the machine has. */
export function judgeCores(cores: number, machineCores: number, decoders: number): Finding {
  const limit = cores < machineCores ? ` (quota of a control group on a machine of ${machineCores})` : '';
  const found = `${plural(cores, 'core')}${limit} for ${plural(decoders, 'decoder')}`;
  return decoders > cores ? warn('cores', found, `use --decoders ${cores}`) : ok('cores', found);
}
