import type { HostKey } from '../core/samples.ts';
import { steadyNow } from '../util/clock.ts';
import { Pressure } from '../util/pressure.ts';
import { Breaker } from './breaker/breaker.ts';
import { recordLookup } from './breaker/circuits.ts';
import { PendingVerdicts, type Verdicts } from './breaker/verdicts.ts';
import { type AddressPolicy, createAddressPolicy } from './connect/addresses.ts';
import { type ChosenAddress, createDialler, lookUpAllowed } from './connect/dial.ts';
import { createProxyDialler } from './connect/dial-proxy.ts';
import { DnsCache } from './connect/dns.ts';
import { ConnectionPool } from './connect/pool.ts';
import { type HttpProxy, readProxy } from './connect/proxy.ts';
import type { DenyList } from './deny-list/deny-list.ts';
import { HostRules } from './host-rules.ts';
import { ConnectionShares } from './hosts/connections/connection-shares.ts';
import { createHostBook, type HostBook } from './hosts/host-book.ts';
import type { HostEvent } from './hosts/host-event.ts';
import type { HostRecord, KeptFile } from './hosts/host-record.ts';
import { BodyBudget } from './http/body-budget.ts';
import { BodyMemory } from './http/body-memory.ts';
import { environmentError } from './http/classify.ts';
import { HeadRequests } from './http/head-requests.ts';
import type { Peers } from './peers.ts';
import { Quarantine } from './quarantine.ts';
import { type FetchResult, refusal } from './result.ts';
import { RowFetch } from './row-fetch.ts';
import { Row, type RowState, startRow } from './row-state.ts';
import type { RuleFetch } from './rule-fetch.ts';
import { AddressLimit } from './schedule/address-limit.ts';
import { Frontier } from './schedule/frontier.ts';
import type { Outlook } from './schedule/outlook.ts';
import { RunLimits } from './schedule/run-limits.ts';
import { SharedHosts } from './schedule/shared-hosts.ts';
import { createHeaderPolicy, type FetchSettings } from './settings.ts';
import type { StoredBodies } from './stores/read-stored.ts';
import { isStoreUrl } from './stores/store-url.ts';
import { parseKnownUrl, parseTarget } from './target.ts';

/**
 * Why no request starts: images wait for decoders, the caller holds too many bytes, or bodies under way take too much
 * memory.
 */
export type FetchPressure = 'decoders' | 'heldBytes' | 'bodies';

export interface FetcherOptions {
  readonly settings: FetchSettings;
  /** What an earlier run learnt about hosts. */
  readonly hosts?: readonly HostRecord[];
  /** The fetchers with which this one shares the hosts; without them all hosts are its own. */
  readonly peers?: Peers | undefined;
  /** What must not be requested; without it nothing is denied. */
  readonly denyList?: DenyList | undefined;
  /** Reads the places of `settings.allowStore`; without it, none may be named there. */
  readonly stored?: StoredBodies | undefined;
  /** Called when this machine cannot go on, for example without file descriptors or name servers. */
  readonly onBroken: (error: Error) => void;
  /** Called when the treatment of a host changes, and with each file of rules (robots.txt) that is fetched. */
  readonly onHost?: ((event: HostEvent) => void) | undefined;
  readonly onRuleFile?: ((file: KeptFile) => void) | undefined;
}

/**
 * Fetches URLs, and wires together what that takes: hosts and their limits, the schedule, connections, bodies, the
 * circuit breaker. `row-fetch.ts` has the life of a row. Every call of `fetch` settles with a body or a named failure,
 * unless `stop` was called, the row was handed over to a peer, or the machine turned out to be broken.
 */
export class Fetcher {
  /** No request starts while any signal is high. */
  readonly pressure: Pressure<FetchPressure>;
  readonly #dns: DnsCache;
  readonly #pool: ConnectionPool;
  readonly #book: HostBook;
  readonly #sharedHosts: SharedHosts | null;
  readonly #memory = new BodyMemory();
  readonly #quarantine = new Quarantine();
  readonly #frontier: Frontier<Row>;
  readonly #portIsOpen: (port: number) => boolean;
  readonly #denyList: DenyList | undefined;
  readonly #rules: RuleFetch | undefined;
  readonly #hostRules: HostRules | undefined;
  readonly #settings: FetchSettings;
  readonly #peers: Peers | undefined;
  /** Place of the newest row in the index. */
  #newest = 0;

