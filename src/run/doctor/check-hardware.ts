import { availableParallelism, totalmem } from 'node:os';
import { formatBytes, plural } from '../../util/text/units.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

const MIB = 2 ** 20;
const ENGINE_BYTES = 500 * MIB;
const DECODER_BYTES = 250 * MIB;

export interface MemoryFigures {
  /** Maximum bytes for this process and its children. */
  readonly total: number;
  /** Bytes that are free now. In a container, the kernel's caches count as used. */
  readonly available: number;
}

/** Compares memory and cores with the needs of so many decoders. */
export function checkHardware(decoders: number): Finding[] {
  // 0, or more than the machine has, if nothing constrains the process.
  const constrained = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  const memory = { total: Math.min(constrained, totalmem()), available: process.availableMemory() };
  return [judgeMemory(memory, decoders), judgeCores(availableParallelism(), decoders)];
}

export function judgeMemory({ total, available }: MemoryFigures, decoders: number): Finding {
  const needed = ENGINE_BYTES + decoders * DECODER_BYTES;
  const found = `${formatBytes(available)} of ${formatBytes(total)} available, about ${formatBytes(needed)} needed for ${plural(decoders, 'decoder')}`;
  const lower = (bytes: number) => {
    const fitting = Math.floor((bytes - ENGINE_BYTES) / DECODER_BYTES);
    return fitting < 1 ? '' : `, or use --decoders ${fitting}`;
  };
  if (total < needed) return fail('memory', found, `give this machine more${lower(total)}`);
  return available < needed
    ? warn('memory', found, `end other programs that use it${lower(available)}`)
    : ok('memory', found);
}

export function judgeCores(cores: number, decoders: number): Finding {
  const found = `${plural(cores, 'core')} for ${plural(decoders, 'decoder')}`;
  return decoders > cores ? warn('cores', found, `use --decoders ${cores}`) : ok('cores', found);
}
