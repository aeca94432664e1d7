import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { findRefusedPort } from '../servers/ports.ts';

import { type StoreServer, untilReady } from './store-server.ts';

const ACCOUNT = 'account1';
const KEY = Buffer.from('a-secret-that-nobody-may-see').toString('base64');
const require = createRequire(import.meta.url);

/** Starts Azurite, Microsoft's emulator of Azure's storage, without any data. */
export async function startAzureServer(): Promise<StoreServer> {
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-azure-'));
  const port = await findRefusedPort('127.0.0.1');
  const program = require.resolve('azurite/dist/src/blob/main.js');
  const flags = ['--inMemoryPersistence', '--silent', '--disableTelemetry', '--skipApiVersionCheck'];
  const child = spawn(process.execPath, [program, ...flags, '--blobPort', String(port)], {
    cwd: folder,
    stdio: 'ignore',
    env: { ...process.env, AZURITE_ACCOUNTS: `${ACCOUNT}:${KEY}` },
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const connection = `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};BlobEndpoint=${endpoint}/${ACCOUNT};`;
  const service = BlobServiceClient.fromConnectionString(connection, { retryOptions: { maxTries: 1 } });
  let containers = 0;
  const newBucket = async (): Promise<string> => {
    containers += 1;
    const name = `container-${containers}`;
    await service.createContainer(name);
    return name;
  };
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null && child.kill('SIGKILL')) await ended;
    await rm(folder, { recursive: true, force: true });
  };
  await untilReady(child, newBucket).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { endpoint, env: { AZURE_STORAGE_CONNECTION_STRING: connection }, newBucket, stop };
}
