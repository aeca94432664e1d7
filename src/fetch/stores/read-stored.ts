import { FetchError } from '../connect/fetch-error.ts';
import type { HeldBody } from '../http/body-budget.ts';
import { type BodyMemory, IncomingBody } from '../http/body-memory.ts';
import { type NamedFailure, namedFailure } from '../http/classify.ts';
import type { Exchanged, ExchangeOutcome } from '../http/exchange-outcome.ts';
import { storedObject } from './store-url.ts';

/** Reads objects of the stores that a run may read (`--allow-store`). */
export interface StoredBodies {
  /** The bytes of an object. Throws a FetchError. `root`: its bucket, `s3://bucket`. */
  read(root: string, key: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

interface StoredOptions {
  readonly stored: StoredBodies | undefined;
  readonly memory: BodyMemory;
  readonly settings: { readonly deadlineMs: number; readonly maxBodyBytes: number };
}

/** Reads an object as if a host had answered with it. Bytes beyond the longest body end the request. */
export async function readStored(
  url: URL,
  held: HeldBody,
  { stored, memory, settings: { deadlineMs, maxBodyBytes } }: StoredOptions,
): Promise<Exchanged> {
  if (stored === undefined) throw new Error('Cannot read a store: none was given.');
  const { root, key } = storedObject(url);
  const controller = new AbortController();
  const { signal } = controller;
  const deadline = setTimeout(() => controller.abort(new FetchError('deadline')), deadlineMs);
  held.receive(() => controller.abort(new FetchError('network_error')));
  const body = new IncomingBody(memory);
  let received = 0;
  const settle = async (): Promise<ExchangeOutcome> => {
    try {
      for await (const piece of stored.read(root, key, signal)) {
        received += piece.length;
        if (received > maxBodyBytes) return failed(namedFailure('body_too_large'));
        if (held.isCut) return { kind: 'cut' };
        held.grow(body.push(Buffer.from(piece.buffer, piece.byteOffset, piece.length), Number.NaN));
      }
      return received === 0 ? failed(namedFailure('body_empty')) : arrived(body.take());
    } catch (error) {
      if (held.isCut) return { kind: 'cut' };
      const reason: unknown = signal.aborted ? signal.reason : error;
      if (!(reason instanceof FetchError)) throw reason;
      return failed(namedFailure(reason.code, reason.detail));
    }
  };
  try {
    return { outcome: await settle(), received, signals: [], answeredMs: null };
  } finally {
    clearTimeout(deadline);
    memory.giveBack(body.take());
    held.complete();
  }
}

const arrived = (body: Buffer): ExchangeOutcome => ({
  kind: 'body',
  status: 200,
  headers: { contentType: null, contentEncoding: '', endsWithConnection: false },
  body,
});

const failed = (failure: NamedFailure): ExchangeOutcome => ({
  kind: 'failure',
  failure,
  status: null,
  retryAfterMs: null,
  stale: false,
});
