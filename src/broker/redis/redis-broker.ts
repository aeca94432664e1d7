import type { Redis } from 'ioredis';
import type { UserError } from '../../core/errors.ts';
import type { HostKey } from '../../core/samples.ts';
import { publicQueueAddress } from '../../util/text/queue-address.ts';
import { BullQueue } from '../bull/bull-queue.ts';
import {
  type Broker,
  type BrokerRun,
  type LeaseCall,
  type LeasedHost,
  type Leases,
  MACHINE_MS,
  type Machine,
  type MachineFigures,
  type News,
  type NewsCall,
  type ReadNewsItem,
  type RunPlan,
} from '../interface/broker.ts';
import {
  CHECK_LOGIN,
  isPassing,
  reasonOf,
  UnreachableError,
  unusableError,
} from '../interface/broker-error.ts';
import { leasesOf } from '../interface/lease-rule.ts';
import { LEASE, LEASE_KEYS, LEASED, leaseArguments } from './lease-script.ts';
import { newsArguments, PASS_NEWS } from './news-script.ts';
import { MACHINES, REPORT } from './scripts.ts';

const PREFIX = '{laion-fetch}';
const RUNS = `${PREFIX}:runs`;
const NEWS_KEYS = ['news', 'news:places', 'news:ends', 'news:latest'] as const;
/** A server that says nothing for so long while it is asked is gone, and the connection is made again. */
const SILENT_MS = 15_000;
const MOST_WAIT_MS = 5_000;

/** Redis or Valkey as a broker. */
export class RedisBroker implements Broker {
  readonly address: string;
  readonly #client: Redis;
  readonly #open: RedisRun[] = [];

  private constructor(address: string, client: Redis) {
    [this.address, this.#client] = [address, client];
  }

  /**
   * Loads the client and connects.
   * @throws UserError with exit code 3 if the server refuses the password; UnreachableError if it may be there later
   */
  static async connect(address: string): Promise<RedisBroker> {
    const { Redis } = await import('ioredis');
    let hasConnected = false;
    const client = new Redis(address, {
      lazyConnect: true,
      // Calls wait for a server that comes back; who calls says for how long.
      maxRetriesPerRequest: null,
      socketTimeout: SILENT_MS,
      keepAlive: SILENT_MS,
      retryStrategy: (attempt) =>
        hasConnected ? Math.min(MOST_WAIT_MS, 100 * attempt) * (0.5 + Math.random()) : null,
    });
    let cause: unknown;
    client.on('error', (error) => {
      cause = error;
    });
    try {
      await client.connect();
      await client.ping();
    } catch (error) {
      client.disconnect();
      throw cannotUse(publicQueueAddress(address), cause ?? error);
    }
    hasConnected = true;
    return new RedisBroker(publicQueueAddress(address), client);
  }

  runs(): Promise<readonly string[]> {
    return this.#client.smembers(RUNS);
  }

  async run(fingerprint: string): Promise<BrokerRun> {
    const connection = this.#client;
    const run = new RedisRun(
      connection,
      fingerprint,
      await BullQueue.open({ run: fingerprint, connection, backend: (bull) => bull.createRedisBackend }),
    );
    this.#open.push(run);
    return run;
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((run) => run.queue.close()));
    if (this.#client.status === 'ready') await this.#client.quit().catch(() => {});
    this.#client.disconnect();
  }
}

class RedisRun implements BrokerRun {
  readonly queue: BullQueue;
  readonly #client: Redis;
  readonly #fingerprint: string;

