import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type WebPorts, withPorts } from '../servers/ports.ts';
import type { Answer } from './answers.ts';
import { bodyBytes, mediaType } from './bodies.ts';

export interface Exchange {
  readonly response: ServerResponse;
  /** Replace the placeholder ports in redirects. */
  readonly ports: WebPorts;
  /** Resets the TCP connection, below TLS if there is any. */
  readonly resetConnection: () => void;
}

const EARLY_HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n';
const EARLY_HINTS_EVERY_MS = 20;
/** An immediate reset would overtake the bytes before it, or look like a clean end to clients that run on libuv. */
const RESET_AFTER_MS = 20;

/** Sends an answer as the script says, correct or broken. */
export function respond(answer: Answer, exchange: Exchange): void {
  if (answer.delayMs === undefined) send(answer, exchange);
  else after(exchange.response, answer.delayMs, () => send(answer, exchange));
}

function send(answer: Answer, exchange: Exchange): void {
  const { response, resetConnection } = exchange;
  // The response has no socket while the end of the previous response is still under way.
  const { socket } = response.req;
  if (answer.hang === true) return;
  if (answer.reset === 'before-headers') {
    resetConnection();
  } else if (answer.raw !== undefined) {
    socket.end(answer.raw, 'latin1');
  } else if (answer.earlyHintsForever === true) {
    repeat(response, EARLY_HINTS_EVERY_MS, () => socket.write(EARLY_HINTS));
  } else {
    sendHttp(answer, exchange, socket);
  }
}

function sendHttp(answer: Answer, exchange: Exchange, socket: Socket): void {
  const { response, resetConnection } = exchange;
  const whole = bodyBytes(answer);
  const sent = whole.subarray(0, answer.truncateAt ?? whole.length);
  const closes = answer.untilClose === true || sent.length !== (answer.announcedLength ?? whole.length);
  const finish = () => {
    response.end();
    if (closes) socket.end();
  };

  response.sendDate = false;
  if (answer.untilClose === true) response.useChunkedEncodingByDefault = false;
  const status = answer.status ?? (answer.redirect === undefined ? 200 : 302);
  // A flat list of pairs keeps order, case and repetition.
  response.writeHead(status, headerPairs(answer, exchange, whole.length).flat());
  if (answer.endless === true) {
    pour(response);
  } else if (answer.reset === 'mid-body') {
    response.write(whole.subarray(0, whole.length >> 1));
    after(response, RESET_AFTER_MS, resetConnection);
  } else if (answer.drip !== undefined) {
    drip(response, sent, answer.drip, finish);
  } else {
    response.write(sent);
    finish();
  }
}

function headerPairs(answer: Answer, exchange: Exchange, bodyLength: number): [string, string][] {
  const pairs = (answer.headers ?? []).map(([name, value]): [string, string] => [name, value]);
  const has = (wanted: string) => pairs.some(([name]) => name.toLowerCase() === wanted);
  const add = (name: string, value: string) => {
    if (!has(name.toLowerCase())) pairs.push([name, value]);
  };
  if (answer.redirect !== undefined) add('Location', withPorts(answer.redirect, exchange.ports));
  if (answer.body !== undefined) add('Content-Type', mediaType(answer.body));
  if (answer.encoding !== undefined) add('Content-Encoding', answer.encoding);
  if (answer.untilClose === true) add('Connection', 'close');
  else if (answer.endless !== true) add('Content-Length', String(answer.announcedLength ?? bodyLength));
  const flood = answer.headerFlood;
  if (flood !== undefined) {
    const value = 'x'.repeat(flood.bytes);
    for (let index = 0; index < flood.count; index++) pairs.push([`X-Flood-${index}`, value]);
  }
  return pairs;
}

/** Runs the action later, unless the answer closes first. */
function after(response: ServerResponse, delayMs: number, action: () => void): void {
  const timer = setTimeout(action, delayMs);
  response.once('close', () => clearTimeout(timer));
}

/** Repeats the action until the answer closes or the caller calls the returned function. */
function repeat(response: ServerResponse, everyMs: number, action: () => void): () => void {
  const timer = setInterval(action, everyMs);
  const stop = () => clearInterval(timer);
  response.once('close', stop);
  return stop;
}

function drip(
  response: ServerResponse,
  bytes: Buffer,
  pace: { readonly bytes: number; readonly everyMs: number },
  finish: () => void,
): void {
  let offset = 0;
  // Otherwise the headers would wait for the first piece.
  response.flushHeaders();
  const stop = repeat(response, pace.everyMs, () => {
    response.write(bytes.subarray(offset, offset + pace.bytes));
    offset += pace.bytes;
    if (offset < bytes.length) return;
    stop();
    finish();
  });
}

const ENDLESS_PIECE = Buffer.alloc(64 * 1024);

function pour(response: ServerResponse): void {
  while (!response.destroyed && response.write(ENDLESS_PIECE));
  if (!response.destroyed) response.once('drain', () => pour(response));
}
