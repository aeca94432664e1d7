import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import type { Changes, KeyCondition, NewObject } from '../interface/commits-writer.ts';
import { ObjectError } from '../interface/object-error.ts';
import { waitBefore } from '../steady/attempts.ts';
import { CommitPace } from './commit-pace.ts';
import { gitDigest, type HubChange, type HubClient, type HubEntry } from './hub-client.ts';

/** Changes that wait for the next commit. */
interface Waiting {
  readonly changes: Changes;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

type Entries = ReadonlyMap<string, HubEntry>;

/** The hub advises against more files in a commit. */
const FILES_AT_ONCE = 100;
/** How often other writers may be faster. */
const MOST_CONFLICTS = 50;

/**
 * Makes the commits of this thread in one branch, one after the other. Changes that come while one is made, or while the
 * next would come too soon, are made together in the next. Each commit names the one before it, so that it changes exactly
 * what was seen: if another writer is faster, everything is looked at again.
 */
export class CommitQueue {
  readonly #client: HubClient;
  readonly #pace: CommitPace;
  readonly #waiting: Waiting[] = [];
  /** Small files that go with the next commit. */
  readonly #later = new Map<string, Uint8Array>();
  #isBusy = false;

  /** `perHour`: how many commits the hub takes; undefined for what it takes of everybody. */
  constructor(client: HubClient, perHour?: number) {
    this.#client = client;
    this.#pace = new CommitPace(performance.now(), perHour);
  }

  /** Resolves when the changes are committed; rejects with `exists` if their condition does not hold. */
  commit(changes: Changes): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, resolve, reject });
      if (!this.#isBusy) void this.#work();
    });
  }

  commitLater(key: string, bytes: Uint8Array): void {
    this.#later.set(key, bytes);
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    while (this.#waiting.length > 0) {
      // The lock and the manifest are few, and keep nobody waiting.
      await setTimeout(this.#waiting.every(isShard) ? this.#pace.waitMs(performance.now()) : 0);
      const batch = takeBatch(this.#waiting);
      try {
        await this.#commitBatch(batch);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isBusy = false;
  }

  async #commitBatch(batch: readonly Waiting[]): Promise<void> {
    const later = new Map(this.#later);
    const keys = new Set([...batch.flatMap(({ changes }) => keysOf(changes)), ...later.keys()]);
    for (let conflicts = 0; ; conflicts += 1) {
      const head = await this.#client.commitId();
      const found = await this.#client.entries(head, [...keys]);
      const kept = await keepPossible(batch, found, conflicts > 0);
      const changes = await changesFor(kept, later, found);
      try {
        if (changes.length > 0) {
          await this.#client.commit(titleOf(changes), head, changes);
          this.#pace.take();
        }
      } catch (error) {
        const isConflict = error instanceof ObjectError && error.code === 'changed';
        if (!isConflict || conflicts >= MOST_CONFLICTS) throw error;
        await setTimeout(waitBefore(Math.min(conflicts + 1, 6)));
        continue;
      }
      for (const [key, bytes] of later) if (this.#later.get(key) === bytes) this.#later.delete(key);
      for (const { resolve } of kept) resolve();
      return;
    }
  }
}

const isShard = ({ changes }: Waiting): boolean =>
  changes.files.some(({ content }) => !(content instanceof Uint8Array));

const keysOf = ({ files, removed, condition }: Changes): string[] => [
  ...files.map(({ key }) => key),
  ...removed,
  ...(condition === undefined ? [] : [condition.key]),
];

/** The first changes that can be made together: they concern different objects. */
function takeBatch(waiting: Waiting[]): Waiting[] {
  const seen = new Set<string>();
  let files = 0;
  let count = 0;
  for (const { changes } of waiting) {
    const keys = keysOf(changes);
    files += changes.files.length + changes.removed.length;
    if (count > 0 && (files > FILES_AT_ONCE || keys.some((key) => seen.has(key)))) break;
    for (const key of keys) seen.add(key);
    count += 1;
  }
  return waiting.splice(0, count);
}

/** Rejects changes whose condition does not hold, and returns the others. */
async function keepPossible(
  batch: readonly Waiting[],
  found: Entries,
  isRepeated: boolean,
): Promise<readonly Waiting[]> {
  const kept: Waiting[] = [];
  for (const each of batch) {
    const { condition, files } = each.changes;
    const own = files.find(({ key }) => key === condition?.key);
    const isDone = isRepeated && own !== undefined && (await isSame(found.get(own.key), own));
    // An earlier attempt may have succeeded although its answer was lost.
    if (condition === undefined || holds(condition, found) || isDone) kept.push(each);
    else each.reject(new ObjectError('exists', `there is another file of this name: ${condition.key}`));
  }
  return kept;
}

function holds({ key, is }: KeyCondition, found: Entries): boolean {
  const entry = found.get(key);
  return is === 'absent' ? entry === undefined : entry?.version === is.version;
}

/** What a commit has to change so that everything is there: nothing that is there already. */
async function changesFor(
  kept: readonly Waiting[],
  later: ReadonlyMap<string, Uint8Array>,
  found: Entries,
): Promise<HubChange[]> {
  const files = new Map<string, NewObject['content']>(later);
  const removed = new Set<string>();
  for (const { changes } of kept) {
    for (const { key, content } of changes.files) files.set(key, content);
    for (const key of changes.removed) if (found.get(key)?.isFolder === false) removed.add(key);
  }
  const changes: HubChange[] = [...removed].map((path) => ({ path, content: null }));
  for (const [key, content] of files) {
    if (!(await isSame(found.get(key), { key, content }))) changes.push({ path: key, content });
  }
  return changes;
}

async function isSame(entry: HubEntry | undefined, { content }: NewObject): Promise<boolean> {
  if (entry === undefined || entry.isFolder) return false;
  if (content instanceof Uint8Array) {
    if (entry.bytes !== content.length) return false;
    return entry.version === (entry.isLarge ? sha256Of(content) : gitDigest(content));
  }
  if (entry.bytes !== content.bytes) return false;
  if (entry.isLarge) return entry.version === content.sha256;
  return entry.version === gitDigest(await readFile(content.path));
}

function titleOf(changes: readonly HubChange[]): string {
  const [first] = changes;
  const more = changes.length === 1 ? '' : ` and ${changes.length - 1} more`;
  return `laion-fetch: ${first?.path ?? ''}${more}`;
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
