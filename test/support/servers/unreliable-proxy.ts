import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';

/** How a proxy disturbs: it fails, cuts or delays every nth request; 0 for never. */
export interface Disturbance {
  readonly failEvery: number;
  readonly cutEvery: number;
  readonly delayEvery: number;
  readonly delayMs: number;
}

export interface UnreliableProxy {
  readonly endpoint: string;
  readonly counts: { requests: number; failed: number; cut: number; delayed: number };
  close(): Promise<void>;
}

/**
 * A proxy before a store. Of the requests to be cut, one half never reaches the store; the other is answered there, and
 * the answer is lost. Host names are passed on, so signatures stay valid.
 */
export async function startUnreliableProxy(target: string, how: Disturbance): Promise<UnreliableProxy> {
  const { hostname, port } = new URL(target);
  const counts = { requests: 0, failed: 0, cut: 0, delayed: 0 };
  const isNth = (every: number): boolean => every > 0 && counts.requests % every === 0;

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    counts.requests += 1;
    const [isCut, isFailed, isDelayed] = [how.cutEvery, how.failEvery, how.delayEvery].map(isNth);
    if (isDelayed) {
      counts.delayed += 1;
      await setTimeout(how.delayMs);
    }
    if (isCut) {
      counts.cut += 1;
      if (counts.cut % 2 === 0) {
        incoming.socket.destroy();
        return;
      }
    } else if (isFailed) {
      counts.failed += 1;
      incoming.resume();
      outgoing.writeHead(503, { 'content-type': 'application/xml', connection: 'close' });
      outgoing.end('<Error><Code>ServiceUnavailable</Code><Message>Please try again</Message></Error>');
      return;
    }
    const { method, url, headers } = incoming;
    const forwarded = request({ hostname, port, method, path: url, headers }, (answer) => {
      if (isCut) {
        answer.resume().once('end', () => incoming.socket.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => incoming.socket.destroy());
    incoming.on('error', () => forwarded.destroy());
    outgoing.on('error', () => forwarded.destroy());
    incoming.pipe(forwarded);
  }

  const server = createServer((incoming, outgoing) => void handle(incoming, outgoing));
  server.on('clientError', (_, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  return {
    endpoint: `http://127.0.0.1:${bound !== null && typeof bound === 'object' ? bound.port : 0}`,
    counts,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
