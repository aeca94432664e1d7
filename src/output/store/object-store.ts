import type { OpenUpload } from '../../objects/interface/object-backend.ts';
import type { PartsWriter } from '../../objects/interface/parts-writer.ts';
import { carryOut, lastDecision, shardOf } from '../decision/decision.ts';
import { ObjectFiles } from './object-files.ts';
import { ObjectTransaction } from './object-transaction.ts';
import type { Leftover, Transaction, TransactionKind } from './store.ts';

/** A dataset in a store that takes objects in parts, such as a bucket of S3. */
export class ObjectStore extends ObjectFiles<PartsWriter> {
  async begin(kind: TransactionKind): Promise<Transaction> {
    return new ObjectTransaction(this.objects, kind);
  }

  leftovers(): Promise<readonly Leftover[]> {
    return this.reading('', async () => {
      const shards = await this.#interrupted();
      return shards.flatMap(({ uploads, decided }) =>
        uploads.slice(0, 1).map(({ key }) => ({
          name: `${key} (an upload)`,
          committed: uploads.some(({ id }) => decided.has(id)),
        })),
      );
    });
  }

  recover(others?: 'may-write'): Promise<void> {
    return this.writing('', async () => {
      for (const { shard, uploads, decided } of await this.#interrupted()) {
        const useless = uploads.filter(({ id }) => !decided.has(id));
        if (others === undefined)
          await Promise.all(useless.map((upload) => this.objects.abortUpload(upload)));
        if (useless.length === uploads.length) continue;
        const decision = await lastDecision(this.objects, shard);
        if (decision !== null) await carryOut(this.objects, decision);
      }
    });
  }

  /** Shards with open uploads, each with the ids of those that a decision names. */
  async #interrupted(): Promise<
    { shard: string; uploads: readonly OpenUpload[]; decided: ReadonlySet<string> }[]
  > {
    const uploads = (await this.objects.openUploads('')).flatMap((upload) => {
      const shard = shardOf(upload.key);
      return shard === null ? [] : [{ shard, upload }];
    });
    const shards = [...new Set(uploads.map(({ shard }) => shard))];
    return Promise.all(
      shards.map(async (shard) => {
        const decision = await lastDecision(this.objects, shard);
        return {
          shard,
          uploads: uploads.filter((each) => each.shard === shard).map(({ upload }) => upload),
          decided: new Set(decision?.files.map(({ upload }) => upload)),
        };
      }),
    );
  }
}
