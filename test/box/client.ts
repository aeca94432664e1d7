import { connect } from 'node:net';
import { Agent, request } from 'undici';
import { onTestFinished } from 'vitest';
import type { Box } from '../support/box/box.ts';

interface Page {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface Client {
  get(url: string): Promise<Page>;
  close(): Promise<void>;
}

export interface ClientOptions {
  readonly trustsBox?: boolean;
  readonly address?: string;
  readonly timeoutMs?: number;
  /** Most connections to one host. Default: any number. */
  readonly connections?: number;
}

/** A client that reaches every host at the box and trusts its authority. */
export function useClient(box: Box, options: ClientOptions = {}): Client {
  const { trustsBox = true, address = box.addresses[0], timeoutMs = 5000, connections = null } = options;
  const agent = new Agent({
    connections,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: {
      timeout: timeoutMs,
      ...(trustsBox ? { ca: box.ca } : {}),
      lookup: (_host, _options, callback) => callback(null, [{ address, family: 4 }]),
    },
  });
  const close = () => agent.destroy();
  onTestFinished(close);
  return {
    async get(url) {
      const response = await request(url, { dispatcher: agent });
      const body = Buffer.from(await response.body.arrayBuffer());
      return { status: response.statusCode, headers: response.headers, body };
    },
    close,
  };
}

/** All bytes that the server sends for one request, until it ends the connection or the time is over. */
export function exchange(box: Box, host: string, path: string, forMs = 5000): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const socket = connect(box.ports.http, box.addresses[0], () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    });
    const timer = setTimeout(() => socket.destroy(), forMs);
    socket.on('data', (piece) => pieces.push(piece));
    socket.once('error', reject);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(Buffer.concat(pieces));
    });
  });
}
