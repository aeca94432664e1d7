import ipaddr from 'ipaddr.js';

/** What a name server's message says about a question. */
export type Reply =
  /** The addresses of the name, none if it has none of this type. The time to live is the shortest of all records. */
  | { readonly kind: 'addresses'; readonly addresses: readonly string[]; readonly ttlSeconds: number }
  | { readonly kind: 'not_found' }
  /** The server says that it cannot or will not answer, such as SERVFAIL and REFUSED. */
  | { readonly kind: 'failed' }
  /** The answer does not fit into a datagram. */
  | { readonly kind: 'truncated' }
  | { readonly kind: 'malformed' };

export type AddressType = 'A' | 'AAAA';

const TYPES = { A: { code: 1, bytes: 4 }, AAAA: { code: 28, bytes: 16 } } as const;
const CNAME = 5;
const INTERNET = 1;
const HEADER_BYTES = 12;
/** Type, class, time to live and length of the data, which follow the name of a record. */
const RECORD_BYTES = 10;
const MAX_LABEL_BYTES = 63;
const MAX_NAME_BYTES = 255;
const POINTER = 0xc0;
const RECURSION_DESIRED = 0x01;
const RESPONSE = 0x80;
const OPCODE = 0x78;
const TRUNCATED = 0x02;
const RCODE = 0x0f;
const NO_SUCH_NAME = 3;
const MAX_TTL_SECONDS = 2 ** 31 - 1;

const IS_ASCII = /^[\x21-\x7e]*$/;
const MALFORMED: Reply = { kind: 'malformed' };

/**
 * The question for the addresses of a name, with the id 0. Null if no name can have this form. It has no EDNS record, just
 * like glibc's: what does not fit into 512 bytes is asked for over TCP.
 */
export function encodeQuery(name: string, type: AddressType): Buffer | null {
  const plain = name.endsWith('.') ? name.slice(0, -1) : name;
  // A length byte for each label, and the empty label of the root.
  const bytes = plain.length + 2;
  const labels = plain.split('.');
  if (bytes > MAX_NAME_BYTES || !IS_ASCII.test(plain) || !labels.every(isLabel)) return null;
  const query = Buffer.alloc(HEADER_BYTES + bytes + 4);
  query[2] = RECURSION_DESIRED;
  query.writeUInt16BE(1, 4);
  let offset = HEADER_BYTES;
  for (const label of labels) {
    query[offset] = label.length;
    query.write(label, offset + 1, 'latin1');
    offset += label.length + 1;
  }
  query.writeUInt16BE(TYPES[type].code, offset + 1);
  query.writeUInt16BE(INTERNET, offset + 3);
  return query;
}

function isLabel({ length }: string): boolean {
  return length > 0 && length <= MAX_LABEL_BYTES;
}

/**
 * Reads a message that came in reply to a query. It must have the id and the question of the query. Only the answer
 * section is read: a broken record after it does no harm. The server has followed CNAMEs, so every address is the
 * name's.
 */
export function readReply(message: Buffer, query: Buffer): Reply {
  if (message.length < HEADER_BYTES || message.readUInt16BE(0) !== query.readUInt16BE(0)) return MALFORMED;
  const flags = message.readUInt8(2);
  if ((flags & RESPONSE) === 0 || (flags & OPCODE) !== 0) return MALFORMED;
  const rcode = message.readUInt8(3) & RCODE;
  const isFailure = rcode !== 0 && rcode !== NO_SUCH_NAME;
  const questions = message.readUInt16BE(4);
  // Some servers do not repeat the question when they refuse it.
  if (isFailure && questions === 0) return { kind: 'failed' };
  if (questions !== 1 || !repeatsQuestion(message, query)) return MALFORMED;
  if (isFailure) return { kind: 'failed' };
  if ((flags & TRUNCATED) !== 0) return { kind: 'truncated' };
  return rcode === NO_SUCH_NAME ? { kind: 'not_found' } : readAddresses(message, query);
}

/** Servers may change the case of a name. */
function repeatsQuestion(message: Buffer, query: Buffer): boolean {
  const ours = query.toString('latin1', HEADER_BYTES).toLowerCase();
  return message.toString('latin1', HEADER_BYTES, query.length).toLowerCase() === ours;
}

function readAddresses(message: Buffer, query: Buffer): Reply {
  const asked = query.readUInt16BE(query.length - 4);
  const { bytes } = asked === TYPES.A.code ? TYPES.A : TYPES.AAAA;
  const addresses: string[] = [];
  let ttlSeconds = MAX_TTL_SECONDS;
  let offset = query.length;
  for (let left = message.readUInt16BE(6); left > 0; left -= 1) {
    const record = endOfName(message, offset);
    if (record === null || record + RECORD_BYTES > message.length) return MALFORMED;
    const data = record + RECORD_BYTES;
    offset = data + message.readUInt16BE(record + 8);
    if (offset > message.length) return MALFORMED;
    ttlSeconds = Math.min(ttlSeconds, readTtl(message, record + 4));
    const type = message.readUInt16BE(record);
    if (type === CNAME && endOfName(message, data) !== offset) return MALFORMED;
    if (type !== asked || message.readUInt16BE(record + 2) !== INTERNET) continue;
    if (offset - data !== bytes) return MALFORMED;
    const address = [...message.subarray(data, offset)];
    addresses.push(asked === TYPES.A.code ? address.join('.') : ipaddr.fromByteArray(address).toString());
  }
  return { kind: 'addresses', addresses, ttlSeconds };
}

/** RFC 2181: a time to live beyond 31 bits means 0. */
function readTtl(message: Buffer, offset: number): number {
  const seconds = message.readUInt32BE(offset);
  return seconds > MAX_TTL_SECONDS ? 0 : seconds;
}

/** Where a name ends, not counting what its pointers lead to; null if it is not a name. */
function endOfName(message: Buffer, start: number): number | null {
  let end: number | null = null;
  let offset = start;
  // A loop either adds labels, up to the maximum, or leads forward.
  let bytes = 1;
  while (bytes <= MAX_NAME_BYTES) {
    const length = message[offset];
    if (length === undefined) return null;
    if (length === 0) return end ?? offset + 1;
    if (length < POINTER) {
      if (length > MAX_LABEL_BYTES) return null;
      bytes += length + 1;
      offset += length + 1;
    } else {
      end ??= offset + 2;
      if (end > message.length) return null;
      const target = message.readUInt16BE(offset) - (POINTER << 8);
      if (target >= offset) return null;
      offset = target;
    }
  }
  return null;
}
