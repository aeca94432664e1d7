import type { Socket } from 'node:net';
import { type buildConnector, Client } from 'undici';
import type { HostKey } from '../../core/samples.ts';
import type { Dialler } from './dial.ts';

export interface ConnectionLimits {
  /** Longest silence before the headers and between two pieces of the body. */
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
}

const MAX_HEADER_BYTES = 16 * 1024;
/** How long a server is given to close its side of a connection that is not needed any more. */
const CLOSING_MS = 1_000;
/** How long an unused connection is kept; most servers close after 5 s and more. */
const KEEP_ALIVE_MS = 4_000;

/** At most one socket to one origin, used for one request at a time; undici's Client with one owner. */
export class Connection {
  readonly host: HostKey;
  readonly origin: string;
  readonly client: Client;
  /** Requests that it has carried; a first failure on a used connection may just be the server's idle timeout. */
  carried = 0;
  #onArrival: (bytes: number) => void = () => {};
  /** Bytes that had come in when the counting for the current request began. */
  #countedFrom = 0;
  #stopDialling: (() => void) | undefined;
  #socket: Socket | undefined;
  #closed: Promise<void> | undefined;

  constructor(host: HostKey, origin: string, dial: Dialler, limits: ConnectionLimits) {
    this.host = host;
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
      // Whatever the server promises.
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      pipelining: 1,
    });
  }

  /** From now on tells, whenever bytes come in, how many have: the body, headers, framing and all. */
  watch(onArrival: (bytes: number) => void): void {
    this.#onArrival = onArrival;
    this.#countedFrom = this.#socket?.bytesRead ?? 0;
  }

  /** Whether the socket was closed by either side. */
  get isSevered(): boolean {
    return this.#socket?.destroyed === true;
  }

  /**
   * Whether it can carry a further request on the socket that it has. A client whose dialling failed could dial again,
   * but after a certificate for another name undici's never settles what it is given next.
   */
  get isReusable(): boolean {
    return !this.client.destroyed && this.#socket?.destroyed === false;
  }

  /**
   * Closes an unused connection so that the server knows of it before the promise resolves: it sees the end of our
   * side and ends its own. A server that does not is left after a second.
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
    this.#stopDialling?.();
    return this.#closed;
  }

  #take(socket: Socket): void {
    this.#socket = socket;
    this.#countedFrom = socket.bytesRead;
    socket.on('readable', () => this.#onArrival(socket.bytesRead - this.#countedFrom));
  }
}
