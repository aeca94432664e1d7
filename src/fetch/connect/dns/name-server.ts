import { randomInt } from 'node:crypto';
import { MovingMean } from '../../../util/moving-mean.ts';
import { askOverTcp } from './ask-over-tcp.ts';
import type { Reply } from './message.ts';
import { QuestionSocket } from './question-socket.ts';
import { readServerAddress, type ServerAddress } from './server-address.ts';

/** What came of a question. Silent: no answer in time, or the server cannot be reached. */
export type Outcome = Exclude<Reply, { readonly kind: 'truncated' }> | { readonly kind: 'silent' };

/** A server is given this many times the time that it usually takes. */
const PATIENCE = 5;
/** A server that usually answers from its cache needs time for a name that is not in it. */
const MIN_TIMEOUT_MS = 250;
const LATENCY_WEIGHT = 1 / 8;

/**
 * One name server, asked over UDP, and over TCP for answers that do not fit into a datagram. c-ares, Node's own
 * resolver, does not do: one datagram that it cannot parse makes every question under way on its socket fail.
 */
export class NameServer {
  readonly #address: ServerAddress;
  readonly #maxTimeoutMs: number;
  /** Milliseconds that an answer takes. Late answers count, too, so a server that slows down gets more time. */
  readonly #latency: MovingMean;
  readonly #open = new Set<{ close(): void }>();
  #socket: QuestionSocket | null = null;

  /** `server`: `address` or `address:port`. `maxTimeoutMs`: the longest wait for an answer, in milliseconds. */
  constructor(server: string, maxTimeoutMs: number) {
    this.#address = readServerAddress(server);
    this.#maxTimeoutMs = maxTimeoutMs;
    this.#latency = new MovingMean(LATENCY_WEIGHT, maxTimeoutMs / PATIENCE);
  }

  /** Asks a question once. Rejects only if this process has too many open files. */
  async ask(question: Buffer): Promise<Outcome> {
    const timeoutMs = Math.max(MIN_TIMEOUT_MS, PATIENCE * this.#latency.value);
    const reply = await this.#currentSocket().ask(question, Math.min(timeoutMs, this.#maxTimeoutMs));
    if (reply === null) return { kind: 'silent' };
    return reply.kind === 'truncated' ? await this.#askOverTcp(question) : reply;
  }

  /** Gives up every question under way. */
  close(): void {
    for (const each of [...this.#open]) each.close();
  }

  #currentSocket(): QuestionSocket {
    if (this.#socket?.isOpen === true) return this.#socket;
    const socket = new QuestionSocket(this.#address, {
      lateMs: this.#maxTimeoutMs,
      onLatency: (ms) => this.#latency.add(ms),
      onClose: () => this.#open.delete(socket),
    });
    this.#open.add(socket);
    this.#socket = socket;
    return socket;
  }

  async #askOverTcp(question: Buffer): Promise<Outcome> {
    const query = Buffer.from(question);
    query.writeUInt16BE(randomInt(2 ** 16), 0);
    const reply = await askOverTcp(this.#address, query, this.#maxTimeoutMs, (socket) => {
      const handle = { close: () => socket.destroy() };
      this.#open.add(handle);
      socket.once('close', () => this.#open.delete(handle));
    });
    return reply === null || reply.kind === 'truncated' ? { kind: 'silent' } : reply;
  }
}
