import { spawn } from 'node:child_process';
import { access, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { findRefusedPort } from '../servers/ports.ts';

import { type StoreServer, untilReady } from './store-server.ts';

const HOST = '127.0.0.1';
const KEYS = { AWS_ACCESS_KEY_ID: 'test-access-key', AWS_SECRET_ACCESS_KEY: 'test-secret-key' };

/** A program that speaks S3, and how it is started on free ports. */
interface Program {
  readonly path: string;
  command(folder: string, ports: readonly number[]): readonly string[];
}

const inVenv = (name: string): string =>
  join(dirname(process.env['LAION_FETCH_PYTHON'] ?? '.venv/bin/python'), name);

const PROGRAMS = {
  moto: {
    path: inVenv('moto_server'),
    command: (_, [port]) => ['-H', HOST, '-p', String(port)],
  },
  seaweedfs: {
    path: inVenv('weed'),
    command: (folder, [port, ...others]) => [
      'server',
      `-dir=${folder}`,
      `-ip=${HOST}`,
      '-master.volumeSizeLimitMB=64',
      '-s3',
      '-s3.port.iceberg=0',
      '-s3.port.lance=0',
      `-s3.port=${port}`,
      ...['s3.port.grpc', 'master.port', 'master.port.grpc', 'volume.port', 'volume.port.grpc'].map(
        (name, index) => `-${name}=${others[index]}`,
      ),
      `-filer.port=${others[5]}`,
      `-filer.port.grpc=${others[6]}`,
    ],
  },
  versitygw: {
    path: process.env['VERSITYGW'] ?? inVenv('versitygw'),
    command: (folder, [port]) => ['--quiet', '--port', `${HOST}:${port}`, 'posix', folder],
  },
} as const satisfies Readonly<Record<string, Program>>;

export type S3Program = keyof typeof PROGRAMS;

/** Whether the program is installed. `.ci/run` installs moto and SeaweedFS. */
export async function hasS3Program(program: S3Program): Promise<boolean> {
  return access(PROGRAMS[program].path).then(
    () => true,
    () => false,
  );
}

/** Starts an S3 server with an empty store, and resolves when it answers. */
export async function startS3Server(program: S3Program): Promise<StoreServer> {
  const { path, command }: Program = PROGRAMS[program];
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-s3-'));
  const ports: number[] = [];
  while (ports.length < 8) ports.push(await findRefusedPort(HOST));
  const endpoint = `http://${HOST}:${ports[0]}`;
  await mkdir(join(folder, 'data'));
  const child = spawn(path, command(join(folder, 'data'), ports), {
    cwd: folder,
    stdio: 'ignore',
    env: {
      ...process.env,
      ...KEYS,
      ROOT_ACCESS_KEY: KEYS.AWS_ACCESS_KEY_ID,
      ROOT_SECRET_KEY: KEYS.AWS_SECRET_ACCESS_KEY,
    },
  });
  const env = { ...KEYS, AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'us-east-1' };
  const client = new S3Client({
    endpoint,
    region: env.AWS_REGION,
    credentials: { accessKeyId: KEYS.AWS_ACCESS_KEY_ID, secretAccessKey: KEYS.AWS_SECRET_ACCESS_KEY },
    forcePathStyle: true,
    maxAttempts: 1,
  });
  let buckets = 0;
  const newBucket = async (): Promise<string> => {
    buckets += 1;
    const Bucket = `bucket-${buckets}`;
    await client.send(new CreateBucketCommand({ Bucket }));
    return Bucket;
  };
  const stop = async (): Promise<void> => {
    client.destroy();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null && child.kill('SIGKILL')) await ended;
    await rm(folder, { recursive: true, force: true });
  };
  await untilReady(child, newBucket).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { endpoint, env, newBucket, stop };
}
