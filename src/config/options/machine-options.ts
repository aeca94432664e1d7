import { DISTRIBUTORS } from '../../core/choices.ts';
import { choice, duration, flag, integer, optional, text } from './basic-types.ts';
import { machinePart, processNumbers, queueAddress } from './domain-types.ts';
import { optionGroup } from './option-spec.ts';

export const machineOptions = optionGroup('Many machines', {
  part: {
    type: machinePart,
    default: null,
    help: "This machine's part of the shards, from 0: 3/20 (docs/many-machines.md)",
  },
  queue: {
    type: optional(queueAddress),
    default: null,
    help: 'Redis, Valkey or PostgreSQL that gives machines their shards: redis://10.0.0.1',
  },
  queueWait: {
    // Not longer: the shares of hosts that machines keep without an answer end then.
    type: duration({ min: 5_000, max: 600_000 }),
    default: 600_000,
    help: 'How long to wait for a queue that cannot be reached, at the start and later',
  },
  distributor: {
    type: choice(DISTRIBUTORS),
    default: 'multiprocessing',
    defaultText: 'this machine',
    help: 'Start the parts on the machines of a cluster: pyspark, ray',
  },
  master: {
    type: optional(text('<url>', 'the address of a Spark master, such as spark://host:7077')),
    default: null,
    help: 'Where --distributor pyspark runs: spark://host:7077, yarn, local[4]',
  },
  address: {
    type: optional(text('<host:port>', 'the address of a Ray cluster, such as auto or 10.0.0.1:6379')),
    default: null,
    help: 'Where --distributor ray runs: auto, 10.0.0.1:6379',
  },
  subjobSize: {
    type: integer({ min: 1, unit: 'shards' }),
    default: 100,
    help: 'Shards of one task of --distributor',
  },
  partsAtOnce: {
    type: optional(integer({ min: 1, max: 999_999 })),
    default: null,
    defaultText: 'all',
    help: 'Parts that run at the same time and share the limits of hosts',
  },
  beginOnly: {
    type: flag,
    default: false,
    help: 'Replace or extend the dataset as --incremental-mode says, fetch nothing; parts do the rest',
  },
  endWith: {
    type: processNumbers,
    default: [],
    help: 'End at once, without an exit code, when one of these processes ends',
  },
});
