import { link, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { outputError } from '../../core/errors.ts';
import { parseShardFileName, shardFileName } from '../../shards/files.ts';
import { hasErrno } from '../../util/files/errno.ts';
import { exists } from '../../util/files/exists.ts';
import { moveWaiting } from '../../util/files/move-waiting.ts';
import { syncFolder } from '../../util/files/sync-folder.ts';
import { shardOf } from './decision.ts';

/**
 * Which attempt's files become a shard in a folder that several machines share. The record gets its name by `link`, which
 * fails if there is one, so that of several writers one decides and the others carry out what it has decided.
 */
interface LinkedDecision {
  readonly format: 1;
  /** Name of the folder in which the files wait. */
  readonly attempt: string;
  /** The file that tells readers that the others are complete: it appears last. */
  readonly marker: string;
  readonly names: readonly string[];
}

const RECORDS = join('.laion-fetch', 'commit');
export const ATTEMPTS = join('.laion-fetch', 'attempts');

const RECORD = /^(\d+)\.(\d{4,})$/;
const ATTEMPT = /^[0-9a-f-]{36}$/;

/**
 * Makes the files of an attempt those of their shard in `folder`, unless another attempt has become the shard. They must
 * be synced. Carries out what was decided, whoever decided it, and removes the attempt.
 */
export async function commitOnce(
  folder: string,
  { attempt, marker, names }: Omit<LinkedDecision, 'format'>,
): Promise<void> {
  const from = join(folder, ATTEMPTS, attempt);
  const shard = shardOf(marker) ?? marker;
  const earlier = (await generations(folder)).get(shard) ?? 0;
  if (earlier > 0) {
    await carryOut(folder, await readRecord(recordPath(folder, shard, earlier)));
    if (await exists(join(folder, marker))) return rm(from, { recursive: true, force: true });
  }
  const decision: LinkedDecision = { format: 1, attempt, marker, names };
  const decided = await decide(recordPath(folder, shard, earlier + 1), from, decision);
  await carryOut(folder, decided);
  if (decided.attempt !== attempt) await rm(from, { recursive: true, force: true });
}

/** Carries out the decisions about shards that are not complete, as crashes leave them. */
export async function carryOutInterrupted(folder: string): Promise<void> {
  for (const decision of await interrupted(folder)) await carryOut(folder, decision);
}

/** Names of attempts that are decided and not carried out. */
export async function decidedAttempts(folder: string): Promise<ReadonlySet<string>> {
  return new Set((await interrupted(folder)).map(({ attempt }) => attempt));
}

/** The last decisions about shards without their marker, whose files still wait. */
async function interrupted(folder: string): Promise<readonly LinkedDecision[]> {
  const found: LinkedDecision[] = [];
  const names = new Set(await entries(folder));
  const attempts = new Set(await entries(join(folder, ATTEMPTS)));
  for (const [shard, generation] of await generations(folder)) {
    if (names.has(shardFileName(shard, 'stats'))) continue;
    const decision = await readRecord(recordPath(folder, shard, generation));
    if (attempts.has(decision.attempt)) found.push(decision);
  }
  return found;
}

const recordPath = (folder: string, shard: string, generation: number): string =>
  join(folder, RECORDS, `${shard}.${String(generation).padStart(4, '0')}`);

/** How often each shard was decided. */
async function generations(folder: string): Promise<Map<string, number>> {
  const last = new Map<string, number>();
  for (const name of await entries(join(folder, RECORDS))) {
    const [, shard, generation] = RECORD.exec(name) ?? [];
    if (shard !== undefined) last.set(shard, Math.max(last.get(shard) ?? 0, Number(generation)));
  }
  return last;
}

/** Records a decision, unless there is one of that name; returns the one that counts. */
async function decide(path: string, from: string, decision: LinkedDecision): Promise<LinkedDecision> {
  const draft = join(from, 'decision.json');
  await mkdir(join(path, '..'), { recursive: true });
  const file = await open(draft, 'w');
  try {
    await file.writeFile(`${JSON.stringify(decision)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(from);
  try {
    await link(draft, path);
  } catch (error) {
    // Also if the link was made and the answer of a network file system was lost.
    if (hasErrno(error, 'EEXIST')) return readRecord(path);
    if (!hasErrno(error, 'EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP')) throw error;
    const remedy = 'write to a file system with hard links or to a store such as s3://';
    throw outputError(
      `Cannot decide about a shard in '${path}': the file system has no hard links; ${remedy}`,
    );
  }
  await syncFolder(join(path, '..'));
  return decision;
}

async function readRecord(path: string): Promise<LinkedDecision> {
  const text = await readFile(path, 'utf8');
  try {
    const decision = JSON.parse(text) as LinkedDecision;
    const isNamed = [decision.marker, ...decision.names].every((name) => parseShardFileName(name) !== null);
    if (decision.format === 1 && ATTEMPT.test(decision.attempt) && isNamed) return decision;
  } catch {
    // Falls through to the message below: the text is not JSON.
  }
  const remedy = 'remove it and, if verify finds the shard damaged, its statistics';
  throw outputError(`Cannot finish a shard: '${path}' is damaged; ${remedy}`);
}

/**
 * Makes the decided files appear, the marker last. Several may do it at once, and again after a crash: a file that does not
 * wait any more was moved by another.
 */
async function carryOut(folder: string, { attempt, marker, names }: LinkedDecision): Promise<void> {
  const from = join(folder, ATTEMPTS, attempt);
  for (const name of names.filter((each) => each !== marker)) await move(name, from, folder);
  await syncFolder(folder);
  await move(marker, from, folder);
  await syncFolder(folder);
  await rm(from, { recursive: true, force: true });
}

async function move(name: string, from: string, to: string): Promise<void> {
  try {
    await moveWaiting(name, from, to);
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return;
    // Who removes it might remove what another has just moved there.
    if (!hasErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error;
    const found = `a folder of that name was left by a run without --part`;
    const remedy = 'remove it, or run the command without --part once';
    throw outputError(`Cannot write '${join(to, name)}': ${found}; ${remedy}`);
  }
}

async function entries(folder: string): Promise<readonly string[]> {
  return await readdir(folder).catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  });
}
