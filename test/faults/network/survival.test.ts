import { type AddressInfo, createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { constants, createBrotliCompress, createGzip, gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { startNode } from '../../support/command/start-node.ts';
import type { ChildJob, ChildReport } from './fetch-in-child.ts';

const CHILD = fileURLToPath(new URL('fetch-in-child.ts', import.meta.url));
const MIB = 2 ** 20;

async function fetchInChild(job: Partial<ChildJob> & Pick<ChildJob, 'first' | 'urls'>): Promise<ChildReport> {
  const whole: ChildJob = { times: 1, maxBodyBytes: 30 * MIB, perHost: 16, stallMs: 0, ...job };
  const args = ['--import', 'tsx', CHILD, JSON.stringify(whole)];
  const result = await startNode(args, { timeoutMs: 170_000 }).result;
  expect(result).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(result.stdout) as ChildReport;
}

/** A server on loopback that gives the answer for the path; `end` hangs up after it. */
async function useServer(
  answers: Readonly<Record<string, { readonly bytes: Buffer; readonly end?: boolean }>>,
): Promise<(path: string, address?: string) => string> {
  const serve = (socket: Socket): void => {
    socket.on('error', () => {});
    socket.on('data', (request) => {
      const path = /^GET (\S+)/.exec(request.toString('latin1'))?.[1] ?? '';
      const answer = answers[path];
      if (answer === undefined) socket.destroy();
      else if (answer.end === true) socket.end(answer.bytes);
      else socket.write(answer.bytes);
    });
  };
  const server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return (path, address = '127.0.0.1') => `http://${address}:${port}${path}`;
}

const answer = (headers: readonly string[], body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(['HTTP/1.1 200 OK', ...headers, '', ''].join('\r\n')), body]);
const whole = (body: Buffer, ...headers: readonly string[]): Buffer =>
  answer([`Content-Length: ${body.length}`, ...headers], body);

// https://github.com/nodejs/undici/issues/5360: `assert(!this.paused)` in the socket's end handler killed the process
// when a server hung up on a body that was not taken off fast enough.
test('nodejs/undici#5360: survives 2,000 answers after which the server hangs up while the event loop stalls', async () => {
  const body = Buffer.alloc(300_000, 'a');
  const chunk = Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body]);
  const url = await useServer({
    '/first': { bytes: whole(Buffer.from('hello')) },
    '/cut': { bytes: answer(['Content-Length: 600000'], body), end: true },
    '/chunks': { bytes: answer(['Transfer-Encoding: chunked'], chunk), end: true },
    '/until-close': { bytes: answer([], body), end: true },
    '/whole': { bytes: whole(body), end: true },
  });
  const paths = ['/cut', '/chunks', '/until-close', '/whole'];
  const urls = Array.from({ length: 100 }, (_, i) => url(paths[i % 4] ?? '', `127.0.2.${1 + (i % 25)}`));
  const { outcomes } = await fetchInChild({ first: url('/first'), urls, times: 20, stallMs: 15 });
  expect(outcomes).toEqual({ ok: 1000, body_truncated: 1000 });
}, 180_000);

/** 512 MiB of zeros through a compressor. */
async function makeBomb(compressor: ReturnType<typeof createGzip> | ReturnType<typeof createBrotliCompress>) {
  const parts: Buffer[] = [];
  compressor.on('data', (part: Buffer) => parts.push(part));
  const ended = new Promise((resolve) => compressor.once('end', resolve));
  const zeros = Buffer.alloc(MIB);
  for (let written = 0; written < 512; written += 1) {
    if (!compressor.write(zeros)) await new Promise((resolve) => compressor.once('drain', resolve));
  }
  compressor.end();
  await ended;
  return Buffer.concat(parts);
}

test('bombs of 512 MiB end as a named failure and cost less than 50 MB, and many at once less than 100 MB', async () => {
  const brotli = await makeBomb(createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }));
  const gzip = await makeBomb(createGzip());
  expect(brotli.length).toBeLessThan(1000);
  const url = await useServer({
    // Do not count the one-time cost of decoding.
    '/first': { bytes: whole(gzipSync('hello'), 'Content-Encoding: gzip') },
    '/br': { bytes: whole(brotli, 'Content-Encoding: br') },
    '/gzip': { bytes: whole(gzip, 'Content-Encoding: gzip') },
  });
  for (const [path, times, code] of [
    ['/br', 1, 'encoding_invalid'],
    ['/gzip', 1, 'body_too_large'],
    ['/br', 32, 'encoding_invalid'],
    ['/gzip', 8, 'body_too_large'],
  ] as const) {
    const report = await fetchInChild({ first: url('/first'), urls: [url(path)], times });
    expect(report.outcomes).toEqual({ [code]: times });
    expect(report.grownBytes).toBeLessThan(times === 1 ? 50e6 : 100e6);
  }
}, 180_000);
