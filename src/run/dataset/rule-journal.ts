import { open, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { HostRecord, KeptFile } from '../../fetch/hosts/host-record.ts';
import { parseKnownUrl } from '../../fetch/target.ts';
import { makeFolders } from '../../util/files/make-folders.ts';
import { isKeptFile, readHostTable, writeHostTable } from './host-table.ts';

/** Beside the scratch folder, which is cleared at times: `scratch.rule-files.jsonl`. */
const SUFFIX = '.rule-files.jsonl';
/** A killed start loses so much at most. */
const WRITE_EVERY_MS = 1_000;
/** What comes after so many bytes is not kept before the end of the start, as in the evidence. */
const MAX_BYTES = 64 * 2 ** 20;

/**
 * The files of rules (robots.txt) that a start of a run fetches, one a line, as they arrive: what a start that is killed
 * leaves to the next one. Each of those that share a dataset has its own, on its own disk if the dataset is in a store. A
 * start that ends by itself writes the table of hosts and the evidence instead.
 */
export class RuleJournal {
  readonly #path: string;
  #pending: string[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(scratch: string) {
    this.#path = `${scratch}${SUFFIX}`;
  }

  /** Many lines are written at once, a second after the first. */
  readonly take = (file: KeptFile): void => {
    if (this.#bytes > MAX_BYTES) return;
    const line = `${JSON.stringify(file)}\n`;
    this.#bytes += line.length;
    this.#pending.push(line);
    this.#timer ??= setTimeout(() => this.#write(), WRITE_EVERY_MS).unref();
  };

  /** Writes what has not been written. Never rejects: a run does not fail for its journal. */
  async flush(): Promise<void> {
    this.#write();
    await this.#writing;
  }

  /** The table of hosts and the evidence have everything now. */
  async remove(): Promise<void> {
    this.#pending = [];
    await this.flush();
    await rm(this.#path, { force: true });
  }

  #write(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const text = this.#pending.join('');
    this.#pending = [];
    if (text === '') return;
    this.#writing = this.#writing.then(() => append(this.#path, text)).catch(() => {});
  }
}

async function append(path: string, text: string): Promise<void> {
  await makeFolders(dirname(path));
  const file = await open(path, 'a');
  try {
    await file.appendFile(text);
  } finally {
    await file.close();
  }
}

/**
 * Adds what a killed start with this scratch folder has left to the table of hosts and to the evidence. The caller is alone in
 * the dataset. `isShared`: whether other machines write the table, too.
 */
export async function recoverRuleFiles(output: string, scratch: string, isShared = false): Promise<void> {
  await recover(output, `${scratch}${SUFFIX}`, isShared);
}

/** The same for all machines that share a dataset, where one of them has this scratch folder: some may never return. */
export async function recoverAllRuleFiles(output: string, scratch: string): Promise<void> {
  const folder = dirname(scratch);
  for (const name of await readdir(folder).catch(() => []))
    if (name.endsWith(SUFFIX)) await recover(output, join(folder, name), true);
}

async function recover(output: string, path: string, isShared: boolean): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => '');
  if (text === '') return;
  const left = text.split('\n').flatMap((line) => parseLine(line) ?? []);
  const hosts = withFiles(await readHostTable(output), left);
  if (left.length > 0) await writeHostTable(output, hosts, isShared);
  await rm(path, { force: true });
}

/** Null for a line that a crash has torn. */
function parseLine(line: string): KeptFile | null {
  try {
    const file = JSON.parse(line) as KeptFile;
    return isKeptFile(file) ? file : null;
  } catch {
    return null;
  }
}

/** The newest of each file counts. */
function withFiles(hosts: readonly HostRecord[], left: readonly KeptFile[]): readonly HostRecord[] {
  const records = new Map(hosts.map((record) => [record.host, record]));
  for (const file of left) {
    const { host } = parseKnownUrl(file.origin);
    const record = records.get(host) ?? { host, closed: null, intervalMs: 0, meanMs: null };
    const { files = [] } = record;
    const before = files.find((each) => isSame(each, file));
    if (before !== undefined && before.at >= file.at) continue;
    const others = files.filter((each) => each !== before);
    records.set(host, { ...record, files: [...others, file] });
  }
  return [...records.values()];
}

const isSame = (a: KeptFile, b: KeptFile): boolean =>
  a.origin === b.origin && a.file === b.file && a.asked === b.asked;
