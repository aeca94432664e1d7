import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { HostKey } from '../../../src/core/samples.ts';
import { laneOf } from '../../../src/run/threads/lane-of.ts';
import type { Answer, WebScript } from '../../support/box/answers.ts';
import { PHOTOS } from '../../support/box/photos.ts';
import { FIXTURE_WEB, readScript } from '../../support/box/read-script.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli, spawnCli } from '../../support/command/cli.ts';
import { digestFiles, readMetadata } from '../../support/command/read-dataset.ts';
import { materialiseIndex } from '../../support/fixture-index/materialise-index.ts';
import { PLACEHOLDER_PORTS } from '../../support/servers/ports.ts';

const IMAGE: Answer = { body: { fixture: 'images/tiny.jpg' } };
const TWO_LANES = ['--lanes', '2', '--decoders', '2'];

/** A name that belongs to the lane. */
function hostOf(lane: number, lanes: number, prefix: string): string {
  for (let n = 0; ; n += 1) {
    const name = `${prefix}${n}.example`;
    if (laneOf(name as HostKey, lanes) === lane) return name;
  }
}

const redirectTo = (host: string, path: string): Answer => ({
  redirect: `http://${host}:${PLACEHOLDER_PORTS.http}${path}`,
});

const photo = (path: string): Answer => {
  const body = PHOTOS[Number(path.slice(1)) % PHOTOS.length];
  return body === undefined ? { status: 404 } : { body };
};

describe('the tars of a run', () => {
  /** Runs with several numbers of lanes and decoders, each into its own folder; returns the digests of the tars. */
  async function digests(web: Awaited<ReturnType<typeof useWeb>>, index: string, flags: readonly string[]) {
    const tars: Record<string, string>[] = [];
    for (const [lanes, decoders] of [
      [1, 1],
      [2, 4],
      [3, 3],
    ]) {
      web.box.reset();
      const output = join(web.folder, `${lanes}-${decoders}`);
      const how = ['--lanes', `${lanes}`, '--decoders', `${decoders}`, ...web.reach, ...flags];
      expect((await runCli([index, '--output', output, ...how])).code).toBe(0);
      tars.push(digestFiles(output, '.tar'));
    }
    return tars;
  }

  test('are the same with 1, 2 and 3 lanes, on the fixtures', { timeout: 240_000 }, async () => {
    const web = await useWeb(await readScript(FIXTURE_WEB));
    const index = join(web.folder, 'index.parquet');
    await materialiseIndex(web.box.ports, index);
    const [first, ...others] = await digests(web, index, ['--timeout', '1s', '--deadline', '2s']);
    expect(Object.keys(first ?? {})).toEqual(['00000.tar']);
    expect(others).toEqual([first, first]);
  });

  test('are the same with 1, 2 and 3 lanes, whatever redirects, throttles or is dead', {
    timeout: 240_000,
  }, async () => {
    const web = await useWeb({
      hosts: {
        'from.example': { paths: { '*': ({ path }) => redirectTo('to.example', path) } },
        'back.example': { paths: { '*': ({ path }) => redirectTo('from.example', path) } },
        'to.example': { rateLimit: { perSecond: 40 }, paths: { '*': ({ path }) => photo(path) } },
        'gone.example': { dns: { rcode: 'NXDOMAIN' } },
        '*': { paths: { '*': ({ path }) => photo(path) } },
      },
    });
    const shut = `http://shut.example:${await web.box.refusedPort()}`;
    const hosts = ['from', 'a', 'b', 'to', 'back', 'gone', 'c', 'shut', 'd', 'e'];
    const rows = Array.from({ length: 250 }, (_, i) => {
      const host = hosts[i % hosts.length];
      return [host === 'shut' ? `${shut}/${i}` : web.box.url(`${host}.example`, `/${i}`), `${i}`] as const;
    });
    const flags = ['--number-sample-per-shard', '50', '--image-size', '64'];
    const [first, ...others] = await digests(web, await web.writeIndex(rows), flags);
    expect(Object.keys(first ?? {}).length).toBe(5);
    expect(others).toEqual([first, first]);
    const outcomes = await readMetadata(join(web.folder, '3-3'));
    expect(outcomes.filter(({ status }) => status === 'success').length).toBe(200);
  });
});

