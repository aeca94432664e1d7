import { startAzureServer } from './azure-server.ts';
import { hasS3Program, type S3Program, startS3Server } from './s3-server.ts';
import type { StoreServer } from './store-server.ts';

export type StoreProgram = S3Program | 'azurite';

/** The scheme of addresses in the program's buckets. */
export const schemeOf = (program: StoreProgram): string => (program === 'azurite' ? 'az' : 's3');

/** Whether the program is installed. npm installs Azurite, and `.ci/run` the others. */
export async function hasStoreProgram(program: StoreProgram): Promise<boolean> {
  return program === 'azurite' || hasS3Program(program);
}

/** Starts a server with an empty store on a free port, and resolves when it answers. */
export function startStoreServer(program: StoreProgram): Promise<StoreServer> {
  return program === 'azurite' ? startAzureServer() : startS3Server(program);
}
