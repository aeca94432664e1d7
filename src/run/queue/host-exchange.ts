import type { BrokerRun } from '../../broker/interface/broker.ts';
import type { HostEvent } from '../../fetch/hosts/host-event.ts';
import { steadyNow } from '../../util/clock.ts';
import type { Tally } from '../engine/tally.ts';
import type { Stages } from '../stages/stages.ts';
import type { LeaseClient } from './lease-client.ts';
import { HeardNews } from './news/heard-news.ts';
import { ToldNews } from './news/told-news.ts';

export type SharedHosts = Pick<Stages, 'demand' | 'share' | 'paced' | 'hear'>;

export interface HostExchangeOptions {
  readonly broker: Pick<BrokerRun, 'lease' | 'passNews'>;
  /** Another one for each start of a machine. */
  readonly machine: string;
  readonly leases: LeaseClient;
  readonly tally: Tally;
}

/** What this machine and the others of a run have to settle about hosts: connections, and what each has learnt. */
export class HostExchange {
  readonly #options: HostExchangeOptions;
  readonly #told = new ToldNews();
  readonly #heard: HeardNews;
  #hosts: SharedHosts | null = null;
  #machines = 1;
  /** Up to where the news has been read. */
  #since = 0;
  #passing: Promise<void> | null = null;

  constructor(options: HostExchangeOptions) {
    this.#options = options;
    this.#heard = new HeardNews(options.machine);
  }

  attach(hosts: SharedHosts): void {
    this.#hosts = hosts;
  }

  /** To be called with each event of a host. */
  take(event: HostEvent): void {
    this.#told.take(event, this.#options.tally.successes, steadyNow());
  }

  /** Asks for connections, for a run of so many machines. */
  async lease(machines: number): Promise<void> {
    this.#machines = machines;
    if (this.#hosts === null) return;
    const { broker, leases } = this.#options;
    const askedAt = steadyNow();
    const call = leases.ask(this.#hosts.demand, askedAt);
    this.share();
    const granted = await broker.lease(call);
    if (granted !== null) leases.take(call, granted, askedAt);
    this.share();
  }

  /** Ends leases that have run out, also if the broker does not answer. */
  share(): void {
    this.#hosts?.share(this.#options.leases.shares(this.#machines));
  }

  /** Tells what has changed, and hears what has changed for others since the last time; the first time, all that holds. */
  passNews(): Promise<void> {
    this.#passing ??= this.#pass().finally(() => {
      this.#passing = null;
    });
    return this.#passing;
  }

  /** The last calls: this machine asks no host any more. */
  async leave(): Promise<void> {
    const { broker, machine, leases, tally } = this.#options;
    await broker.lease(leases.giveUp());
    const items = this.#told.items([], tally.successes, steadyNow());
    if (items.length > 0) await broker.passNews({ machine, since: this.#since, items });
  }

  async #pass(): Promise<void> {
    const { broker, machine, tally } = this.#options;
    const hosts = this.#hosts;
    if (hosts === null) return;
    let items = this.#told.items(hosts.paced, tally.successes, steadyNow());
    for (let hasMore = true; hasMore; items = []) {
      const news = await broker.passNews({ machine, since: this.#since, items });
      this.#told.told();
      this.#since = news.until;
      hasMore = news.hasMore;
      hosts.hear(this.#heard.take(news.read, steadyNow()));
    }
  }
}
