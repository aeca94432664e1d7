/** What runs in the thread of a lane; `lane.ts` is its other end. */
import { parentPort, workerData } from 'node:worker_threads';
import type { SampleResult } from '../../core/samples.ts';
import { LocalStages } from '../stages/local-stages.ts';
import type { LaneOrders, Load, Order, Report } from './lane-messages.ts';
import { laneOf } from './lane-of.ts';
import { Outbox } from './outbox.ts';
import { RemoteVerdicts } from './remote-verdicts.ts';
import { toThreadError } from './thread-error.ts';

/** How often the load is told when no outcome tells it. */
const TELL_EVERY_MS = 100;

const port = parentPort;
if (port === null) throw new Error('Cannot start a lane: expected to be run in a thread of the engine.');
const { lane, lanes, options, hosts } = workerData as LaneOrders;

const outbox = new Outbox<Report>((reports, owned) => {
  told = load();
  port.postMessage([...reports, { kind: 'load', load: told }], owned);
});
const judge = new RemoteVerdicts((report) => outbox.push(report));
const stages = new LocalStages({
  options,
  hosts,
  onFault: fail,
  onDecoder: (event) => outbox.push({ kind: 'decoder', event }),
  others: {
    count: lanes,
    isOwn: (host) => laneOf(host, lanes) === lane,
    handOver: (state) => outbox.push({ kind: 'handover', state }),
    verdicts: judge,
  },
});
/** What waits for the engine to have kept an outcome, by the row's place. */
const unkept = new Map<number, () => void>();
let rows = 0;
let stopped = false;
let told = load();

const teller = setInterval(() => {
  const report = load();
  if (JSON.stringify(report) !== JSON.stringify(told)) outbox.push({ kind: 'load', load: report });
}, TELL_EVERY_MS);
port.on('message', (orders: readonly Order[]) => {
  for (const order of orders) obey(order);
});

function load(): Load {
  const { waiting, delayed, inFlight } = stages;
  return { rows, waiting, delayed, inFlight, stopped };
}

function obey(order: Order): void {
  if (order.kind === 'row') {
    const { id, errand, state } = order;
    rows += 1;
    stages.settleRequest(errand, passage ?? id, (result) => send(id, result)).catch(fail);
  } else if (order.kind === 'kept') {
    const kept = unkept.get(order.id);
    unkept.delete(order.id);
    kept?.();
  } else if (order.kind === 'acquitted') judge.released(order.doubt);
  else if (order.kind === 'stop') stop();
  else void close();
}

/** Hands an outcome over; resolves when the engine has kept it. */
function send(id: number, result: SampleResult): Promise<void> {
  if (result.ok) {
    // The decoders' bytes may be a part of larger memory, which must not go with them.
    const bytes = new Uint8Array(result.image.bytes);
    outbox.push(
      { kind: 'sample', id, result: { ...result, image: { ...result.image, bytes } } },
      bytes.buffer,
    );
  } else outbox.push({ kind: 'sample', id, result });
  return new Promise((resolve) => {
    unkept.set(id, resolve);
  });
}

function stop(): void {
  stopped = true;
  stages.stop();
}

async function close(): Promise<void> {
  clearInterval(teller);
  const records = await stages.close();
  outbox.push({ kind: 'closed', hosts: records });
}

function fail(error: unknown): void {
  outbox.push({ kind: 'fault', fault: toThreadError(error) });
}
