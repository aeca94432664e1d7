import { DEFAULT_LIMITS, type ImageLimits } from '../../image/job/settings.ts';
import type { MachineLimits } from '../../util/machine/machine-limits.ts';
import { formatBytes, plural } from '../../util/text/units.ts';

const MIB = 2 ** 20;

/** Share of the memory that nobody plans with: kernel buffers, page tables, pages of programs. */
const MARGIN = 0.1;
/** The engine without bodies: its heap, the reader of the index, the thread that writes shards. */
const ENGINE_BYTES = 100 * MIB;
const LANE_BYTES = 50 * MIB;
/** Share of the memory for bodies on their way, and their maximum: enough for a thousand images at a time. */
const BODIES = 1 / 8;
const MAX_BODY_BYTES = 512 * MIB;
/** Maximum bytes of bodies and images from the end of their download until the spool has them. */
const MAX_HELD_BYTES = 64 * MIB;
/** A decoder that decodes nothing, and a decoder with small images. */
const IDLE_DECODER_BYTES = 50 * MIB;
const BUSY_DECODER_BYTES = 110 * MIB;
/** Reserved by V8, by threads and by malloc, for the most part never used. */
const ENGINE_ADDRESS_SPACE = 2048 * MIB;
const LANE_ADDRESS_SPACE = 640 * MIB;
/** Resident memory of a process that it shares with others: Node and sharp. */
const SHARED_BYTES = 50 * MIB;

/** Decoders, in all lanes together, and lanes of a run. */
export interface Processes {
  readonly decoders: number;
  readonly lanes: number;
}

/** Memory that one event loop with its decoders may take. */
export interface MemoryShare {
  /** Bodies of all requests under way until their rows end, in all lanes together. */
  readonly bodyBytes: number;
  /** Bodies and images from the end of their download until the spool has them. */
  readonly heldBytes: number;
  /** What an image may cost in one of the decoders. */
  readonly limits: ImageLimits;
}

/** As many of the wanted decoders and lanes as there is memory and address space for; at least one of each. */
export function fitProcesses(
  { memoryBytes, addressSpaceBytes }: Pick<MachineLimits, 'memoryBytes' | 'addressSpaceBytes'>,
  { decoders, lanes: wantedLanes }: Processes,
): Processes {
  const moreLanes = Math.floor((addressSpaceBytes - ENGINE_ADDRESS_SPACE) / LANE_ADDRESS_SPACE);
  const lanes = Math.max(1, Math.min(wantedLanes, 1 + moreLanes));
  const fitting = Math.max(1, Math.floor(bytesForDecoders(memoryBytes, lanes) / BUSY_DECODER_BYTES));
  return fitting < decoders
    ? { decoders: fitting, lanes: Math.min(lanes, Math.ceil(fitting / 8)) }
    : { decoders, lanes };
}

/** The memory with which so many decoders fit. */
export function neededMemory(decoders: number): number {
  const needed = ENGINE_BYTES + decoders * BUSY_DECODER_BYTES;
  return Math.min(needed / (1 - MARGIN - BODIES), (needed + MAX_BODY_BYTES) / (1 - MARGIN));
}

/** Divides the memory among the lanes, and each lane's among bodies and decoders. `decoders`: those of all lanes. */
export function shareMemory(memoryBytes: number, { decoders, lanes }: Processes): MemoryShare {
  const bodyBytes = bytesForBodies(memoryBytes);
  const each = bytesForDecoders(memoryBytes, lanes) / decoders;
  return {
    bodyBytes,
    heldBytes: Math.min(MAX_HELD_BYTES, bodyBytes / 2) / lanes,
    limits: {
      ...DEFAULT_LIMITS,
      budgetBytesPerDecoder: clamp(each - IDLE_DECODER_BYTES, 16 * MIB, DEFAULT_LIMITS.budgetBytesPerDecoder),
      recycleBytes: clamp(
        each + SHARED_BYTES,
        BUSY_DECODER_BYTES + SHARED_BYTES,
        DEFAULT_LIMITS.recycleBytes,
      ),
    },
  };
}

/** Says that fewer decoders start than were wanted; null if all of them do. */
export function describeFit(memoryBytes: number, wanted: number, { decoders }: Processes): string | null {
  return decoders === wanted
    ? null
    : `${plural(decoders, 'decoder')} instead of ${wanted}: this process and its children may use ${formatBytes(memoryBytes)} of memory`;
}

const bytesForBodies = (memoryBytes: number): number => Math.min(MAX_BODY_BYTES, memoryBytes * BODIES);

function bytesForDecoders(memoryBytes: number, lanes: number): number {
  const engine = ENGINE_BYTES + (lanes - 1) * LANE_BYTES;
  return memoryBytes * (1 - MARGIN) - engine - bytesForBodies(memoryBytes);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
