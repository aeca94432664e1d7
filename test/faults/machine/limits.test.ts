import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Body } from '../../support/box/answers.ts';
import { useWeb, type Web } from '../../support/box/use-web.ts';
import { runCli, spawnCli } from '../../support/command/cli.ts';
import { digestFiles, readMetadata } from '../../support/command/read-dataset.ts';
import { startNode } from '../../support/command/start-node.ts';
import { makeControlGroup } from './control-group.ts';
import { decodersOf, engineOf } from './processes.ts';
import { useFaultRun } from './use-fault-run.ts';

const MIB = 2 ** 20;
const LIBRARY = new URL('../../../dist/index.js', import.meta.url).href;

/** `ulimit -v` in kilobytes before a command. */
const addressSpace = (kilobytes: number) => ['sh', '-c', `ulimit -v ${kilobytes} && exec "$0" "$@"`];

/** Runs a command in a control group of so much memory; in none where this process may not make one. */
async function useMemoryLimit(memoryBytes: number) {
  const group = makeControlGroup(memoryBytes);
  onTestFinished(() => group?.remove());
  return group;
}

/** A photograph of 24 megapixels and about 700 kB. */
async function largePhoto(progressive: boolean): Promise<Body> {
  const [width, height] = [120, 80];
  let state = 1;
  const noise = Buffer.from(
    Array.from({ length: width * height * 3 }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return state >> 23;
    }),
  );
  const bytes = await sharp(noise, { raw: { width, height, channels: 3 } })
    .blur(1)
    .resize(6000, 4000, { kernel: 'cubic' })
    .jpeg({ quality: 22, progressive })
    .toBuffer();
  return { base64: bytes.toString('base64') };
}

describe.runIf(process.platform === 'linux')('little memory', () => {
  const atEnd: (() => unknown)[] = [];
  let web: Web;
  beforeAll(async () => {
    const [progressive, baseline] = await Promise.all([largePhoto(true), largePhoto(false)]);
    const hosts = {
      'progressive.example': { paths: { '*': { body: progressive } } },
      'baseline.example': { paths: { '*': { body: baseline } } },
    };
    web = await useWeb({ hosts }, (end) => atEnd.push(end));
  });
  afterAll(async () => {
    for (const end of atEnd.reverse()) await end();
  });

  test.each([
    [300, 'progressive'],
    [450, 'progressive'],
    [600, 'baseline'],
  ])(
    'of %i MiB around a container: 24 megapixels on 6 decoders, %s, and no row is blamed',
    async (mib, kind) => {
      const group = await useMemoryLimit(mib * MIB);
      const rows = Array.from(
        { length: 12 },
        (_, row) => [web.box.url(`${kind}.example`, `/${row}`), ''] as const,
      );
      const output = `${web.output}-${mib}`;
      const args = [await web.writeIndex(rows), '--output', output, '--decoders', '6', ...web.reach];
      const run = await runCli(args, { under: group?.under ?? [] });
      expect(run).toMatchObject({ code: 0, signal: null });
      const statuses = (await readMetadata(output)).map(({ failure_code, status }) => failure_code ?? status);
      expect(statuses).toEqual(Array(12).fill('success'));
      if (group === null) return;
      expect(run.stderr).toMatch(/decoders? instead of 6: .* may use \d+MiB of memory/);
      expect(group.kills()).toBe(0);
    },
  );

  test('is what doctor shows', async () => {
    const group = await useMemoryLimit(450 * MIB);
    const run = await runCli(['doctor', '--resolver', web.box.dns, '--decoders', '6', '--concurrency', '8'], {
      under: [...(group?.under ?? []), ...addressSpace(4_000_000)],
    });
    expect(run.stdout).toMatch(/^ok +address space +at most 3.8GiB for each process, 2GiB needed$/m);
    if (group === null) return;
    expect(run.stdout).toMatch(
      /^warn +memory +\S+ of 450MiB available \(limit of a control group .*\), about .* for 6 decoders\n +→ .*; a run starts 2 decoders$/m,
    );
  });

  test('for which decoders are killed again and again blames no row', async () => {
    const { args, output, undisturbed } = await useFaultRun(40);
    const tars = await undisturbed();
    const run = spawnCli([...args(output), '--decoders', '3', '--log-level', 'debug']);
    await run.shows('shard written');
    const engine = engineOf(output);
    for (let kills = 0; kills < 3; kills += 1) {
      const [decoder] = decodersOf(engine);
      if (decoder !== undefined) process.kill(decoder, 'SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { code, stderr } = await run.result;
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('killed') });
    expect(digestFiles(output, '.tar')).toEqual(tars);
  });
});

describe.runIf(process.platform === 'linux')('a limit on address space', () => {
  test.each([4_000_000, 8_000_000, 16_000_000])('of %i kB changes nothing', async (kilobytes) => {
    const { args, output, undisturbed } = await useFaultRun(20);
    const tars = await undisturbed();
    const run = await runCli(args(output), { under: addressSpace(kilobytes) });
    expect(run).toMatchObject({ code: 0 });
    expect(digestFiles(output, '.tar')).toEqual(tars);
  });

  test('of 4 GB leaves room for few lanes only', async () => {
    const { args, output, undisturbed } = await useFaultRun(20);
    const tars = await undisturbed();
    const lanes = ['--lanes', '8', '--decoders', '8'];
    expect(await runCli([...args(output), ...lanes], { under: addressSpace(4_000_000) })).toMatchObject({
      code: 0,
    });
    expect(digestFiles(output, '.tar')).toEqual(tars);
  });

  test('that is too small ends the run with 6 and says in one line what it needs', async () => {
    const { args, output } = await useFaultRun(1);
    expect(await runCli(args(output), { under: addressSpace(1_900_000) })).toMatchObject({
      code: 6,
      stderr:
        'laion-fetch: Cannot start a decoder: expected at least 2GiB of address space for each process, found a limit of 1.8GiB; raise it (ulimit -v 2097152)\n',
    });
  });

  test('does not keep signals from the run', async () => {
    const { args, output, undisturbed, resume } = await useFaultRun(40);
    const tars = await undisturbed();
    const under = addressSpace(8_000_000);
    const slow = [...args(output), '--per-host-rate', '1', '--log-level', 'info'];
    const interrupted = spawnCli(slow, { under });
    await interrupted.shows('shard written');
    interrupted.kill('SIGTERM');
    expect(await interrupted.result).toMatchObject({ code: 143 });

    // Whoever kills the process that was started has meant the run.
    const killed = spawnCli(slow, { under });
    await killed.shows('shard written');
    const engine = engineOf(output);
    killed.kill('SIGKILL');
    await killed.result;
    await expect.poll(() => isAlive(engine), { timeout: 15_000 }).toBe(false);
    await resume(output);
    expect(digestFiles(output, '.tar')).toEqual(tars);
  });

  test('makes a program without the flag fail with the reason, and blames no row', async () => {
    const { args, output, box } = await useFaultRun(10);
    const [index] = args(output);
    const options = { index, output, resolver: [box.dns], allowPrivate: ['127.0.0.0/8'], decoders: 1 };
    const program = `
      const { download } = await import(${JSON.stringify(LIBRARY)});
      const { code, message } = await download(${JSON.stringify(options)});
      console.log(code + ': ' + message);`;
    const under = addressSpace(8_000_000);
    const run = await startNode(['--input-type=module', '--eval', program], { under }).result;
    expect(run.stdout).toMatch(/^environment: .*start Node with --disable-wasm-trap-handler.*no row is lost/);
    expect(Object.keys(digestFiles(output, '.tar'))).toEqual([]);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
