import type { Options } from '../config/resolve.ts';
import { parseStoreLocation } from '../core/store-schemes.ts';
import { scratchFolder } from './dataset/scratch.ts';
import { checkDecoder } from './doctor/check-decoder.ts';
import { checkDisk } from './doctor/check-disk.ts';
import { checkHardware } from './doctor/check-hardware.ts';
import { checkLimits } from './doctor/check-limits.ts';
import { checkResolvers } from './doctor/check-resolver.ts';
import { checkRoute } from './doctor/check-route.ts';
import type { Finding } from './doctor/finding.ts';

export type { Finding } from './doctor/finding.ts';

export interface DoctorRequest {
  readonly options: Options;
  /** Output folder, which need not exist; null if none is named. */
  readonly output: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Checks whether this machine is fit for a run with these options. Runs one check at a time: they would slow each other. */
export async function diagnose({ options, output, environment }: DoctorRequest): Promise<Finding[]> {
  return [
    ...(await checkRoute(environment, options.proxy)),
    ...(options.proxy === null ? await checkResolvers(options) : []),
    ...(await checkLimits(options)),
    ...checkHardware(options.decoders),
    await checkDecoder(options),
    ...(await checkDisk(output === null ? null : localFolder(output, options), options.outputFormat)),
  ];
}

/** A dataset in a store needs only room for its unfinished shards. */
const localFolder = (output: string, { scratch }: Options): string =>
  parseStoreLocation(output) === null ? output : scratchFolder(output, scratch, null);
