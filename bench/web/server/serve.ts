/**
 * The simulated web as a process. It prints its addresses as JSON on the first line of standard output and its
 * statistics on the last. SIGTERM or the end of standard input ends it.
 *
 *   tsx bench/web/server/serve.ts --size JSON --images DIR --ca FILE [--perfect]
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { makeCertificates } from '../../../test/support/servers/certificates.ts';
import { LATENCY } from '../model/distributions.ts';
import { readImages } from '../model/images.ts';
import { DOMAINS } from '../model/plan-web.ts';
import { Answers } from './answers.ts';
import { startNameServer } from './name-server.ts';
import { planRequested, type RequestedSize } from './planned.ts';
import { startServer } from './web-server.ts';
import { Counts, HostState } from './web-stats.ts';

const ADDRESS = '127.0.0.1';

/** Ports by scheme, including those of the hosts that are down at first. */
export interface WebPorts {
  readonly dns: number;
  readonly http: number;
  readonly https: number;
  readonly httpOutage: number;
  readonly httpsOutage: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      size: { type: 'string', default: '' },
      images: { type: 'string', default: '' },
      ca: { type: 'string', default: '' },
      perfect: { type: 'boolean', default: false },
    },
  });
  const { perfect } = values;
  const size: RequestedSize = JSON.parse(values.size);
  const plan = await planRequested(size);
  const hosts = plan.hosts.map((host) => new HostState(host, !perfect));
  const counts = new Counts(hosts, plan.hostOf.length);
  const answers = new Answers(await readImages(values.images));
  const certificates = await makeCertificates(
    DOMAINS.map((domain) => `*.${domain}`),
    [],
  );
  await writeFile(values.ca, certificates.ca);

  const names = new Map(plan.hosts.map((host) => [host.name, host.fate]));
  const { port } = await startNameServer({
    address: ADDRESS,
    fateOf: (name) => names.get(name) ?? 'nxdomain',
    firstQuestionMs: perfect ? 0 : LATENCY.firstQuestionMs,
    onQuestion: (name) => counts.countQuestion(name),
  });
  const site = { plan, counts, answers, certificates, perfect, failedOnce: new Set<number>() };
  const start = (https: boolean, outage: boolean) =>
    startServer(site, { https, outage: outage && !perfect, address: ADDRESS });
  const ports: WebPorts = {
    dns: port,
    http: await start(false, false),
    https: await start(true, false),
    httpOutage: await start(false, true),
    httpsOutage: await start(true, true),
  };
  process.stdout.write(`${JSON.stringify(ports)}\n`);

  await new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.stdin.resume().once('end', () => resolve());
  });
  // The client has ended, so its connections are closed abruptly.
  process.stdout.write(`${JSON.stringify(counts.stats())}\n`, () => process.exit());
}

await main();