describe('with 2 lanes', () => {
  test('no host sees more than its limit, each name is looked up once, and redirects cost no attempt', async () => {
    const [from, to] = [hostOf(0, 2, 'from'), hostOf(1, 2, 'to')];
    const { box, output, reach, writeIndex } = await useWeb({
      hosts: {
        [from]: {
          paths: {
            '/flaky': redirectTo(to, '/flaky'),
            '*': ({ path }) => ({ ...redirectTo(to, path), delayMs: 3 }),
          },
        },
        [to]: {
          paths: {
            '/flaky': [{ status: 500 }, IMAGE],
            '*': ({ path }) =>
              path.startsWith('/again')
                ? redirectTo(from, path.slice('/again'.length))
                : { ...IMAGE, delayMs: 3 },
          },
        },
      },
    });
    const rows = Array.from({ length: 300 }, (_, i) => {
      if (i === 0) return [box.url(from, '/flaky'), ''] as const;
      // By way of the other lane, directly, and there and back.
      if (i % 3 === 0) return [box.url(from, `/${i}`), ''] as const;
      return [
        box.url(to, i % 3 === 1 ? `/${i}` : `/again/${i}`, i % 2 === 0 ? 'http' : 'https'),
        '',
      ] as const;
    });
    const flags = [...TWO_LANES, '--per-host', '5', '--number-sample-per-shard', '50', ...reach];
    const { code } = await runCli([await writeIndex(rows), '--output', output, ...flags]);
    expect(code).toBe(0);
    const outcomes = await readMetadata(output);
    expect(outcomes.map(({ status, attempts }) => [status, Number(attempts)])).toEqual(
      rows.map((_, i) => ['success', i === 0 ? 2 : 1]),
    );
    const { hosts, dns } = box.stats();
    expect(hosts[from]?.requests.total).toBe(201);
    expect(hosts[to]?.requests.total).toBe(401);
    for (const host of [from, to]) {
      expect(hosts[host]?.connections.peak).toBeLessThanOrEqual(5);
      expect(hosts[host]?.connections.peak).toBeGreaterThan(1);
    }
    expect(dns).toEqual({ [`A ${from}`]: 1, [`A ${to}`]: 1 });
  });

  test('a host under several spellings has one limit', async () => {
    const { box, output, reach, writeIndex } = await useWeb({
      hosts: { '*': { paths: { '*': { ...IMAGE, delayMs: 3 } } } },
    });
    const names = [
      'a.example',
      'A.Example',
      'a.example.',
      '%61.example',
      '127.0.0.1',
      '2130706433',
      '0x7f.1',
    ];
    const rows = names.flatMap((name) =>
      Array.from({ length: 40 }, (_, i) => [box.url(name, `/${i}`), ''] as const),
    );
    const flags = [...TWO_LANES, '--per-host', '3', ...reach];
    const { code, stdout } = await runCli([await writeIndex(rows), '--output', output, ...flags, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 280, successes: 280 });
    const { connections, dns } = box.stats();
    expect(connections.http.peak).toBeLessThanOrEqual(6);
    expect(dns).toEqual({ 'A a.example': 1 });
  });

  test('a lane whose only name cannot be resolved does not stop the run', async () => {
    const mute = hostOf(0, 2, 'mute');
    const alive = hostOf(1, 2, 'alive');
    const { box, output, reach, writeIndex } = await useWeb({
      hosts: { [mute]: { dns: { silent: true } }, [alive]: { paths: { '*': IMAGE } } },
    });
    const rows = [box.url(mute, '/'), box.url(alive, '/')].map((url) => [url, ''] as const);
    const flags = [...TWO_LANES, '--timeout', '400ms', '--retries', '0', '--json', ...reach];
    const { code, stdout } = await runCli([await writeIndex(rows), '--output', output, ...flags]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 2, successes: 1, failure_codes: { dns_timeout: 1 } });
  });

  test('a run without name servers stops with exit 6 and blames no row', async () => {
    const { box, output, reach, writeIndex } = await useWeb({ hosts: { '*': { dns: { silent: true } } } });
    const rows = Array.from({ length: 60 }, (_, i) => [box.url(`www.d${i}.example${i}`, '/'), ''] as const);
    const flags = [...TWO_LANES, '--timeout', '400ms', '--retries', '0', ...reach];
    const { code, stderr } = await runCli([await writeIndex(rows), '--output', output, ...flags]);
    expect({ code, stderr }).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('name servers do not answer'),
    });
    expect(digestFiles(output, '_stats.json')).toEqual({});
  });
});

