import type { HostKey, SampleResult, SampleRow, ShardId } from '../../core/samples.ts';
import { Breaker } from '../../fetch/breaker/breaker.ts';
import { PendingVerdicts } from '../../fetch/breaker/verdicts.ts';
import type { FetchPressure } from '../../fetch/fetcher.ts';
import type { Demand, HostShares } from '../../fetch/hosts/connections/connection-shares.ts';
import type { HostNews } from '../../fetch/hosts/host-news.ts';
import type { HostRecord } from '../../fetch/hosts/host-record.ts';
import type { RowState } from '../../fetch/row-state.ts';
import type { Outlook } from '../../fetch/schedule/outlook.ts';
import type { PacedHost } from '../../fetch/schedule/shared-hosts.ts';
import { parseTarget } from '../../fetch/target.ts';
import { type FetchRequest, outcomeWithoutFetch } from '../stages/row-outcome.ts';
import type { Keep, Stages, StagesPlan } from '../stages/stages.ts';
import { Lane } from './lane.ts';
import type { LaneReport } from './lane-messages.ts';
import { laneOf } from './lane-of.ts';
import { countLanes, shareOptions } from './share-options.ts';
import { fromThreadError } from './thread-error.ts';

/** A row that a lane has, or that is on its way to one. */
interface PendingRow {
  readonly request: FetchRequest;
  readonly keep: Keep;
  readonly resolve: (result: SampleResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The stages in several threads. Each host belongs to one thread, which alone knows its limits, its responses and its
 * addresses. A redirect to a host of another lane comes back here and is handed over to that lane.
 */
export class LaneSet implements Stages {
  readonly #plan: StagesPlan;
  readonly #lanes: readonly Lane[];
  readonly #verdicts: PendingVerdicts;
  /** By their positions in the order of the index. */
  readonly #rows = new Map<number, PendingRow>();
  /** What each lane knows about its hosts, as far as it has reported. */
  readonly #hosts: (readonly HostRecord[])[];
  readonly #demand: Demand[];
  readonly #paced: (readonly PacedHost[])[];
  #rowsSent = 0;

  private constructor(plan: StagesPlan, hosts: (readonly HostRecord[])[], lanes: readonly Lane[]) {
    this.#plan = plan;
    this.#hosts = hosts;
    this.#lanes = lanes;
    this.#demand = lanes.map(() => ({ generation: 0, hosts: [] }));
    this.#paced = lanes.map(() => []);
    this.#verdicts = new PendingVerdicts(
      new Breaker(plan.onError),
      () => this.#rows.size === this.#verdicts.size,
    );
  }

  /** Starts the threads; `close` ends them. */
  static start(plan: StagesPlan): LaneSet {
    const lanes = countLanes(plan.options);
    const hosts = divide(plan.hosts, lanes);
    // Threads report in a later turn of the event loop, when `set` is assigned.
    const set: LaneSet = new LaneSet(
      plan,
      hosts,
      shareOptions(plan.options, lanes).map((options, lane) =>
        Lane.start(
          { lane, lanes, options, denyList: plan.denyList, hosts: hosts[lane] ?? [] },
          { onReport: (report) => set.#take(lane, report), onLost: plan.onError },
        ),
      ),
    );
    return set;
  }

  get waiting(): number {
    return this.#sum((lane) => lane.waiting);
  }

  get delayed(): number {
    return this.#sum((lane) => lane.delayed);
  }

  get inFlight(): number {
    return this.#sum((lane) => lane.inFlight);
  }

  get decodersBusy(): number {
    return this.#sum((lane) => lane.decodersBusy);
  }

  get pressure(): readonly FetchPressure[] {
    return [...new Set(this.#lanes.flatMap((lane) => lane.pressure))];
  }

  get outlook(): Outlook {
    const outlooks = this.#lanes.map((lane) => lane.outlook);
    return {
      refused: outlooks.flatMap(({ refused }) => refused),
      slow: outlooks.reduce((sum, { slow }) => sum + slow, 0),
      slowMs: Math.max(...outlooks.map(({ slowMs }) => slowMs)),
    };
  }

  async settle(row: SampleRow, shard: ShardId, keep: Keep): Promise<SampleResult> {
    const result = outcomeWithoutFetch(row);
    if (result === null) return this.#send(requestOf(row, shard), keep);
    await keep(result);
    return result;
  }

  giveUp(shard: ShardId, until: number, patienceMs: number): void {
    for (const lane of this.#lanes) lane.send({ kind: 'give-up', shard, until, patienceMs });
  }

  get demand(): readonly Demand[] {
    return this.#demand;
  }

  share(shares: HostShares): void {
    for (const lane of this.#lanes) lane.send({ kind: 'share', shares });
  }

  get paced(): readonly PacedHost[] {
    return this.#paced.flat();
  }

  hear(news: readonly HostNews[]): void {
    const parts = divide(news, this.#lanes.length);
    for (const [lane, part] of parts.entries()) this.#lanes[lane]?.send({ kind: 'hear', news: part });
  }

  pause(isPaused: boolean): void {
    for (const lane of this.#lanes) lane.send({ kind: 'pause', isPaused });
  }

  stop(): void {
    for (const lane of this.#lanes) lane.stop();
  }

  async close(): Promise<readonly HostRecord[]> {
    await Promise.all(this.#lanes.map((lane) => lane.close()));
    return this.#hosts.flat();
  }

  #send(request: FetchRequest, keep: Keep): Promise<SampleResult> {
    this.#rowsSent += 1;
    const id = this.#rowsSent;
    const { baseUrl, allowStore } = this.#plan.options;
    const target = parseTarget(request.url, baseUrl, allowStore);
    // Any lane refuses what is not a URL.
    const lane = 'code' in target ? 0 : laneOf(target.host, this.#lanes.length);
    this.#lanes[lane]?.send({ kind: 'row', id, request, state: null });
    return new Promise((resolve, reject) => {
      this.#rows.set(id, { request, keep, resolve, reject });
    });
  }

  #take(lane: number, report: LaneReport): void {
    switch (report.kind) {
      case 'sample':
        this.#keep(lane, report.id, report.result);
        return;
      case 'handover':
        this.#handOver(report.state);
        return;
      case 'circuit':
        this.#verdicts.record(report.circuit, report.host, report.outcome);
        return;
      case 'pending': {
        const { circuit, verdict } = report;
        this.#verdicts.release(circuit, () => this.#lanes[lane]?.send({ kind: 'released', verdict }));
        return;
      }
      case 'decoder':
        this.#plan.onDecoder(report.event);
        return;
      case 'host':
        this.#plan.onHost(report.event);
        return;
      case 'rule-file':
        this.#plan.onRuleFile(report.file);
        return;
      case 'load':
        this.#plan.onLoad();
        return;
      case 'demand':
        this.#demand[lane] = report.demand;
        return;
      case 'paced':
        this.#paced[lane] = report.paced;
        return;
      case 'outlook':
        return;
      case 'error':
        this.#plan.onError(fromThreadError(report.error));
        return;
      case 'closed':
        this.#hosts[lane] = report.hosts;
    }
  }

  #keep(lane: number, id: number, result: SampleResult): void {
    const row = this.#rows.get(id);
    if (row === undefined) return;
    const { keep, resolve, reject } = row;
    keep(result).then(() => {
      this.#rows.delete(id);
      this.#verdicts.recheck();
      this.#lanes[lane]?.send({ kind: 'kept', id });
      resolve(result);
    }, reject);
  }

  #handOver(state: RowState): void {
    const { index: id, host } = state;
    const request = this.#rows.get(id)?.request;
    if (request === undefined) return;
    this.#lanes[laneOf(host, this.#lanes.length)]?.send({ kind: 'row', id, request, state });
  }

  #sum(of: (lane: Lane) => number): number {
    return this.#lanes.reduce((sum, lane) => sum + of(lane), 0);
  }
}

/** Captions and carried columns stay with the engine. */
function requestOf({ url, expectedHash, boxes, licence }: SampleRow, shard: ShardId): FetchRequest {
  return {
    url,
    shard,
    ...(expectedHash === undefined ? {} : { expectedHash }),
    ...(boxes === undefined ? {} : { boxes }),
    ...(licence === undefined ? {} : { licence }),
  };
}

/** What is known of hosts, by their lanes. */
function divide<T extends { readonly host: HostKey }>(known: readonly T[], lanes: number): T[][] {
  const parts = Array.from({ length: lanes }, (): T[] => []);
  for (const each of known) parts[laneOf(each.host, lanes)]?.push(each);
  return parts;
}
