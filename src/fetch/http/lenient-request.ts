import type { Dispatcher } from 'undici';
import type { Connection } from '../connect/connection.ts';
import { FetchError } from '../connect/fetch-error.ts';
import { LenientParser } from './lenient-parser.ts';

/** A GET, ready to be sent. */
export interface Get {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface Limits {
  /** Longest silence, in milliseconds. */
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
}

/**
 * Sends a GET on a fresh connection and parses the answer leniently. The handler is called as undici would call it. The
 * connection is closed when the answer ends: it carries nothing else.
 */
export function requestLeniently(
  connection: Connection,
  url: URL,
  { path, headers }: Get,
  { timeoutMs, maxBodyBytes }: Limits,
  handler: Required<
    Pick<
      Dispatcher.DispatchHandler,
      'onResponseStart' | 'onResponseData' | 'onResponseEnd' | 'onResponseError'
    >
  >,
): void {
  let isSettled = false;
  let received = 0;
  const settle = (error: Error | null): void => {
    if (isSettled) return;
    isSettled = true;
    void connection.destroy();
    if (error === null) handler.onResponseEnd(controller, {});
    else handler.onResponseError(controller, error);
  };
  const controller = { abort: settle } as Dispatcher.DispatchController;
  const parser = new LenientParser({
    start: (status, found) => handler.onResponseStart(controller, status, found),
    data: (piece) => {
      // The headers may have decided in the middle of what has arrived.
      if (isSettled) return;
      received += piece.length;
      if (received > maxBodyBytes) throw new FetchError('body_too_large');
      handler.onResponseData(controller, piece);
    },
  });
  const attempt = (step: () => void): void => {
    if (isSettled) return;
    try {
      step();
    } catch (error) {
      if (!(error instanceof FetchError)) throw error;
      settle(error);
    }
    if (parser.isComplete) settle(null);
  };
  connection.open((error, socket) => {
    if (socket === null) {
      settle(error ?? new FetchError('network_error'));
      return;
    }
    socket.setTimeout(timeoutMs, () => settle(new FetchError('timeout')));
    socket.on('error', settle);
    socket.on('end', () => attempt(() => parser.end()));
    socket.on('close', () => settle(new FetchError('connection_reset')));
    socket.on('readable', () => {
      for (let chunk = socket.read(); chunk !== null && !isSettled; chunk = socket.read()) {
        const bytes: Buffer = chunk;
        attempt(() => parser.push(bytes));
      }
    });
    const lines = Object.entries({ host: url.host, connection: 'close', ...headers });
    socket.write(
      `GET ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
    );
  });
}
