import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, type ImageLimits } from '../../../src/image/job/settings.ts';
import type { DecoderEvent, DecoderOptions } from '../../../src/image/workers/decoder-pool.ts';
import { imageFixture, imageFixtureNames, PLAIN } from '../fixtures.ts';
import { DECODER_POOL, useDecoders } from '../use-decoders.ts';

function start({
  limits,
  ...options
}: Partial<Omit<DecoderOptions, 'limits'>> & { limits?: Partial<ImageLimits> } = {}) {
  const events: DecoderEvent[] = [];
  const decoders = useDecoders({
    limits: { ...DEFAULT_LIMITS, ...limits },
    onEvent: (event) => events.push(event),
    ...options,
  });
  return {
    decoders,
    events,
    causes: () => events.flatMap((event) => (event.kind === 'stopped' ? [event.cause] : [])),
  };
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('startDecoders', () => {
  test.each([
    ['decoded', PLAIN],
    ['kept', { ...PLAIN, disableAllReencoding: true, extractExif: true, computeHash: 'md5' as const }],
  ])('answers what processImage answers where images are %s, whatever the order', async (_, settings) => {
    const { decoders, causes } = start({ count: 2, settings });
    const names = imageFixtureNames();
    const results = await Promise.all(names.map((name) => decoders.decode({ bytes: imageFixture(name) })));
    const { processImage } = await import('../../../src/image/render/process-image.ts');
    for (const [index, name] of names.entries()) {
      expect(results[index], name).toEqual(
        await processImage({ bytes: imageFixture(name) }, settings, DEFAULT_LIMITS),
      );
    }
    expect(causes()).toEqual([]);
  });

  test('returns the bytes of the job themselves where they are kept', async () => {
    const { decoders } = start({ settings: { ...PLAIN, skipReencode: true } });
    const bytes = imageFixture('landscape.jpg');
    const result = await decoders.decode({ bytes });
    expect(result.ok && result.image.bytes).toBe(bytes);
  });

  test('sends the view and not the buffer behind it', async () => {
    const { decoders } = start({ settings: { ...PLAIN, computeHash: 'sha256' } });
    const bytes = imageFixture('tiny.jpg');
    const large = Buffer.concat([Buffer.alloc(1000), bytes, Buffer.alloc(1000)]);
    const [whole, view] = await Promise.all(
      [bytes, large.subarray(1000, 1000 + bytes.length)].map((body) => decoders.decode({ bytes: body })),
    );
    expect(view).toEqual(whole);
  });

  test('counts the jobs that are queued or running', async () => {
    const { decoders } = start();
    const bytes = imageFixture('tiny.jpg');
    const jobs = [1, 2, 3, 4].map(() => decoders.decode({ bytes }));
    expect(decoders.waiting).toBe(4);
    await Promise.all(jobs);
    expect(decoders.waiting).toBe(0);
  });

  test('an image whose process crashes twice ends as decoder_crashed', async () => {
    let deaths = 0;
    const { decoders } = start({
      onEvent: (event) => {
        if (event.kind === 'started' && deaths < 2) process.kill(event.pid, 'SIGSEGV');
        if (event.kind === 'stopped') deaths += 1;
      },
    });
    const result = await decoders.decode({ bytes: imageFixture('large.jpg') });
    expect(result).toEqual({ ok: false, code: 'decoder_crashed', mimeType: 'image/jpeg' });
    expect(deaths).toBe(2);
  });

  test('no process sees a body whose first bytes disqualify it', async () => {
    // No process can start, so a job that waits for one is rejected.
    const { decoders } = start({
      settings: { ...PLAIN, computeHash: 'md5' },
      limits: { memoryBytes: 50 * 2 ** 20 },
    });
    const [page, bomb, other] = await Promise.all([
      decoders.decode({ bytes: imageFixture('page.jpg') }),
      decoders.decode({ bytes: imageFixture('bomb-header.png') }),
      decoders.decode({ bytes: imageFixture('page.jpg'), expectedHash: 'another' }),
    ]);
    expect(page).toEqual({ ok: false, code: 'image_unknown', mimeType: 'text/html' });
    expect(bomb).toEqual({ ok: false, code: 'image_too_many_pixels', mimeType: 'image/png' });
    expect(other).toEqual({ ok: false, code: 'hash_mismatch', mimeType: 'text/html' });
  });

  test('a passthrough body goes to a process only for its EXIF', async () => {
    const limits = { memoryBytes: 50 * 2 ** 20 };
    const settings = { ...PLAIN, disableAllReencoding: true, rights: 'off' as const };
    const [plain, turned] = [
      { bytes: imageFixture('landscape.jpg') },
      { bytes: imageFixture('orientation-6.jpg') },
    ];
    const { decoders } = start({ limits, settings: { ...settings, extractExif: true } });
    const unasked = start({ limits, settings }).decoders;
    const none = decoders.decode(turned);
    expect(await decoders.decode(plain)).toMatchObject({ ok: true, image: { exif: '{}' } });
    expect(await unasked.decode(turned)).toMatchObject({ ok: true, image: { exif: null } });
    await expect(none).rejects.toThrow('Cannot start a decoder');
  });

  test('images that need the whole budget are decoded one by one, in order', async () => {
    const { decoders } = start({ count: 2, limits: { budgetBytesPerDecoder: 1 } });
    const finished: string[] = [];
    const decode = async (name: string) => {
      expect((await decoders.decode({ bytes: imageFixture(name) })).ok).toBe(true);
      finished.push(name);
    };
    const names = ['large.jpg', 'tiny.jpg', 'large.jpg', 'tiny.jpg', 'rgb.png', 'large.jpg', 'still.avif'];
    await Promise.all(names.map(decode));
    expect(finished).toEqual(names);
  });

  test('an image that takes too long ends as decoder_killed after a second try and does not harm the others', async () => {
    const { decoders, causes } = start({ limits: { decodeTimeoutMs: 1000 } });
    const broad = sharp({ create: { width: 7000, height: 7000, channels: 3, background: '#123456' } });
    const bytes = await broad.png({ compressionLevel: 1 }).toBuffer();
    const [slow, ...others] = await Promise.all([
      // A Gaussian 211 pixels wide takes many seconds on 49 million pixels.
      decoders.decode({ bytes, boxes: [[0, 0, 1, 1]] }),
      ...[1, 2, 3].map(() => decoders.decode({ bytes: imageFixture('tiny.jpg') })),
    ]);
    expect(slow).toEqual({ ok: false, code: 'decoder_killed', mimeType: 'image/png' });
    expect(others.map((result) => result.ok)).toEqual([true, true, true]);
    expect(causes()).toEqual(['timeout', 'timeout']);
  });

  test('an image whose decoding exhausts the memory harms neither the caller nor other images', async () => {
    const { decoders } = start({
      settings: { ...PLAIN, encodeFormat: 'original' },
      limits: { maxSidePixels: 1e6, maxPixels: 1e9 },
    });
    const end = Buffer.from('\x35\xaf\x06\x1e\0\0\0\0IEND\xaeB`\x82', 'latin1');
    const [bomb, other] = await Promise.all([
      decoders.decode({ bytes: Buffer.concat([imageFixture('bomb-header.png'), end]) }),
      decoders.decode({ bytes: imageFixture('tiny.jpg') }),
    ]);
    expect(bomb.ok ? 'ok' : bomb.code).toMatch(/^(image_undecodable|decoder_killed)$/);
    expect(other.ok).toBe(true);
  });

  test('replaces a process after a number of images', async () => {
    const { decoders, events, causes } = start({ limits: { recycleAfter: 5 } });
    const jobs = Array.from({ length: 16 }, () => decoders.decode({ bytes: imageFixture('tiny.jpg') }));
    expect((await Promise.all(jobs)).every((result) => result.ok)).toBe(true);
    expect(causes().length).toBeGreaterThanOrEqual(2);
    expect(new Set(causes())).toEqual(new Set(['recycled']));
    expect(new Set(events.map((event) => event.pid)).size).toBeGreaterThanOrEqual(3);
  });

  test('replaces a process that keeps too much memory', async () => {
    const { decoders, causes } = start({ limits: { recycleBytes: 1 } });
    const jobs = Array.from({ length: 4 }, () => decoders.decode({ bytes: imageFixture('tiny.jpg') }));
    expect((await Promise.all(jobs)).every((result) => result.ok)).toBe(true);
    expect(causes().length).toBeGreaterThanOrEqual(1);
    expect(new Set(causes())).toEqual(new Set(['recycled']));
  });

  test.runIf(process.platform === 'linux')(
    'a process sees neither the environment nor the folder nor the open files of its parent',
    async () => {
      const secret = '/dev/full';
      const descriptor = openSync(secret, 'w');
      try {
        const { decoders, events } = start();
        await decoders.decode({ bytes: imageFixture('tiny.jpg') });
        const proc = `/proc/${events[0]?.pid}`;
        const names = readFileSync(`${proc}/environ`, 'utf8').split('\0').filter(Boolean);
        const ours = /^(UV_THREADPOOL_SIZE|MALLOC_\w+|NODE_CHANNEL_\w+|PWD|OLDPWD|SHLVL|_)=/;
        expect(names.filter((name) => !ours.test(name))).toEqual([]);
        expect(readlinkSync(`${proc}/cwd`)).toBe('/');
        const opened = readdirSync(`${proc}/fd`).map((name) => readlinkSync(`${proc}/fd/${name}`));
        expect(opened).not.toContain(secret);
        expect(opened.filter((target) => target.startsWith('socket:')).length).toBe(2);
      } finally {
        closeSync(descriptor);
      }
    },
  );

  test('fails with a clear message if no process can start', async () => {
    const { decoders } = start({ count: 2, limits: { memoryBytes: 50 * 2 ** 20 } });
    const jobs = [
      decoders.decode({ bytes: imageFixture('tiny.jpg') }),
      decoders.decode({ bytes: imageFixture('tiny.jpg') }),
    ];
    for (const settled of await Promise.allSettled(jobs)) {
      expect(settled).toMatchObject({ status: 'rejected', reason: { name: 'UserError', exitCode: 6 } });
    }
    await expect(decoders.decode({ bytes: imageFixture('tiny.jpg') })).rejects.toThrow(
      /^Cannot start a decoder: /,
    );
    expect(decoders.waiting).toBe(0);
  });

  test('close ends every process and rejects the jobs that wait', async () => {
    const { decoders, events } = start({ count: 2 });
    await decoders.decode({ bytes: imageFixture('tiny.jpg') });
    const waiting = decoders.decode({ bytes: imageFixture('large.jpg') });
    const rejected = expect(waiting).rejects.toThrow('closed');
    await decoders.close();
    await rejected;
    await expect(decoders.decode({ bytes: imageFixture('tiny.jpg') })).rejects.toThrow('closed');
    for (const { pid } of events) expect(isAlive(pid)).toBe(false);
  });

  test('a process ignores a Ctrl-C, which its parent handles', async () => {
    const { decoders, events, causes } = start();
    await decoders.decode({ bytes: imageFixture('tiny.jpg') });
    for (const { pid } of events) process.kill(pid, 'SIGINT');
    expect((await decoders.decode({ bytes: imageFixture('large.jpg') })).ok).toBe(true);
    expect(causes()).toEqual([]);
  });

  test('a process exits when its parent vanishes', async () => {
    const script = `
      const { startDecoders } = await import(${JSON.stringify(DECODER_POOL)});
      startDecoders({ count: 1, settings: ${JSON.stringify(PLAIN)}, onEvent: ({ pid }) => console.log(pid) });`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(parent.stdout, 'data');
    const pid = Number(line);
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false);
  });
});
