import type { SampleResult, SampleRow } from '../../core/samples.ts';
import { Breaker } from '../../fetch/breaker/breaker.ts';
import { PendingVerdicts } from '../../fetch/breaker/verdicts.ts';
import type { HostRecord } from '../../fetch/hosts/host.ts';
import type { RowState } from '../../fetch/row-state.ts';
import { parseTarget } from '../../fetch/target.ts';
import { type FetchRequest, outcomeUnasked } from '../stages/row-outcome.ts';
import type { Keep, Stages, StagesPlan } from '../stages/stages.ts';
import { Lane } from './lane.ts';
import type { Report } from './lane-messages.ts';
import { laneOf } from './lane-of.ts';
import { countLanes, shareOptions } from './share-options.ts';
import { fromThreadError } from './thread-error.ts';

/** A row that a lane has, or that is on its way to one. */
interface Pending {
  readonly errand: FetchRequest;
  readonly keep: Keep;
  readonly resolve: (result: SampleResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The stages in several threads. Each host belongs to one of them, so that its limits, its answers and its addresses
 * are known where it is asked and nowhere else; a redirect to a host of another lane comes back and goes there.
 */
export class LaneSet implements Stages {
  readonly #plan: StagesPlan;
  readonly #lanes: readonly Lane[];
  readonly #doubts: PendingVerdicts;
  /** By their places in the order of the index. */
  readonly #pending = new Map<number, Pending>();
  /** What each lane knows of its hosts, as far as it has told. */
  readonly #hosts: (readonly HostRecord[])[];
  #rows = 0;

  constructor(plan: StagesPlan) {
    this.#plan = plan;
    const lanes = countLanes(plan.options);
    this.#doubts = new PendingVerdicts(
      new Breaker(plan.onFault),
      () => this.#pending.size === this.#doubts.size,
    );
    this.#hosts = shareHosts(plan.hosts, lanes);
    this.#lanes = shareOptions(plan.options, lanes).map(
      (options, lane) =>
        new Lane({
          orders: { lane, lanes, options, hosts: this.#hosts[lane] ?? [] },
          onReport: (report) => this.#take(lane, report),
          onLost: plan.onFault,
        }),
    );
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

  async settle(row: SampleRow, keep: Keep): Promise<SampleResult> {
    const result = outcomeUnasked(row);
    if (result === null) return this.#ask(requestOf(row), keep);
    await keep(result);
    return result;
  }

  stop(): void {
    for (const lane of this.#lanes) lane.stop();
  }

  async close(): Promise<readonly HostRecord[]> {
    await Promise.all(this.#lanes.map((lane) => lane.close()));
    return this.#hosts.flat();
  }

  #ask(errand: FetchRequest, keep: Keep): Promise<SampleResult> {
    this.#rows += 1;
    const id = this.#rows;
    const target = parseTarget(errand.url);
    // What is no URL is refused in any lane.
    const lane = 'code' in target ? 0 : laneOf(target.host, this.#lanes.length);
    this.#lanes[lane]?.send({ kind: 'row', id, errand, state: null });
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { errand, keep, resolve, reject });
    });
  }

  #take(lane: number, report: Report): void {
    if (report.kind === 'sample') this.#keep(lane, report.id, report.result);
    else if (report.kind === 'handover') this.#handOver(report.state);
    else if (report.kind === 'sign') this.#doubts.record(report.circuit, report.host, report.outcome);
    else if (report.kind === 'doubt') {
      const { circuit, doubt } = report;
      this.#doubts.release(circuit, () => this.#lanes[lane]?.send({ kind: 'acquitted', doubt }));
    } else if (report.kind === 'decoder') this.#plan.onDecoder(report.event);
    else if (report.kind === 'load') this.#plan.onLoad();
    else if (report.kind === 'fault') this.#plan.onFault(fromThreadError(report.fault));
    else this.#hosts[lane] = report.hosts;
  }

  #keep(lane: number, id: number, result: SampleResult): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    const { keep, resolve, reject } = pending;
    keep(result).then(() => {
      this.#pending.delete(id);
      this.#doubts.recheck();
      this.#lanes[lane]?.send({ kind: 'kept', id });
      resolve(result);
    }, reject);
  }

  #handOver(state: RowState): void {
    const { index: id, host } = state;
    const errand = this.#pending.get(id)?.errand;
    if (errand === undefined) return;
    this.#lanes[laneOf(host, this.#lanes.length)]?.send({ kind: 'row', id, errand, state });
  }

  #sum(of: (lane: Lane) => number): number {
    return this.#lanes.reduce((sum, lane) => sum + of(lane), 0);
  }
}

/** Captions and what else a row carries stay with the engine. */
function requestOf({ url, expectedHash, boxes }: SampleRow): FetchRequest {
  return {
    url,
    ...(expectedHash === undefined ? {} : { expectedHash }),
    ...(boxes === undefined ? {} : { boxes }),
  };
}

function shareHosts(hosts: readonly HostRecord[], lanes: number): HostRecord[][] {
  const shares = Array.from({ length: lanes }, (): HostRecord[] => []);
  for (const record of hosts) shares[laneOf(record.host, lanes)]?.push(record);
  return shares;
}