describe('an interrupted run with 2 lanes', () => {
  const GALLERY: WebScript = { hosts: { '*': { paths: { '*': ({ path }) => photo(path) } } } };

  async function useGallery(rows: number) {
    const web = await useWeb(GALLERY);
    const entries = Array.from(
      { length: rows },
      (_, i) => [web.box.url(`h${i % 7}.example`, `/${i}`), `${i}`] as const,
    );
    const index = await web.writeIndex(entries);
    const flags = ['--number-sample-per-shard', '20', '--image-size', '64', ...TWO_LANES, ...web.reach];
    const undisturbed = join(web.folder, 'undisturbed');
    expect((await runCli([index, '--output', undisturbed, ...flags])).code).toBe(0);
    return { ...web, index, flags, tars: digestFiles(undisturbed, '.tar') };
  }

  test('by SIGKILL, twice, ends with the tars of an undisturbed run and leaves no process', {
    timeout: 120_000,
  }, async () => {
    const { index, flags, output, tars } = await useGallery(160);
    const pids: number[] = [];
    for (let kill = 0; kill < 2; kill += 1) {
      const run = spawnCli([index, '--output', output, ...flags, '--log-level', 'debug']);
      await run.shows('shard written');
      run.kill('SIGKILL');
      const { signal, stderr } = await run.result;
      expect(signal).toBe('SIGKILL');
      pids.push(...decoderPids(stderr));
    }
    expect(pids.length).toBeGreaterThan(0);
    await expectEnded(pids);
    expect(Object.keys(digestFiles(output, '_stats.json')).length).toBeLessThan(8);
    expect((await runCli([index, '--output', output, ...flags])).code).toBe(0);
    expect(digestFiles(output, '.tar')).toEqual(tars);
    expect((await runCli(['verify', output])).code).toBe(0);
  });

  test('by the death of a lane says so, leaves no process and resumes to the same tars', {
    timeout: 120_000,
  }, async () => {
    const { index, flags, output, tars, folder } = await useGallery(160);
    // Loaded into every thread of the command: the lane dies when it posts a message after its 30th outcome.
    const saboteur = join(folder, 'saboteur.cjs');
    await writeFile(
      saboteur,
      `const { parentPort, threadId } = require('node:worker_threads');
       let samples = 0;
       if (threadId === 2) {
         const post = parentPort.postMessage.bind(parentPort);
         parentPort.postMessage = (reports, owned) => {
           samples += reports.filter(({ kind }) => kind === 'sample').length;
           if (samples > 30) throw new Error('sabotaged');
           post(reports, owned);
         };
       }`,
    );
    const run = await runCli([index, '--output', output, ...flags, '--log-level', 'debug'], {
      env: { NODE_OPTIONS: `--require=${saboteur}` },
    });
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(
      /lane 2 of 2 has ended; no row is lost, the same command resumes\n.*sabotaged/,
    );
    await expectEnded(decoderPids(run.stderr));
    expect(Object.keys(digestFiles(output, '_stats.json')).length).toBeLessThan(8);
    expect((await runCli([index, '--output', output, ...flags])).code).toBe(0);
    expect(digestFiles(output, '.tar')).toEqual(tars);
    expect((await runCli(['verify', output])).code).toBe(0);
  });

  test('by SIGINT while hosts hang ends without them, leaves no process, and resumes', async () => {
    const hangs = { is: true };
    const { box, output, reach, writeIndex } = await useWeb({
      hosts: {
        '*': {
          paths: {
            '*': ({ path }) =>
              hangs.is && Number(path.slice(1)) >= 100 ? { ...IMAGE, delayMs: 300_000 } : IMAGE,
          },
        },
      },
    });
    const rows = Array.from({ length: 160 }, (_, i) => [box.url(`h${i % 7}.example`, `/${i}`), ''] as const);
    const index = await writeIndex(rows);
    const flags = [
      '--number-sample-per-shard',
      '20',
      '--timeout',
      '10m',
      '--deadline',
      '10m',
      ...TWO_LANES,
      ...reach,
    ];
    const run = spawnCli([index, '--output', output, ...flags, '--log-level', 'debug'], {
      timeoutMs: 50_000,
    });
    await run.shows('shard written');
    run.kill('SIGINT');
    const { code, stderr } = await run.result;
    expect(code).toBe(130);
    await expectEnded(decoderPids(stderr));
    hangs.is = false;
    const resumed = await runCli([index, '--output', output, ...flags, '--json']);
    expect(resumed.code).toBe(0);
    expect(JSON.parse(resumed.stdout)).toMatchObject({ rows: 160, successes: 160 });
    expect((await runCli(['verify', output])).code).toBe(0);
  });
});

/** Process ids of the decoders in the log. */
function decoderPids(log: string): number[] {
  const lines = log.split('\n').filter((line) => line.includes('decoder started'));
  const pids = lines.map((line) => Number(/"pid":(\d+)/.exec(line)?.[1]));
  expect(pids.every((pid) => pid > 0)).toBe(true);
  return pids;
}

/** Waits for processes to end; the time-out of the test is what fails. */
async function expectEnded(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 20));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
