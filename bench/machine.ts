import { availableParallelism, cpus, totalmem } from 'node:os';
import { VERSION } from '../src/util/version.ts';

/** Describes the machine; printed above every table of figures. */
export function describeMachine(): string {
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `laion-fetch ${VERSION}, Node ${process.versions.node}, ${availableParallelism()} x ${processor}, ${memory}, ${process.platform}`;
}
