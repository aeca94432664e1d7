import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { ImageJob } from '../../../src/image/job/job.ts';
import { DEFAULT_LIMITS } from '../../../src/image/job/settings.ts';
import type { DecoderEvent } from '../../../src/image/workers/decoder-pool.ts';
import { imageFixture, PLAIN } from '../../image/fixtures.ts';
import { useDecoders } from '../../image/use-decoders.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { spawnCli } from '../../support/command/cli.ts';

const GOOD = ['landscape.jpg', 'progressive.jpg', 'rgb.png', 'still.gif', 'lossy.webp', 'tiny.jpg'].map(
  imageFixture,
);

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A Gaussian 211 pixels wide takes many seconds on 49 million pixels. */
async function hangs(): Promise<ImageJob> {
  const broad = sharp({ create: { width: 7000, height: 7000, channels: 3, background: '#123456' } });
  return { bytes: await broad.png({ compressionLevel: 1 }).toBuffer(), boxes: [[0, 0, 1, 1]] };
}

/** A GIF of 22,000 x 22,000 pixels: the decoder's libraries cannot get 1.9 GB and abort it. */
function killsItsDecoder(): ImageJob {
  const bytes = Buffer.from(imageFixture('still.gif'));
  const frame = bytes.indexOf(0x2c, 13 + 3 * 2 ** ((bytes.readUInt8(10) & 7) + 1));
  for (const at of [6, 8, frame + 5, frame + 7]) bytes.writeUInt16LE(22_000, at);
  return { bytes };
}

/** The 41 bytes that use 1.5 GB, completed to a valid file. */
function eatsMemory(): ImageJob {
  const end = Buffer.from('\x35\xaf\x06\x1e\0\0\0\0IEND\xaeB`\x82', 'latin1');
  return { bytes: Buffer.concat([imageFixture('bomb-header.png'), end]) };
}

describe.runIf(process.platform === 'linux')('harmful images among good ones', () => {
  test.each([2, 4])('fails alone, with %i decoders', async (count) => {
    const events: DecoderEvent[] = [];
    const decoders = useDecoders({
      count,
      settings: { ...PLAIN, encodeFormat: 'png', encodeQuality: 1 },
      // Limits that let the poison pass.
      limits: { ...DEFAULT_LIMITS, maxPixels: 1e9, maxSidePixels: 1e6, decodeTimeoutMs: 1500 },
      onEvent: (event) => events.push(event),
    });
    const jobs = Array.from(
      { length: 200 },
      (_, i): ImageJob => ({ bytes: GOOD[i % GOOD.length] ?? Buffer.of() }),
    );
    jobs.splice(70, 0, await hangs());
    jobs.splice(100, 0, killsItsDecoder());
    jobs.splice(130, 0, eatsMemory());

    const results = await Promise.all(jobs.map((job) => decoders.decode(job)));
    const failures = results.flatMap((result, row) => (result.ok ? [] : [[row, result.code]]));
    expect(failures).toEqual([
      [70, 'decoder_killed'],
      [100, 'decoder_killed'],
      // The memory limit or the time limit ends it, whichever this machine reaches first.
      [130, expect.stringMatching(/^(image_undecodable|decoder_killed)$/)],
    ]);
    expect(decoders.waiting).toBe(0);
    const causes = events.flatMap((event) => (event.kind === 'stopped' ? [event.cause] : []));
    expect(causes.filter((cause) => cause === 'out-of-memory').length).toBe(2);
    await decoders.close();
    expect(events.length).toBeGreaterThan(count);
    for (const { pid } of events) expect(isAlive(pid)).toBe(false);
  });

  test('no decoder outlives an engine that is killed while they work', async () => {
    const web = await useWeb({
      hosts: { '*': { paths: { '*': { body: { fixture: 'images/large.jpg' } } } } },
    });
    const rows = Array.from(
      { length: 400 },
      (_, i) => [web.box.url(`h${i % 40}.example`, `/${i}`), 'caption'] as const,
    );
    const index = await web.writeIndex(rows);
    const flags = ['--output', web.output, '--number-sample-per-shard', '50', ...web.reach];
    const run = spawnCli([index, ...flags, '--decoders', '2', '--log-level', 'debug']);
    await run.shows('shard written');
    run.kill('SIGKILL');
    const { stderr } = await run.result;
    const pids = [...stderr.matchAll(/"pid":(\d+),"msg":"decoder started"/g)].map(([, pid]) => Number(pid));
    expect(pids.length).toBe(2);
    for (const pid of pids) await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false);
  });
});