  constructor(options: FetcherOptions) {
    const { settings, hosts = [], peers, denyList, stored, onBroken, onHost, onRuleFile } = options;
    const { maxBodyBytes, concurrency, ports } = settings;
    const share = 1 / (peers?.count ?? 1);
    const policy = createAddressPolicy(settings.allowPrivate);
    const proxy = settings.proxy === null ? null : readProxy(settings.proxy);
    const shares = settings.sharesHosts ? new ConnectionShares() : undefined;
    const limits = new RunLimits(settings, () => shares?.current.machines ?? 1);
    const verdicts = peers?.verdicts ?? new PendingVerdicts(new Breaker(onBroken), () => this.#isIdle);
    this.#peers = peers;
    this.#denyList = denyList;
    this.#settings = settings;
    this.#portIsOpen = (port) => port > 0 && (policy.namesPrivate || ports.includes(port));
    this.pressure = new Pressure((isHigh) => this.#frontier.setPressure(isHigh));
    this.#dns = createDns(settings, verdicts, share);
    const addressLimit = createAddressLimit(settings, policy, this.#dns, onBroken);
    const addressOf = (host: string): ChosenAddress | undefined => addressLimit?.addressOf(host as HostKey);
    this.#pool = createPool(settings, proxy, policy, this.#dns, addressOf);
    this.#book = createHostBook({ ...settings, shares, onEvent: onHost }, hosts);
    const hasRules = settings.rights.files.length > 0;
    const rules = hasRules ? new HostRules(settings.rights, this.#portIsOpen, onRuleFile) : undefined;
    for (const { files } of hosts) rules?.load(files ?? []);
    this.#hostRules = rules;
    const rows = new RowFetch({
      settings,
      exchange: {
        userAgent: settings.userAgent,
        rights: createHeaderPolicy(settings, rules?.linkedLicence),
        heads: settings.headersOnly ? new HeadRequests() : undefined,
        maxBodyBytes,
        memory: this.#memory,
        proxy,
        timeoutMs: settings.timeoutMs,
        onBroken,
      },
      pool: this.#pool,
      limits,
      bodies: new BodyBudget(Math.max(settings.maxHeldBytes * share, 2 * maxBodyBytes), (isTight) =>
        this.pressure.set('bodies', isTight),
      ),
      memory: this.#memory,
      quarantine: this.#quarantine,
      verdicts,
      portIsOpen: this.#portIsOpen,
      denyList,
      stored,
      addressOf,
      enqueue: (row, waitMs) => this.#enqueue(row, waitMs),
      rules: rules && {
        rules,
        isOwn: (host) => peers?.isOwn(host) ?? true,
        review: (host, stays) => this.#frontier.review(host, stays),
        slowDown: (host, delayMs) => this.#book.find(host)?.slowDown(delayMs),
      },
    });
    this.#rules = rows.rules;
    this.#frontier = new Frontier({
      concurrency,
      book: this.#book,
      limits,
      addressLimit,
      rules: rules && {
        start: (row) => rows.rules?.start(row) ?? true,
        isAsked: (host) => rules.isAsked(host),
      },
      run: async (row, host, visit) => {
        await rows.request(row, host, visit);
        verdicts.recheck();
      },
      refuse: (row, closure) => rows.refuse(row, closure),
    });
    const shared = { book: this.#book, frontier: this.#frontier, pool: this.#pool, now: steadyNow };
    this.#sharedHosts = shares === undefined ? null : new SharedHosts({ shares, ...shared });
  }

  /** Rows that could start if there were places. Rows that wait for time to pass are not among them. */
  get waiting(): number {
    return this.#frontier.waiting;
  }

  /** Rows that wait for a later attempt, for a host that pauses, or for a rate limit. */
  get delayed(): number {
    return this.#frontier.delayed;
  }

  /** Requests under way, and answers in quarantine. */
  get active(): number {
    return this.#frontier.active + this.#quarantine.size;
  }

  /** What the next run should know about hosts. */
  hostRecords(): HostRecord[] {
    const known = this.#book.records(steadyNow());
    return this.#hostRules?.addFiles(known, this.#peers?.isOwn) ?? known;
  }

  /** What becomes of the rows that wait for their hosts. */
  get outlook(): Outlook {
    return this.#frontier.outlook(this.#settings);
  }

  /**
   * Ends, as `host_throttled`, the rows of hosts that refuse everything, have rows of this shard, and cannot be asked again
   * before the moment `until` or have refused for `patienceMs`.
   */
  giveUp(shard: number, until: number, patienceMs: number): void {
    this.#frontier.giveUp(shard, until, patienceMs);
  }

  /** `index`: the row's place in the order of the index; by default rows are in the order of the calls. */
  fetch(url: string | null, { index = this.#newest + 1, shard = 0 } = {}): Promise<FetchResult> {
    const { baseUrl, allowStore } = this.#settings;
    const target = parseTarget(url, baseUrl, allowStore);
    if ('code' in target) return Promise.resolve(refusal(target.code));
    if (!isStoreUrl(target.url) && !this.#portIsOpen(target.port))
      return Promise.resolve(refusal('port_refused'));
    const denied = this.#denyList?.refusesTarget(target, url) ?? null;
    if (denied !== null) return Promise.resolve({ ...refusal(denied.code), failure: denied });
    return new Promise((resolve) => {
      this.#newest = index;
      this.#enqueue(new Row(startRow(index, shard, target), target, resolve), 0);
    });
  }

  /** Resumes a row after its handover from another fetcher. The state belongs to this fetcher from now on. */
  resume(state: RowState): Promise<FetchResult> {
    return new Promise((resolve) => {
      this.#enqueue(new Row(state, parseKnownUrl(state.url), resolve), state.waitMs);
    });
  }

  /** Returns the memory of a body that is no longer used. */
  giveBack(body: Buffer): void {
    this.#memory.giveBack(body);
  }

  /** What this machine needs of hosts that other machines ask, too; null if it is alone. */
  get sharedHosts(): SharedHosts | null {
    return this.#sharedHosts;
  }

  /** Starts no request while paused; requests under way go on. */
  pause(isPaused: boolean): void {
    this.#frontier.pause(isPaused);
  }

  /** Starts no further request; rows that wait stay unsettled for good. */
  stop(): void {
    this.#frontier.stop();
  }

  /** Stops, closes every connection and abandons look-ups; requests under way may stay unsettled. */
  async close(): Promise<void> {
    this.#frontier.stop();
    this.#dns.close();
    this.#quarantine.close();
    await this.#pool.close();
  }

  /** Puts a row into the queue of its host, or hands it over to the fetcher that the host belongs to. */
  #enqueue(row: Row, waitMs: number): void {
    const { state, host } = row;
    state.waitMs = waitMs;
    if (this.#peers !== undefined && !this.#peers.isOwn(host)) this.#peers.handOver(state);
    else if (!(this.#rules?.admit(row) ?? true)) return;
    else if (waitMs > 0) this.#frontier.park(row, steadyNow() + waitMs);
    else this.#frontier.add(row);
  }

  get #isIdle(): boolean {
    const { active, waiting, delayed } = this;
    return active === 0 && waiting === 0 && delayed === 0;
  }
}

function createDns({ resolvers, timeoutMs }: FetchSettings, verdicts: Verdicts, share: number): DnsCache {
  return new DnsCache({
    servers: resolvers,
    timeoutMs,
    share,
    onAnswer: (name, answer) => recordLookup(verdicts, name, answer.ok ? null : answer.code),
  });
}

function createPool(
  { timeoutMs, maxBodyBytes, concurrency, ports, insecureTls, perAddress }: FetchSettings,
  proxy: HttpProxy | null,
  policy: AddressPolicy,
  dns: DnsCache,
  addressOf: (host: string) => ChosenAddress | undefined,
): ConnectionPool {
  const options = { dns, policy, ports, timeoutMs, insecureTls, addressOf };
  const dial = proxy === null ? createDialler(options) : createProxyDialler(proxy, options);
  return new ConnectionPool({ dial, limits: { timeoutMs, maxBodyBytes }, maxIdle: concurrency, perAddress });
}

/** Undefined without a limit, or if a proxy looks names up. */
function createAddressLimit(
  { perAddress, proxy }: FetchSettings,
  policy: AddressPolicy,
  dns: DnsCache,
  onBroken: (error: Error) => void,
): AddressLimit | undefined {
  if (perAddress === null || proxy !== null) return undefined;
  return new AddressLimit({
    perAddress,
    lookUp: (host) =>
      lookUpAllowed(host, { dns, policy }).catch((error: Error) => {
        onBroken(environmentError(error) ?? error);
        // No row is blamed: the run ends.
        return new Promise<never>(() => {});
      }),
  });
}
