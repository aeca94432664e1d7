import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import {
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Question,
  RECURSION_AVAILABLE,
  type StringAnswer,
  TRUNCATED_RESPONSE,
} from 'dns-packet';
import { malformedDns } from '../servers/malformed-dns.ts';
import type { DnsAnswer } from './answers.ts';

export interface DnsServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface DnsServerOptions {
  readonly address: string;
  /** Called for every question, and once more for the target of a CNAME. */
  readonly answer: (name: string, type: string) => DnsAnswer;
  /** The box's address for a name, used by answers that say `box`. */
  readonly boxAddress: (name: string) => string;
  readonly onQuestion: (name: string, type: string, clientPort: number) => void;
  /** Forged datagrams per second to each port that has asked within the last second. Default: 0. */
  readonly strayDatagrams?: number | undefined;
}

const RCODES = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;
const MOST_CNAMES = 16;

interface Resolution {
  readonly rcode: keyof typeof RCODES;
  readonly records: readonly StringAnswer[];
}

/** A name server over UDP and TCP. It answers A and AAAA; other types get "no data". */
export async function startDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  const socket = createSocket('udp4');
  const askedAt = new Map<number, number>();
  socket.on('message', (message, { address, port }) => {
    askedAt.set(port, performance.now());
    respond(message, port, options, 'udp', (response) => {
      if (askedAt.size > 0) socket.send(response, port, address);
    });
  });
  const { tcp, connections } = createTcpServer(options);
  await listenOnSamePort(socket, tcp, options.address);
  const stopStrays = sendStrays(socket, askedAt, options);
  return {
    port: socket.address().port,
    close: async () => {
      stopStrays();
      askedAt.clear();
      for (const connection of connections) connection.destroy();
      await Promise.all([
        new Promise<void>((end) => socket.close(end)),
        new Promise((end) => tcp.close(end)),
      ]);
    },
  };
}

function createTcpServer(options: DnsServerOptions) {
  const connections = new Set<Socket>();
  const tcp = createServer((connection) => {
    connections.add(connection);
    connection.on('error', () => connection.destroy()).on('close', () => connections.delete(connection));
    connection.on('data', (message) => {
      respond(message.subarray(2), connection.remotePort ?? 0, options, 'tcp', (response) => {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(response.length);
        // Sends two pieces, as a network may deliver them.
        connection.write(Buffer.concat([length, response.subarray(0, 5)]));
        setImmediate(() => connection.write(response.subarray(5)));
      });
    });
  });
  return { tcp, connections };
}

async function listenOnSamePort(socket: UdpSocket, tcp: Server, address: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    tcp.once('error', reject).listen(0, address, resolve);
  });
  const bound = tcp.address();
  if (bound === null || typeof bound === 'string') throw new Error('a TCP server has no port');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject).bind(bound.port, address, resolve);
  });
}

/** Sends garbage and answers with a wrong id, as an attacker could who forges the server's address. */
function sendStrays(
  socket: UdpSocket,
  askedAt: ReadonlyMap<number, number>,
  { address, strayDatagrams = 0 }: DnsServerOptions,
): () => void {
  if (strayDatagrams === 0) return () => {};
  let count = 0;
  const timer = setInterval(() => {
    count += 1;
    const question = { type: 'A', name: 'stray.example' } as const;
    const stray =
      count % 2 === 0 ? Buffer.from('garbage!') : malformedDns('wrong question', count % 65_536, question);
    for (const [port, at] of askedAt) {
      if (performance.now() - at < 1000) socket.send(stray, port, address);
    }
  }, 1000 / strayDatagrams);
  return () => clearInterval(timer);
}

/** Calls `send` with the answer to a query, unless the message is no query or the script says silence. */
function respond(
  message: Buffer,
  clientPort: number,
  options: DnsServerOptions,
  transport: 'udp' | 'tcp',
  send: (response: Buffer) => void,
): void {
  const query = decodeQuery(message);
  if (query === null) return;
  const { id, question } = query;
  const name = question.name.toLowerCase();
  options.onQuestion(name, question.type, clientPort);
  const answer = options.answer(name, question.type);
  if ('malformed' in answer) {
    send(malformedDns(answer.malformed, id, question));
    return;
  }
  const isCut = 'truncated' in answer && answer.truncated === true && transport === 'udp';
  const resolution = isCut
    ? ({ rcode: 'NOERROR', records: [] } as const)
    : resolve(name, question.type, answer, options, []);
  if (resolution === null) return;
  const response = encode({
    type: 'response',
    id,
    flags:
      AUTHORITATIVE_ANSWER |
      RECURSION_AVAILABLE |
      RCODES[resolution.rcode] |
      (isCut ? TRUNCATED_RESPONSE : 0),
    questions: [question],
    answers: [...resolution.records],
  });
  if ('delayMs' in answer) setTimeout(send, answer.delayMs, response);
  else send(response);
}

/** Null if the message is no DNS query: a name server does not answer then. */
function decodeQuery(message: Buffer): { id: number; question: Question } | null {
  try {
    const { id, questions } = decode(message);
    const question = questions?.[0];
    return id === undefined || question === undefined ? null : { id, question };
  } catch {
    return null;
  }
}

/** Null if the script says silence. */
function resolve(
  name: string,
  type: string,
  answer: DnsAnswer,
  options: DnsServerOptions,
  before: readonly StringAnswer[],
): Resolution | null {
  if ('silent' in answer || 'malformed' in answer) return null;
  if ('rcode' in answer) return { rcode: answer.rcode, records: before };
  const ttl = answer.ttlSeconds ?? 60;
  if ('cname' in answer) {
    const records = [...before, { type: 'CNAME', name, ttl, data: answer.cname } as const];
    if (records.length === MOST_CNAMES) return { rcode: 'NOERROR', records };
    return resolve(answer.cname, type, options.answer(answer.cname, type), options, records);
  }
  const record = (recordType: 'A' | 'AAAA', data: string): StringAnswer => ({
    type: recordType,
    name,
    ttl,
    data,
  });
  const own =
    type === 'A'
      ? (answer.a ?? ['box']).map((ip) => record('A', ip === 'box' ? options.boxAddress(name) : ip))
      : type === 'AAAA'
        ? (answer.aaaa ?? []).map((ip) => record('AAAA', ip))
        : [];
  return { rcode: 'NOERROR', records: [...before, ...own] };
}
