import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectReader } from '../interface/object-reader.ts';

/** Readers have the metadata of two shards open at most. */
const KEPT = 4;

let folder: Promise<string> | null = null;
let last = 0;

/** Copies of objects in a temporary folder, for readers that accept only a path. The oldest of a few gives way. */
export class LocalCopies {
  readonly #objects: ObjectReader;
  /** By name and version, the oldest first. */
  readonly #paths = new Map<string, Promise<string>>();

  constructor(objects: ObjectReader) {
    this.#objects = objects;
  }

  async pathOf(name: string): Promise<string> {
    const version = (await this.#objects.head(name))?.version ?? null;
    const identity = JSON.stringify([name, version]);
    const path = this.#paths.get(identity) ?? this.#copy(name, version);
    this.#paths.set(identity, path);
    const [oldest] = this.#paths;
    if (this.#paths.size > KEPT && oldest !== undefined) {
      this.#paths.delete(oldest[0]);
      await rm(await oldest[1].catch(() => ''), { force: true });
    }
    return path.catch((error: unknown) => {
      this.#paths.delete(identity);
      throw error;
    });
  }

  async #copy(name: string, version: string | null): Promise<string> {
    folder ??= makeFolder();
    last += 1;
    const path = join(await folder, String(last));
    const content = this.#objects.read(name, version === null ? {} : { version });
    await writeFile(path, content, { flag: 'wx', mode: 0o600 });
    return path;
  }
}

/** It ends with the process. */
async function makeFolder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'laion-fetch-'));
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  return made;
}
