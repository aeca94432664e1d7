import type { CommitsWriter } from '../../objects/interface/commits-writer.ts';
import { ObjectFiles } from './object-files.ts';
import { StagedTransaction } from './staged-transaction.ts';
import type { Leftover, SmallFile, Transaction, TransactionKind } from './store.ts';

/**
 * A dataset in a store that makes several changes at once, such as the Hugging Face hub: the files of a shard appear in
 * one commit. So nothing is ever half done, and a crash leaves nothing that anybody could see.
 */
export class CommitStore extends ObjectFiles<CommitsWriter> {
  override readonly gathersCommits = true;
  readonly #staging: string | null;

  /** `staging`: folder for files of shards until they are committed; null for one in the system's temporary folder. */
  constructor(objects: CommitsWriter, staging: string | null) {
    super(objects);
    this.#staging = staging;
  }

  override writeAll(files: readonly SmallFile[]): Promise<void> {
    const changed = files.map(({ name, text }) => ({ key: name, content: Buffer.from(text) }));
    return this.writing('', () => this.objects.commit({ files: changed, removed: [] }));
  }

  override writeSoon(name: string, text: string): Promise<void> {
    return this.objects.putWithNext(name, Buffer.from(text));
  }

  /** What waits for the next commit is a part of the log, too. */
  override async closeLog(name: string): Promise<void> {
    await this.writing('', () => this.objects.commit({ files: [], removed: [] }));
    await super.closeLog(name);
  }

  protected override replaceLog(name: string, text: string, parts: readonly string[]): Promise<void> {
    const files = [{ key: name, content: Buffer.from(text) }];
    return this.writing(name, () => this.objects.commit({ files, removed: parts }));
  }

  async begin(kind: TransactionKind): Promise<Transaction> {
    return StagedTransaction.begin(this.objects, kind, this.#staging);
  }

  async leftovers(): Promise<readonly Leftover[]> {
    return [];
  }

  async recover(): Promise<void> {}
}
