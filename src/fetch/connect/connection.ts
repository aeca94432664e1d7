import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import type { HostKey } from '../../core/samples.ts';
import type { Dialler } from './dial.ts';
import { Client, errors } from './undici.ts';

/** Limits on time and size that hold for every connection. */
export interface ConnectionLimits {
  /** Longest silence before the headers and between two pieces of the body, in milliseconds. */
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
}

/** Some servers send cookies and policies of this size. They are held only until the headers are complete. */
export const MAX_HEADER_BYTES = 64 * 1024;
/** How long we wait for a server to close its side of a connection that is no longer needed. */
const CLOSING_MS = 1_000;
/** How long an unused connection is kept; most servers close theirs after 5 s or more. */
const KEEP_ALIVE_MS = 4_000;

/** At most one socket to one origin, for one request at a time: undici's Client with one owner. */
export class Connection {
  readonly host: HostKey;
  readonly origin: string;
  /** The IP address that it is counted under; undefined if addresses are not counted. */
  readonly address: string | undefined;
  readonly client: Client;
  readonly #dial: Dialler;
  /** Ends the wait for a socket from `open`. */
  #abandon: ((error: Error) => void) | undefined;
  /** Requests so far. A failure on a used connection may just mean the server's idle timeout. */
  carried = 0;
  /** Whether the host had another connection when this one was opened. */
  isBeside = false;
  /** Settles when it may carry the next request; undefined if it may at once. */
  rest: Promise<void> | undefined;
  #onArrival: (bytes: number) => void = () => {};
  readonly #onStray: (connection: Connection) => void;
  #isStray = false;
  /** Bytes that had arrived before the current request. */
  #countedFrom = 0;
  #stopDialling: (() => void) | undefined;
  #socket: Socket | undefined;
  #closed: Promise<void> | undefined;

  /** `onStray` is called once, when bytes arrive that no request asked for, or that are not HTTP. */
  constructor(
    host: HostKey,
    origin: string,
    dial: Dialler,
    limits: ConnectionLimits,
    onStray: (connection: Connection) => void,
    address?: string,
  ) {
    this.address = address;
    this.host = host;
    this.#onStray = onStray;
    this.#dial = dial;
    this.origin = origin;
    this.client = new Client(origin, {
      connect: (options: buildConnector.Options, callback: buildConnector.Callback) => {
        this.#stopDialling = dial(options, (...result: Parameters<buildConnector.Callback>) => {
          if (result[0] === null) this.#take(result[1]);
          callback(...result);
        });
      },
      headersTimeout: limits.timeoutMs,
      bodyTimeout: limits.timeoutMs,
      maxResponseSize: limits.maxBodyBytes,
      maxHeaderSize: MAX_HEADER_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // Even if the server promises more.
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      pipelining: 1,
    });
  }

  /** Opens a socket that the caller reads instead of undici. It is closed by `destroy`. */
  open(opened: (error: Error | null, socket: Socket | null) => void): void {
    const { protocol, hostname, host, port } = new URL(this.origin);
    this.#abandon = (error) => opened(error, null);
    this.#stopDialling = this.#dial(
      { protocol, hostname, host, port, servername: '' },
      (...[error, socket]: Parameters<buildConnector.Callback>) => {
        this.#abandon = (reason) => socket?.destroy(reason);
        if (socket !== null) this.#take(socket);
        opened(error, socket);
      },
    );
  }

  /** Reports how many bytes have arrived from now on, each time some do: body, headers and framing. */
  watch(onArrival: (bytes: number) => void): void {
    this.#onArrival = onArrival;
    this.#countedFrom = this.#socket?.bytesRead ?? 0;
  }

  /** Whether either side has closed the socket. */
  get isSevered(): boolean {
    return this.#socket?.destroyed === true;
  }

  /**
   * Whether its socket can carry another request. A client that failed to dial could dial again, but after a certificate
   * for another name undici's client never settles its next request.
   */
  get isReusable(): boolean {
    return !this.#isStray && !this.client.destroyed && this.#socket?.destroyed === false;
  }

  /**
   * Closes an unused connection. The promise resolves when the server has closed its side, too, so that it no longer
   * counts the connection; or after one second.
   */
  async close(): Promise<void> {
    const socket = this.#socket;
    if (socket !== undefined && !socket.destroyed) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, CLOSING_MS);
        socket.once('close', () => {
          clearTimeout(timer);
          resolve();
        });
        socket.end();
      });
    }
    await this.destroy();
  }

  /** Closes the socket at once; a request under way ends with `error`. Resolves when the socket is closed. */
  destroy(error?: Error): Promise<void> {
    this.#closed ??= this.client.destroy(error ?? null);
    const abandon = this.#abandon;
    this.#abandon = undefined;
    abandon?.(error ?? new Error('closed'));
    this.#stopDialling?.();
    return this.#closed;
  }

  #take(socket: Socket): void {
    this.#socket = socket;
    this.#countedFrom = socket.bytesRead;
    socket.on('readable', () => this.#onArrival(socket.bytesRead - this.#countedFrom));
    // undici also parses an idle connection, and destroys its socket when there are bytes to parse.
    socket.on('error', (error) => {
      // A first answer that is not valid HTTP was asked for.
      const wasAsked = this.carried <= 1 && this.client.stats.running > 0;
      if (this.#isStray || wasAsked || !isBadAnswer(error)) return;
      this.#isStray = true;
      this.#onStray(this);
    });
  }
}

/** Whether undici gave up on an answer that is not valid HTTP or out of place: status 100 or 101, or one not asked for. */
export function isBadAnswer(error: unknown): boolean {
  if (error instanceof errors.HTTPParserError) return true;
  return error instanceof errors.SocketError && /^bad (?:response|upgrade)$/.test(error.message);
}
