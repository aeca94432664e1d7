/** The thread of a lane; `lane.ts` is the engine's end. */
import { parentPort, workerData } from 'node:worker_threads';
import type { SampleResult } from '../../core/samples.ts';
import { LocalStages } from '../stages/local-stages.ts';
import type { LaneCommand, LaneLoad, LaneReport, LaneSettings } from './lane-messages.ts';
import { laneOf } from './lane-of.ts';
import { Outbox } from './outbox.ts';
import { RemoteVerdicts } from './remote-verdicts.ts';
import { toThreadError } from './thread-error.ts';

/** How often the load is reported when no other report carries it. */
const REPORT_EVERY_MS = 100;
/** How often the outlook is reported, which looks at every row. */
const OUTLOOK_EVERY_MS = 1_000;
/** How often hosts that are shared with other machines say what they need: about twice for each call of a broker. */
const DEMAND_EVERY_MS = 500;

const port = parentPort;
if (port === null) throw new Error('Cannot start a lane: expected to run in a thread of the engine.');
const { lane, lanes, options, denyList, hosts } = workerData as LaneSettings;

const outbox = new Outbox<LaneReport>((reports, transferred) => {
  reported = load();
  port.postMessage([...reports, { kind: 'load', load: reported }], transferred);
});
const verdicts = new RemoteVerdicts((report) => outbox.push(report));
const stages = LocalStages.start({
  options,
  denyList,
  hosts,
  onError: fail,
  onDecoder: (event) => outbox.push({ kind: 'decoder', event }),
  onHost: (event) => outbox.push({ kind: 'host', event }),
  onRuleFile: (file) => outbox.push({ kind: 'rule-file', file }),
  peers: {
    count: lanes,
    isOwn: (host) => laneOf(host, lanes) === lane,
    handOver: (state) => outbox.push({ kind: 'handover', state }),
    verdicts,
  },
});
/** Called when the engine has kept an outcome, by the row's position in the index. */
const unkept = new Map<number, () => void>();
let rows = 0;
let isStopped = false;
let reported = load();

const reporter = setInterval(() => {
  const now = load();
  if (JSON.stringify(now) !== JSON.stringify(reported)) outbox.push({ kind: 'load', load: now });
}, REPORT_EVERY_MS);
const forecaster = setInterval(() => {
  outbox.push({ kind: 'outlook', outlook: stages.outlook });
}, OUTLOOK_EVERY_MS);
const demands = setInterval(tellDemand, DEMAND_EVERY_MS);
port.on('message', (commands: readonly LaneCommand[]) => {
  for (const command of commands) execute(command);
});

function load(): LaneLoad {
  const { waiting, delayed, inFlight, decodersBusy, pressure } = stages;
  return { rows, waiting, delayed, inFlight, decodersBusy, pressure, isStopped };
}

function execute(command: LaneCommand): void {
  if (command.kind === 'row') {
    const { id, request, state } = command;
    rows += 1;
    stages.settleRequest(request, state ?? id, (result) => send(id, result)).catch(fail);
  } else if (command.kind === 'kept') {
    const resolve = unkept.get(command.id);
    unkept.delete(command.id);
    resolve?.();
  } else if (command.kind === 'released') verdicts.released(command.verdict);
  else if (command.kind === 'give-up') stages.giveUp(command.shard, command.until, command.patienceMs);
  else if (command.kind === 'pause') stages.pause(command.isPaused);
  else if (command.kind === 'share') {
    stages.share(command.shares);
    tellDemand();
  } else if (command.kind === 'hear') {
    stages.hear(command.news);
    outbox.push({ kind: 'paced', paced: stages.paced });
  } else if (command.kind === 'stop') stop();
  else void close();
}

function tellDemand(): void {
  for (const demand of stages.demand) outbox.push({ kind: 'demand', demand });
}

/** Sends an outcome to the engine; resolves when the engine has kept it. */
function send(id: number, result: SampleResult): Promise<void> {
  if (result.ok) {
    // The decoder's bytes may be part of a larger buffer, which must not be transferred with them.
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
  isStopped = true;
  stages.stop();
}

async function close(): Promise<void> {
  clearInterval(reporter);
  clearInterval(forecaster);
  clearInterval(demands);
  const records = await stages.close();
  outbox.push({ kind: 'closed', hosts: records });
}

function fail(error: unknown): void {
  outbox.push({ kind: 'error', error: toThreadError(error) });
}
