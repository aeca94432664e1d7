import { AUTHORITATIVE_ANSWER, encode, type Question, RECURSION_AVAILABLE } from 'dns-packet';

const ADDRESS = [127, 0, 0, 1];
const A = 1;
const SHORT_SOA = [0, 0, 0, 0];

/** The parts of a good answer, which the functions below damage. */
interface Parts {
  readonly id: number;
  readonly question: Question;
}

/** Answers that no client can use. */
export const MALFORMED_DNS = {
  'garbage of 8 bytes': () => Buffer.from('garbage!'),
  'garbage of 40 bytes': () => Buffer.alloc(40, 0xa5),
  'empty datagram': () => Buffer.alloc(0),
  'header only': (parts) => answer(parts).subarray(0, 12),
  'cut by 2 bytes': (parts) => answer(parts).subarray(0, -2),
  'compression loop': (parts) => answer(parts, record([0xc0, endOfQuestion(parts)], A, ADDRESS)),
  'pointers that point at each other': (parts) => {
    const end = endOfQuestion(parts);
    return answer(parts, record([0xc0, end + 2, 0xc0, end], A, ADDRESS));
  },
  'A of 3 bytes': (parts) => answer(parts, record([0xc0, 12], A, ADDRESS.slice(0, 3))),
  'bad label in a CNAME': (parts) => answer(parts, record([0xc0, 12], 5, [0x80, 1, 2, 0])),
  'wrong id': (parts) => answer({ ...parts, id: parts.id ^ 1 }),
  'wrong question': (parts) => answer({ ...parts, question: { ...parts.question, name: 'other.example' } }),
  'question instead of answer': (parts) => with16(answer(parts), 2, 0x0100),
  'more answers announced than sent': (parts) => with16(answer(parts), 6, 9),
  'no question': (parts) => with16(answer(parts), 4, 0),
  'label of 64 bytes': (parts) => answer(parts, record([64, ...Array(64).fill(97), 0], A, ADDRESS)),
  'name of 256 bytes': (parts) => {
    const label = [50, ...Array(50).fill(97)];
    return answer(parts, record([...Array(5).fill(label).flat(), 0], A, ADDRESS));
  },
  'data past the end': (parts) => with16(answer(parts), -6, 400),
  'opcode of an update': (parts) => with16(answer(parts), 2, 0xa980),
} satisfies Record<string, (parts: Parts) => Buffer>;

/** Answers that are broken in places a client need not read: it can read the address 127.0.0.1. */
export const READABLE_DNS = {
  'TXT string overlong': (parts) => additional(parts, record([0], 16, [200, 97])),
  'broken OPT': (parts) => additional(parts, record([0], 41, [0, 10, 0, 99])),
  'short SOA': (parts) => with16(with16(additional(parts, record([0], 6, SHORT_SOA)), 10, 0), 8, 1),
  'trailing garbage': (parts) => Buffer.concat([answer(parts), Buffer.from('garbage!')]),
} satisfies Record<string, (parts: Parts) => Buffer>;

const FORMS = { ...MALFORMED_DNS, ...READABLE_DNS };
export type MalformedDns = keyof typeof FORMS;

/** The answer to a question, malformed in the given way. */
export function malformedDns(form: MalformedDns, id: number, question: Question): Buffer {
  return FORMS[form]({ id, question });
}

/** An answer with this record. Default: a good record. */
function answer({ id, question }: Parts, only = record([0xc0, 12], A, ADDRESS)): Buffer {
  const flags = AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE;
  return with16(Buffer.concat([encode({ type: 'response', id, flags, questions: [question] }), only]), 6, 1);
}

/** A good answer followed by another record. */
function additional(parts: Parts, other: Buffer): Buffer {
  return with16(Buffer.concat([answer(parts), other]), 10, 1);
}

function record(name: readonly number[], type: number, data: readonly number[]): Buffer {
  return Buffer.from([...name, 0, type, 0, 1, 0, 0, 0, 60, 0, data.length, ...data]);
}

/** Changes two bytes at `at`, counted from the end if it is negative. */
function with16(message: Buffer, at: number, value: number): Buffer {
  message.writeUInt16BE(value, at < 0 ? message.length + at : at);
  return message;
}

/** Offset of the first answer. */
function endOfQuestion({ id, question }: Parts): number {
  return encode({ type: 'response', id, questions: [question] }).length;
}
