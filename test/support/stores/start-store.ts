import { startAzureServer } from './azure-server.ts';
import { findGoogleProgram, startGoogleServer } from './google-server.ts';
import { startHubServer } from './hub-server.ts';
import { hasS3Program, type S3Program, startS3Server } from './s3-server.ts';
import type { StoreServer } from './store-server.ts';

export type StoreProgram = S3Program | 'azurite' | 'fake-gcs-server' | 'hub';

/** The scheme of addresses in the program's buckets. */
export function schemeOf(program: StoreProgram): 's3' | 'az' | 'gs' | 'hf' {
  if (program === 'hub') return 'hf';
  if (program === 'azurite') return 'az';
  return program === 'fake-gcs-server' ? 'gs' : 's3';
}

/** Whether the program is installed. The hub is our own, npm installs Azurite, and `.ci/run` the others. */
export async function hasStoreProgram(program: StoreProgram): Promise<boolean> {
  if (program === 'azurite' || program === 'hub') return true;
  return program === 'fake-gcs-server' ? (await findGoogleProgram()) !== null : hasS3Program(program);
}

/** Starts a server with an empty store on a free port, and resolves when it answers. */
export function startStoreServer(program: StoreProgram): Promise<StoreServer> {
  if (program === 'hub') return startHubServer();
  if (program === 'azurite') return startAzureServer();
  return program === 'fake-gcs-server' ? startGoogleServer() : startS3Server(program);
}
