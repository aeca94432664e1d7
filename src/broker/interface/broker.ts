import type { HostKey, ShardId } from '../../core/samples.ts';

/** The rows of one file of the index that become one shard. */
export interface ShardJob {
  readonly shard: ShardId;
  /** Position of the file in the index. */
  readonly file: number;
  /** Selected rows of the file before the shard. */
  readonly start: number;
  readonly rows: number;
}

/** A job that this machine has taken and holds until it is done or given back. */
export interface TakenJob extends ShardJob {
  /** How many machines have ended while they held it. */
  readonly lostMachines: number;
  /** The shard is written. False if the queue has given the job to another machine meanwhile. */
  done(): Promise<boolean>;
  /** Another machine shall take it next. */
  giveBack(): Promise<void>;
  /** No machine shall take it any more in this run. */
  setAside(reason: string): Promise<void>;
}

export interface JobCounts {
  readonly waiting: number;
  /** Held by machines. */
  readonly active: number;
  readonly setAside: number;
}

/** The shards of one run. It gives each to one machine at a time, again if that machine is silent for too long. */
export interface ShardQueue {
  /** A job of a shard that is in the queue changes nothing. */
  add(jobs: readonly ShardJob[]): Promise<void>;
  /** Null if none waits or the queue pauses. */
  take(): Promise<TakenJob | null>;
  counts(): Promise<JobCounts>;
  /** The shards that were set aside, in order. */
  setAside(): Promise<readonly ShardId[]>;
  /** Forgets which shards were set aside, so that they can be added again. */
  forgetSetAside(): Promise<void>;
  pause(isPaused: boolean): Promise<void>;
  isPaused(): Promise<boolean>;
  /** Removes the queue with all its jobs. */
  remove(): Promise<void>;
}

/** What all machines of a run have to agree on. */
export interface RunPlan {
  /** Where the dataset is, as its first machine names it. */
  readonly output: string;
  /** Rows of each file of the index. */
  readonly fileRows: readonly number[];
  readonly shards: number;
  /** Milliseconds since 1970. */
  readonly plannedAt: number;
  /** False while a machine adds shards. If it ends before the last one, the next machine adds them again. */
  readonly isFilled: boolean;
}

/** What a machine says of itself about once a second. */
export interface MachineFigures {
  readonly host: string;
  readonly pid: number;
  /** Shards that it holds. */
  readonly held: number;
  readonly shardsWritten: number;
  readonly rows: number;
  readonly images: number;
  readonly bytes: number;
  readonly failures: Readonly<Record<string, number>>;
  /** Rows a second during the last seconds. */
  readonly rowsPerSecond: number;
}

export interface Machine extends MachineFigures {
  readonly name: string;
}

/** What a machine needs of the connections that all machines of a run may have to hosts; see `lease-rule.ts`. */
export interface LeaseCall {
  /** Another one for each start of a machine. */
  readonly machine: string;
  /** Counts up with each call. */
  readonly call: number;
  /** Connections of all machines to one host. */
  readonly limit: number;
  /** How long those of a machine that says nothing more are kept for it, in milliseconds. */
  readonly leaseMs: number;
  /** Connections to any host that the machine may still use; -1 if it ends. */
  readonly base: number;
  /** Those for which something has changed, or shall. */
  readonly hosts: readonly HostCall[];
}

export interface HostCall {
  readonly host: HostKey;
  /** Connections beyond the base that the machine may still use. */
  readonly held: number;
  /** Connections beyond the base that it wants. */
  readonly wanted: number;
}

/** The connections that a machine may have. It lowers them at once and says so with a later call. */
export interface Leases {
  /** Whether the broker knew nothing of the machine, or no more: what it holds must be said again. */
  readonly isNew: boolean;
  /** Connections to any host. */
  readonly base: number;
  /** Further connections to each host, in the order of the call. */
  readonly hosts: readonly number[];
}

export interface LeasedHost {
  readonly host: string;
  readonly connections: number;
  /** Whether a machine waits for more. */
  readonly isWaitedFor: boolean;
}

/** What a machine has learnt of a host, for the others. The broker does not read the text. */
export interface NewsItem {
  readonly host: HostKey;
  readonly text: string;
  /** How long it is of use, in milliseconds. */
  readonly keepMs: number;
}

/** What machines tell each other. What one says of a host replaces what it has said of it before. */
export interface NewsCall {
  readonly machine: string;
  /** The machine has read what was told up to here; 0 for nothing. */
  readonly since: number;
  readonly items: readonly NewsItem[];
}

export interface ReadNewsItem {
  readonly machine: string;
  readonly host: HostKey;
  readonly text: string;
  /** Milliseconds since it was told, by the broker's clock. */
  readonly ageMs: number;
}

export interface News {
  /** `since` of the next call. */
  readonly until: number;
  /** Whether there may be more to read. */
  readonly hasMore: boolean;
  /** In the order in which they were told, also those of the machine itself. */
  readonly read: readonly ReadNewsItem[];
}

/** One run at a broker. */
export interface BrokerRun {
  readonly queue: ShardQueue;
  /** Null before the run is planned. */
  plan(): Promise<RunPlan | null>;
  setPlan(plan: RunPlan): Promise<void>;
  /** Whether machines shall finish what they hold and end. */
  isDraining(): Promise<boolean>;
  drain(isDraining: boolean): Promise<void>;
  /** Records what a machine says of itself. Returns how many machines have done so lately. */
  report(name: string, figures: MachineFigures): Promise<number>;
  /** The machines that have reported lately. */
  machines(): Promise<readonly Machine[]>;
  leave(name: string): Promise<void>;
  /** Null if the broker has answered a later call of the machine. */
  lease(call: LeaseCall): Promise<Leases | null>;
  /** The connections of hosts that are leased, most first. */
  leased(): Promise<readonly LeasedHost[]>;
  /** Tells others what this machine has learnt of hosts, and reads what was told since its last call. */
  passNews(call: NewsCall): Promise<News>;
  /** Removes all of it: the dataset is complete. */
  remove(): Promise<void>;
}

/** A server that hands out the shards of runs. It never decides what a shard is: the store of the dataset does. */
export interface Broker {
  /** For messages, without a password. */
  readonly address: string;
  /** Fingerprints of the runs that are not complete. */
  runs(): Promise<readonly string[]>;
  run(fingerprint: string): Promise<BrokerRun>;
  /** Closes the connections of all runs. What they hold they lose in silence. */
  close(): Promise<void>;
}

/** News that a call reads at most. */
export const MOST_READ = 1_000;

/** News kept of a run: of more hosts, the oldest are forgotten. */
export const MOST_KEPT = 20_000;

/** A machine that has not reported for so long is gone. */
export const MACHINE_MS = 15_000;
