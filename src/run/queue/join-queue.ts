import { randomUUID } from 'node:crypto';
import type { Broker } from '../../broker/interface/broker.ts';
import type { Options } from '../../config/resolve.ts';
import { usageError } from '../../core/errors.ts';
import { openStore } from '../../output/store/open-store.ts';
import { shardFileName } from '../../shards/files.ts';
import { shardName } from '../../shards/names.ts';
import type { SharedOutput } from '../dataset/lock/share-output.ts';
import type { PreparedOutput } from '../dataset/prepare-output.ts';
import type { RunListener } from '../engine/events.ts';
import type { Tally } from '../engine/tally.ts';
import type { OpenedIndex } from '../index/open-index.ts';
import { awaitBroker } from './await-broker.ts';
import { BrokerSilence } from './broker-silence.ts';
import { HostExchange } from './host-exchange.ts';
import { JobReader } from './job-reader.ts';
import { LeaseClient } from './lease-client.ts';
import { planRun } from './plan-run.ts';
import { QueueRun } from './queue-run.ts';

interface ConnectRequest {
  readonly options: Options;
  readonly patterns: readonly string[];
  readonly onNotice: (message: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Connects to the broker of `--queue`; null without one. Before anything is written, so that a wrong password changes
 * nothing.
 */
export async function connectQueue({
  options,
  patterns,
  onNotice,
  signal,
}: ConnectRequest): Promise<Broker | null> {
  const { queue, queueWait } = options;
  if (queue === null) return null;
  if (patterns.includes('-'))
    throw usageError('--queue: expected an index that all machines see, got standard input');
  const { openBroker } = await import('../../broker/open-broker.ts');
  return awaitBroker(queue, { waitMs: queueWait, tell: onNotice, signal, connect: openBroker });
}

interface JoinRequest {
  readonly broker: Broker;
  readonly held: SharedOutput<PreparedOutput>;
  readonly options: Options;
  readonly index: OpenedIndex;
  readonly tally: Tally;
  readonly emit: RunListener;
  readonly signal: AbortSignal;
}

/** Joins the machines that work for a queue. The first to come fills it. */
export async function joinQueue({
  broker,
  held,
  options,
  index,
  tally,
  emit,
  signal,
}: JoinRequest): Promise<QueueRun> {
  const { output, firstShard, done, fingerprint, sharer } = held.prepared;
  const tell = (message: string): void => emit({ type: 'notice', message });
  const silence = new BrokerSilence({ address: broker.address, waitMs: options.queueWait, tell });
  const run = await broker.run(fingerprint);
  const fileRows = await held.alone(() =>
    planRun({ broker: run, silence, index, options, firstShard, done, output, signal }),
  );
  const store = openStore(output);
  const machine = `${sharer}-${randomUUID()}`;
  return new QueueRun({
    broker: run,
    silence,
    name: sharer ?? '',
    fileRows,
    samplesPerShard: options.numberSamplePerShard,
    exchange: new HostExchange({
      broker: run,
      machine,
      leases: new LeaseClient({ machine, limit: options.perHost, deadlineMs: options.deadlineMs }),
      tally,
    }),
    reader: new JobReader({ index, options, onNotice: tell }),
    tally,
    isWritten: async (id) => {
      const name = shardName(id, { shardDigits: options.oomShardCount });
      return (await store.size(shardFileName(name, 'stats'))) !== null;
    },
    emit,
  });
}