  constructor(client: Redis, fingerprint: string, queue: BullQueue) {
    [this.#client, this.#fingerprint, this.queue] = [client, fingerprint, queue];
  }

  async plan(): Promise<RunPlan | null> {
    const text = await this.#client.get(this.#key('plan'));
    return text === null ? null : (JSON.parse(text) as RunPlan);
  }

  async setPlan(plan: RunPlan): Promise<void> {
    await this.#client.set(this.#key('plan'), JSON.stringify(plan));
    await this.#client.sadd(RUNS, this.#fingerprint);
  }

  async isDraining(): Promise<boolean> {
    return (await this.#client.exists(this.#key('drain'))) === 1;
  }

  async drain(isDraining: boolean): Promise<void> {
    await (isDraining ? this.#client.set(this.#key('drain'), '1') : this.#client.del(this.#key('drain')));
  }

  async report(name: string, figures: MachineFigures): Promise<number> {
    const args = [name, JSON.stringify(figures), MACHINE_MS];
    return Number(await this.#client.eval(REPORT, 2, this.#key('machines'), this.#key('seen'), ...args));
  }

  async machines(): Promise<readonly Machine[]> {
    const keys = [this.#key('machines'), this.#key('seen')];
    const found = (await this.#client.eval(MACHINES, 2, ...keys, MACHINE_MS)) as string[];
    return Array.from({ length: found.length / 2 }, (_, at) => {
      const figures = JSON.parse(found[2 * at + 1] ?? '{}') as MachineFigures;
      return { name: found[2 * at] ?? '', ...figures };
    });
  }

  async leave(name: string): Promise<void> {
    await this.#client.multi().hdel(this.#key('machines'), name).zrem(this.#key('seen'), name).exec();
  }

  async lease(call: LeaseCall): Promise<Leases | null> {
    const keys = LEASE_KEYS.map((name) => this.#key(name));
    return leasesOf(
      (await this.#client.eval(LEASE, keys.length, ...keys, ...leaseArguments(call, ''))) as number[],
    );
  }

  async leased(): Promise<readonly LeasedHost[]> {
    const flat = (await this.#client.eval(LEASED, 1, this.#key('hosts'))) as (string | number)[];
    return Array.from({ length: flat.length / 3 }, (_, at) => ({
      host: String(flat[3 * at]),
      connections: Number(flat[3 * at + 1]),
      isWaitedFor: flat[3 * at + 2] === 1,
    })).sort((a, b) => b.connections - a.connections);
  }

  async passNews(call: NewsCall): Promise<News> {
    const keys = NEWS_KEYS.map((name) => this.#key(name));
    const answer = await this.#client.eval(PASS_NEWS, keys.length, ...keys, ...newsArguments(call, ''));
    const [until, hasMore, ...fields] = answer as [number, number, ...(string | number)[]];
    const read = Array.from({ length: fields.length / 4 }, (_, at): ReadNewsItem => {
      const [host, machine, text, ageMs] = fields.slice(4 * at, 4 * at + 4);
      return { host: `${host}` as HostKey, machine: `${machine}`, text: `${text}`, ageMs: Number(ageMs) };
    });
    return { until, hasMore: hasMore === 1, read };
  }

  async remove(): Promise<void> {
    await this.queue.remove();
    const leasing = await this.#client.zrange(this.#key('leasing'), 0, -1);
    const names = [
      'plan',
      'drain',
      'machines',
      'seen',
      ...LEASE_KEYS,
      ...NEWS_KEYS,
      ...leasing.map((id) => `held${id}`),
    ];
    await this.#client.del(names.map((name) => this.#key(name)));
    await this.#client.srem(RUNS, this.#fingerprint);
  }

  #key(name: string): string {
    return `${PREFIX}:run:${this.#fingerprint}:${name}`;
  }
}

/** Replies of a server that starts or has no room, and what the client says when a connection breaks. */
const PASSES =
  /^(LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN)|max number of clients|Connection is closed|Socket timeout/;

function cannotUse(address: string, error: unknown): UserError {
  const found = reasonOf(error);
  if (/WRONGPASS|NOAUTH|NOPERM|invalid password/i.test(found))
    return unusableError(address, 'it refuses the password', CHECK_LOGIN);
  if (isPassing(error) || PASSES.test(found)) return new UnreachableError(address, error);
  const remedy = 'name a Redis or Valkey; rediss:// is TLS, with a certificate that this machine trusts';
  return unusableError(address, found, remedy);
}
