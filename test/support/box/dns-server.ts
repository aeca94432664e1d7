import { createSocket } from 'node:dgram';
import {
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Question,
  RECURSION_AVAILABLE,
  type StringAnswer,
} from 'dns-packet';
import type { DnsAnswer } from './answers.ts';

export interface DnsServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface DnsServerOptions {
  readonly address: string;
  /** Called for every question, and once more for the target of a CNAME. */
  readonly answer: (name: string, type: string) => DnsAnswer;
  /** The box's address for a name, for answers that say `box`. */
  readonly boxAddress: (name: string) => string;
  readonly onQuestion: (name: string, type: string) => void;
}

const RCODES = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;
const MOST_CNAMES = 16;

interface Resolution {
  readonly rcode: keyof typeof RCODES;
  readonly records: readonly StringAnswer[];
}

/** A name server over UDP. It answers A and AAAA; questions of other types get no data. */
export async function startDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  const socket = createSocket('udp4');
  socket.on('message', (message, sender) => {
    const response = respond(message, options);
    if (response !== null) socket.send(response, sender.port, sender.address);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject).bind(0, options.address, resolve);
  });
  return {
    port: socket.address().port,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function respond(message: Buffer, options: DnsServerOptions): Buffer | null {
  const query = decodeQuery(message);
  if (query === null) return null;
  const { id, question } = query;
  const name = question.name.toLowerCase();
  options.onQuestion(name, question.type);
  const resolution = resolve(name, question.type, options, []);
  if (resolution === null) return null;
  return encode({
    type: 'response',
    id,
    flags: AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | RCODES[resolution.rcode],
    questions: [question],
    answers: [...resolution.records],
  });
}

/** Null for what is no DNS query: a name server stays silent then. */
function decodeQuery(message: Buffer): { id: number; question: Question } | null {
  try {
    const { id, questions } = decode(message);
    const question = questions?.[0];
    return id === undefined || question === undefined ? null : { id, question };
  } catch {
    return null;
  }
}

/** Null where the script says silence. */
function resolve(
  name: string,
  type: string,
  options: DnsServerOptions,
  before: readonly StringAnswer[],
): Resolution | null {
  const answer = options.answer(name, type);
  if ('silent' in answer) return null;
  if ('rcode' in answer) return { rcode: answer.rcode, records: before };
  const ttl = answer.ttlSeconds ?? 60;
  if ('cname' in answer) {
    const records = [...before, { type: 'CNAME', name, ttl, data: answer.cname } as const];
    if (records.length === MOST_CNAMES) return { rcode: 'NOERROR', records };
    return resolve(answer.cname, type, options, records);
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
