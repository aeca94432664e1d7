import type { ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { type Fate, LATENCY, REFUSING } from '../model/distributions.ts';
import type { Image } from '../model/images.ts';

/** An answer that is built once and sent often. */
interface Prepared {
  readonly status: number;
  readonly headers: string[];
  readonly body: Buffer;
}

const DRIPPED_BYTES = '20000';
const GARBAGE_BYTES = 4096;

const page = (status: number, more: readonly string[] = []): Prepared => {
  const title = status === 200 ? 'This image has moved' : `Error ${status}`;
  const body = `<!doctype html><title>${title}</title><p>${'Nothing to see here. '.repeat(40)}\n`;
  return prepare(status, 'text/html', Buffer.from(body), more);
};

/** Answers with the same body for every URL. */
const FIXED: Partial<Record<Fate, Prepared>> = {
  not_found: page(404),
  gone: page(410),
  forbidden: page(403),
  other_4xx: page(400),
  server_error: page(500),
  unavailable: page(503, ['Retry-After', String(REFUSING.retryAfterSeconds)]),
  once_unavailable: page(503),
  page: page(200),
  svg: prepare(
    200,
    'image/svg+xml',
    Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
  ),
  garbage: prepare(
    200,
    'image/jpeg',
    Buffer.from(Array.from({ length: GARBAGE_BYTES }, (_, at) => (at * 167) & 255)),
  ),
};

/** Sends the answers of all fates except those that end before a request. */
export class Answers {
  readonly #images: readonly Prepared[];
  readonly #optOuts: readonly Prepared[];
  readonly #dripping = new Set<ServerResponse>();

  constructor(images: readonly Image[]) {
    this.#images = images.map(({ body, type }) => prepare(200, type, body));
    this.#optOuts = images.map(({ body, type }) =>
      prepare(200, type, body, ['X-Robots-Tag', 'noai, noimageai']),
    );
    setInterval(() => {
      for (const response of this.#dripping) response.write('.');
    }, LATENCY.dripMs).unref();
  }

  /** `row` selects the image. */
  send(response: ServerResponse, fate: Fate, row: number): void {
    if (response.destroyed) return;
    const fixed = FIXED[fate];
    if (fixed !== undefined) sendPrepared(response, fixed);
    else if (fate === 'image') sendPrepared(response, this.#images[row % this.#images.length]);
    else if (fate === 'opt_out') sendPrepared(response, this.#optOuts[row % this.#optOuts.length]);
    else if (fate === 'tarpit_drip') this.#drip(response);
    else if (fate === 'reset' || fate === 'once_reset') reset(response);
    // What is left stays silent.
  }

  sendTooMany(response: ServerResponse, retryAfterSeconds: number): void {
    response.writeHead(429, ['Retry-After', String(retryAfterSeconds), 'Content-Length', '0']).end();
  }

  #drip(response: ServerResponse): void {
    response.writeHead(200, ['Content-Type', 'image/jpeg', 'Content-Length', DRIPPED_BYTES]);
    this.#dripping.add(response);
    response.once('close', () => this.#dripping.delete(response));
  }
}

function prepare(status: number, type: string, body: Buffer, more: readonly string[] = []): Prepared {
  return { status, headers: ['Content-Type', type, 'Content-Length', String(body.length), ...more], body };
}

function sendPrepared(response: ServerResponse, answer: Prepared | undefined): void {
  if (answer !== undefined) response.writeHead(answer.status, answer.headers).end(answer.body);
}

function reset({ req: { socket } }: ServerResponse): void {
  // The TCP connection below TLS is out of reach; closing without an answer comes close.
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}
