import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { outcome } from '../../support/fetch-settings.ts';
import { useFetcher } from '../../support/use-fetcher.ts';

const BODY_BYTES = 48 * 2 ** 20;
/** What a sender's and a receiver's socket hold at most by Linux' defaults (tcp_wmem, tcp_rmem) is 4 and 6 MiB. */
const SOCKET_BUFFERS = 10 * 2 ** 20;

test.each(['Content-Length', 'Transfer-Encoding'])(
  'a refusal in the headers costs the server no more of the body than sockets hold (%s)',
  async (framing) => {
    let socket: Socket | undefined;
    let closed: Promise<void> | undefined;
    const server = createServer((request, response) => {
      socket = request.socket;
      const length = framing === 'Content-Length' ? { 'content-length': BODY_BYTES } : {};
      response.writeHead(200, { 'content-type': 'image/jpeg', 'x-robots-tag': 'noai', ...length });
      closed = new Promise((resolve) => response.once('close', resolve));
      const chunk = Buffer.alloc(64 * 1024);
      let left = BODY_BYTES;
      // As fast as the socket takes it.
      const pour = (): void => {
        while (left > 0 && !response.destroyed) {
          left -= chunk.length;
          if (!response.write(chunk)) {
            response.once('drain', pour);
            return;
          }
        }
        response.end();
      };
      pour();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const fetcher = useFetcher({ resolvers: [], maxBodyBytes: 2 * BODY_BYTES });
    expect(outcome(await fetcher.fetch(`http://127.0.0.1:${port}/large.jpg`))).toBe('optout_x_robots');
    await closed;
    console.info(`${socket?.bytesWritten} of ${BODY_BYTES} bytes were taken from the server`);
    expect(socket?.bytesWritten).toBeLessThan(SOCKET_BUFFERS);
  },
);
