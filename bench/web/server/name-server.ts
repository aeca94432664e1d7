import { createSocket, type RemoteInfo } from 'node:dgram';
import { AUTHORITATIVE_ANSWER, decode, encode, type Packet, RECURSION_AVAILABLE } from 'dns-packet';
import type { Fate } from '../model/distributions.ts';

const RCODES: Partial<Record<Fate, number>> = { nxdomain: 3, servfail: 2 };
const TTL_SECONDS = 300;

export interface NameServerOptions {
  readonly address: string;
  /** The fate of the rows of the name's host. Names of no host do not exist. */
  readonly fateOf: (name: string) => Fate;
  /** Milliseconds for the first question about a name; later ones are answered at once. */
  readonly firstQuestionMs: number;
  readonly onQuestion: (name: string) => void;
}

export interface NameServer {
  readonly port: number;
  close(): void;
}

/** A name server over UDP that knows one IPv4 address and no other record. */
export async function startNameServer(options: NameServerOptions): Promise<NameServer> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 2 ** 20 });
  const known = new Set<string>();
  socket.on('message', (message, sender) => {
    const query = decodeQuery(message);
    const name = query?.questions?.[0]?.name.toLowerCase();
    if (query === null || name === undefined) return;
    options.onQuestion(name);
    const fate = options.fateOf(name);
    if (fate === 'dns_silent') return;
    const response = respond(query, fate, options.address);
    if (known.has(name)) return send(response, sender);
    known.add(name);
    setTimeout(send, options.firstQuestionMs, response, sender);
  });
  const send = (response: Buffer, sender: RemoteInfo) => socket.send(response, sender.port, sender.address);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject).bind(0, options.address, resolve);
  });
  return { port: socket.address().port, close: () => socket.close() };
}

function decodeQuery(message: Buffer): Packet | null {
  try {
    return decode(message);
  } catch {
    return null;
  }
}

function respond({ id = 0, questions = [] }: Packet, fate: Fate, address: string): Buffer {
  const [question] = questions;
  const rcode = RCODES[fate] ?? 0;
  const hasAddress = rcode === 0 && question?.type === 'A';
  return encode({
    type: 'response',
    id,
    flags: AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | rcode,
    questions,
    answers: hasAddress ? [{ type: 'A', name: question.name, ttl: TTL_SECONDS, data: address }] : [],
  });
}
