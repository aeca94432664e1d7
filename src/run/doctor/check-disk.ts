import { open, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { OutputFormat } from '../../core/choices.ts';
import { hasErrno } from '../../util/files/errno.ts';
import { formatBytes, formatCount, formatDuration } from '../../util/text/units.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** Figures of the output's disk, or the reason why it cannot be used. */
export type DiskFigures = { readonly folder: string } & (
  | { readonly failure: string }
  | {
      readonly freeBytes: number;
      /** Infinity if the file system creates inodes as needed. */
      readonly freeInodes: number;
      /** Milliseconds that fsync of a small file takes. */
      readonly syncMs: number;
    }
);

const GIB = 2 ** 30;
/** A shard of the usual size and its spool. */
const LEAST_BYTES = GIB;
const COMFORTABLE_BYTES = 10 * GIB;
/** Files of a sample in folder shards: image, caption, JSON. */
const FILES_PER_SAMPLE = 3;
const LEAST_SAMPLES = 10_000;
const COMFORTABLE_SAMPLES = 1_000_000;
const SLOW_SYNC_MS = 200;

/** Checks the disk of the output folder, or of its nearest existing parent. */
export async function checkDisk(output: string | null, format: OutputFormat): Promise<Finding[]> {
  if (output === null) return [ok('output', 'not checked: name the folder with --output')];
  return judgeDisk(await measureDisk(resolve(output)), format);
}

export function judgeDisk(disk: DiskFigures, format: OutputFormat): Finding[] {
  if ('failure' in disk) {
    const found = `'${disk.folder}' cannot be written to: ${disk.failure}`;
    return [fail('output', found, 'fix this, or name another folder with --output')];
  }
  const { folder, freeBytes, freeInodes, syncMs } = disk;
  return [
    judgeSync(folder, syncMs),
    ...(format === 'none' ? [] : [judgeSpace(freeBytes)]),
    ...(format === 'files' ? [judgeInodes(freeInodes)] : []),
  ];
}

function judgeSync(folder: string, syncMs: number): Finding {
  const found = `'${folder}' can be written to, fsync takes ${formatDuration(syncMs)}`;
  return syncMs > SLOW_SYNC_MS
    ? warn('output', found, 'shards will finish slowly; a local disk is better than a network one')
    : ok('output', found);
}

function judgeSpace(freeBytes: number): Finding {
  const found = `${formatBytes(freeBytes)} free`;
  const remedy = 'free some, or name a folder on another disk with --output';
  if (freeBytes < LEAST_BYTES)
    return fail('disk space', `${found}, one shard may need ${formatBytes(LEAST_BYTES)}`, remedy);
  return freeBytes < COMFORTABLE_BYTES ? warn('disk space', found, remedy) : ok('disk space', found);
}

function judgeInodes(freeInodes: number): Finding {
  if (freeInodes === Number.POSITIVE_INFINITY) return ok('inodes', 'no limit');
  const samples = Math.floor(freeInodes / FILES_PER_SAMPLE);
  const found = `${formatCount(freeInodes)} free, enough for ${formatCount(samples)} samples`;
  const remedy = 'use --output-format webdataset, which writes four files per shard';
  if (samples < LEAST_SAMPLES) return fail('inodes', found, remedy);
  return samples < COMFORTABLE_SAMPLES ? warn('inodes', found, remedy) : ok('inodes', found);
}

async function measureDisk(output: string): Promise<DiskFigures> {
  let folder = output;
  try {
    folder = await nearestExisting(output);
    const syncMs = await timeSync(folder);
    const { bavail, bsize, files, ffree } = await statfs(folder);
    return {
      folder,
      freeBytes: bavail * bsize,
      freeInodes: files === 0 ? Number.POSITIVE_INFINITY : ffree,
      syncMs,
    };
  } catch (error) {
    return { folder, failure: error instanceof Error ? error.message : String(error) };
  }
}

async function nearestExisting(path: string): Promise<string> {
  try {
    if ((await stat(path)).isDirectory()) return path;
  } catch (error) {
    if (!hasErrno(error, 'ENOENT', 'ENOTDIR') || dirname(path) === path) throw error;
    return nearestExisting(dirname(path));
  }
  throw new Error(`'${path}' is no folder`);
}

/** Milliseconds that fsync of a small file takes. Removes the file again. */
async function timeSync(folder: string): Promise<number> {
  const path = join(folder, `.laion-fetch-doctor-${process.pid}`);
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.write(Buffer.alloc(4096));
    const startedAt = performance.now();
    await handle.sync();
    return performance.now() - startedAt;
  } finally {
    await handle.close();
    await rm(path, { force: true });
  }
}
