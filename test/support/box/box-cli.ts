/**
 * Starts a box from a shell. It prints its addresses as JSON on the first line of standard output and its statistics on
 * the last. It runs until SIGTERM, SIGINT or the end of a pipe on standard input.
 *
 *   tsx test/support/box/box-cli.ts --script fixtures/web.json
 *   tsx test/support/box/box-cli.ts --fail 0.1 --ports real --address 127.31.0.1
 */
import { fstatSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { WebScript } from './answers.ts';
import { startBox } from './box.ts';
import type { BoxStats } from './counters.ts';
import { decay } from './decay.ts';
import { PHOTOS } from './photos.ts';
import { readScript } from './read-script.ts';

const { values } = parseArgs({
  options: {
    /** A script in JSON. Without `--fail`, names that it lacks answer 404. */
    script: { type: 'string' },
    /** Names that the script lacks serve images, except that this share of their URLs fails. */
    fail: { type: 'string' },
    ports: { type: 'string', default: 'free' },
    address: { type: 'string', default: '127.0.0.1' },
  },
});

async function main(): Promise<void> {
  const script: WebScript = values.script === undefined ? { hosts: {} } : await readScript(values.script);
  const others = values.fail === undefined ? {} : { '*': decay(parseShare(values.fail), PHOTOS) };
  if (values.ports !== 'free' && values.ports !== 'real') {
    throw new Error(`Cannot use --ports ${values.ports}: expected free or real`);
  }
  const box = await startBox(
    { hosts: { ...others, ...script.hosts } },
    { ports: values.ports, addresses: [values.address] },
  );
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-box-'));
  const ca = join(folder, 'ca.pem');
  await writeFile(ca, box.ca);
  console.log(JSON.stringify({ dns: box.dns, ...box.ports, address: values.address, ca }));

  await untilAskedToEnd();
  console.log(JSON.stringify(summarise(box.stats())));
  await box.close();
  await rm(folder, { recursive: true });
}

function parseShare(text: string): number {
  const share = Number(text);
  if (text.trim() === '' || !(share >= 0 && share <= 1)) {
    throw new Error(`Cannot use --fail ${text}: expected a share between 0 and 1`);
  }
  return share;
}

async function untilAskedToEnd(): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = () => resolve();
    process.once('SIGTERM', end).once('SIGINT', end);
    // A background job of a shell reads /dev/null, which would end it at once.
    const input = fstatSync(0);
    if (input.isFIFO() || input.isSocket()) process.stdin.resume().once('end', end);
  });
  process.stdin.destroy();
}

function summarise({ connections, hosts, dns }: BoxStats) {
  const all = Object.values(hosts);
  return {
    connections,
    hosts: all.length,
    requests: all.reduce((sum, host) => sum + host.requests.total, 0),
    peakConnectionsOfOneHost: Math.max(0, ...all.map((host) => host.connections.peak)),
    questions: Object.values(dns).reduce((sum, count) => sum + count, 0),
  };
}

await main();
