import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { hasErrno } from '../../../util/files/errno.ts';
import { type Reply, readReply } from './message.ts';
import type { ServerAddress } from './server-address.ts';

interface Question {
  readonly query: Buffer;
  readonly askedAt: number;
  timer: NodeJS.Timeout;
  readonly resolve: (reply: Reply | null) => void;
  readonly reject: (error: Error) => void;
}

export interface SocketOptions {
  /** Milliseconds after a question for which we await its late answer, only to learn how long the server takes. */
  readonly lateMs: number;
  /** Called with the milliseconds that an answer took, in time or late. */
  readonly onLatency: (ms: number) => void;
  readonly onClose: () => void;
}

/** Questions per socket: the port changes often, but not every question pays for a new socket. */
const MAX_QUESTIONS = 32;

/**
 * A UDP socket for a few questions to one name server. A datagram counts only if it comes from the server's address and
 * port and has the id of a question under way: any other changes nothing, whoever sent it.
 */
export class QuestionSocket {
  readonly #socket: Socket;
  readonly #pending = new Map<number, Question>();
  readonly #options: SocketOptions;
  #left = MAX_QUESTIONS;
  #isConnected = false;
  #isClosed = false;

  constructor({ address, port }: ServerAddress, options: SocketOptions) {
    this.#options = options;
    const family = isIPv6(address) ? 6 : 4;
    // Node would look up the address, although it is not a name.
    const socket = createSocket({
      type: `udp${family}`,
      lookup: (host, _, done) => done(null, host, family),
    });
    this.#socket = socket;
    // The timers of the questions keep the process alive, an idle socket must not.
    socket.unref();
    socket.on('error', (error) => this.#fail(error));
    socket.on('message', (message) => this.#receive(message));
    // The kernel drops datagrams from other addresses, and tells us if nothing listens there.
    socket.connect(port, address, (error?: Error) =>
      error === undefined ? this.#begin() : this.#fail(error),
    );
  }

  /** False if questions should go to a new socket. */
  get isOpen(): boolean {
    return this.#left > 0;
  }

  /**
   * Asks a question. Null: no answer came in time, or the server cannot be reached. Rejects only if this process has too
   * many open files.
   */
  ask(question: Buffer, timeoutMs: number): Promise<Reply | null> {
    this.#left -= 1;
    return new Promise((resolve, reject) => {
      let id = randomInt(2 ** 16);
      while (this.#pending.has(id)) id = randomInt(2 ** 16);
      const query = Buffer.from(question);
      query.writeUInt16BE(id, 0);
      // After a stall of this process its timers run before it reads the answers that came meanwhile.
      const timer = setTimeout(() => setImmediate(() => this.#expire(id, timeoutMs)), timeoutMs);
      this.#pending.set(id, { query, askedAt: performance.now(), timer, resolve, reject });
      if (this.#isConnected) this.#send(id, query);
    });
  }

  /** Gives up every question under way. */
  close(): void {
    this.#left = 0;
    for (const id of [...this.#pending.keys()]) this.#settle(id, null);
    this.#closeIfDone();
  }

  #begin(): void {
    if (this.#isClosed) return;
    this.#isConnected = true;
    for (const [id, { query }] of this.#pending) this.#send(id, query);
  }

  #send(id: number, query: Buffer): void {
    this.#socket.send(query, (error) => {
      if (error !== null) this.#settle(id, null);
    });
  }

  #receive(message: Buffer): void {
    const id = message.length < 2 ? -1 : message.readUInt16BE(0);
    const question = this.#pending.get(id);
    if (question === undefined) return;
    this.#options.onLatency(performance.now() - question.askedAt);
    this.#settle(id, readReply(message, question.query));
  }

  #expire(id: number, waitedMs: number): void {
    const question = this.#pending.get(id);
    if (question === undefined) return;
    this.#left = 0;
    question.resolve(null);
    question.timer = setTimeout(() => this.#settle(id, null), this.#options.lateMs - waitedMs).unref();
  }

  #settle(id: number, reply: Reply | null): void {
    const question = this.#pending.get(id);
    if (question === undefined) return;
    this.#pending.delete(id);
    clearTimeout(question.timer);
    // The next question, which may be the same, goes out from another port.
    if (reply === null || reply.kind === 'malformed') this.#left = 0;
    question.resolve(reply);
    this.#closeIfDone();
  }

  #fail(error: Error): void {
    if (hasErrno(error, 'EMFILE', 'ENFILE')) {
      for (const { reject } of this.#pending.values()) reject(error);
    }
    this.close();
  }

  #closeIfDone(): void {
    if (this.#isClosed || this.#left > 0 || this.#pending.size > 0) return;
    this.#isClosed = true;
    this.#socket.close();
    this.#options.onClose();
  }
}
