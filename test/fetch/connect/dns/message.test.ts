import { type Answer, decode, encode, type Packet } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeQuery, readReply } from '../../../../src/fetch/connect/dns/message.ts';
import {
  MALFORMED_DNS,
  type MalformedDns,
  malformedDns,
  READABLE_DNS,
} from '../../../support/servers/malformed-dns.ts';

const ID = 0xbeef;

function query(name: string, type: 'A' | 'AAAA' = 'A'): Buffer {
  const bytes = encodeQuery(name, type);
  if (bytes === null) throw new Error(`no name: ${name}`);
  bytes.writeUInt16BE(ID, 0);
  return bytes;
}

function message(packet: Packet & { readonly rcode?: number }, name = 'a.example', type: 'A' | 'AAAA' = 'A') {
  const { rcode = 0, ...rest } = packet;
  return encode({ type: 'response', id: ID, questions: [{ name, type }], ...rest, flags: rcode });
}

describe('encodeQuery', () => {
  test('asks as dns-packet reads it, with recursion desired and one question', () => {
    const { id, flags, questions, answers, additionals } = decode(query('www.A-b_c.example.', 'AAAA'));
    expect({ id, flags, questions, answers, additionals }).toEqual({
      id: ID,
      flags: 0x100,
      questions: [{ name: 'www.A-b_c.example', type: 'AAAA', class: 'IN' }],
      answers: [],
      additionals: [],
    });
  });

  test.each([
    ['an empty label', 'a..example'],
    ['nothing', ''],
    ['a label of 64 bytes', `${'a'.repeat(64)}.example`],
    ['254 bytes', `${'abc.'.repeat(63)}ab`],
    ['other letters than ASCII', 'bücher.example'],
  ])('knows that no name has %s', (_what, name) => {
    expect(encodeQuery(name, 'A')).toBeNull();
  });

  test('takes labels of 63 bytes and names of 253', () => {
    for (const name of [`${'a'.repeat(63)}.example`, `${'abc.'.repeat(63)}a`]) {
      expect(decode(query(name)).questions?.[0]?.name).toBe(name);
    }
  });
});

describe('readReply', () => {
  test('reads addresses behind a chain of CNAMEs, with the shortest time to live', () => {
    const answers: Answer[] = [
      { type: 'CNAME', name: 'a.example', ttl: 30, data: 'cdn.example' },
      { type: 'A', name: 'cdn.example', ttl: 300, data: '192.0.2.1' },
      { type: 'TXT', name: 'cdn.example', ttl: 300, data: 'note' },
      { type: 'A', name: 'cdn.example', ttl: 200, data: '192.0.2.255' },
    ];
    expect(readReply(message({ answers }), query('A.Example'))).toEqual({
      kind: 'addresses',
      addresses: ['192.0.2.1', '192.0.2.255'],
      ttlSeconds: 30,
    });
  });

  test('reads IPv6 addresses', () => {
    const answers: Answer[] = [{ type: 'AAAA', name: 'a.example', ttl: 5, data: '2001:db8:0:0:0:0:0:1' }];
    expect(readReply(message({ answers }, 'a.example', 'AAAA'), query('a.example', 'AAAA'))).toEqual({
      kind: 'addresses',
      addresses: ['2001:db8::1'],
      ttlSeconds: 5,
    });
  });

  test('takes a time to live beyond 31 bits for 0', () => {
    const answers: Answer[] = [{ type: 'A', name: 'a.example', ttl: 0xffffffff, data: '192.0.2.1' }];
    expect(readReply(message({ answers }), query('a.example'))).toMatchObject({ ttlSeconds: 0 });
  });

  test.each([
    [0, 'addresses'],
    [1, 'failed'],
    [2, 'failed'],
    [3, 'not_found'],
    [4, 'failed'],
    [5, 'failed'],
    [11, 'failed'],
  ])('the response code %i means %s', (rcode, kind) => {
    expect(readReply(message({ rcode }), query('a.example'))).toMatchObject({ kind });
  });

  test('a refusal may leave out the question, an answer may not', () => {
    expect(readReply(message({ rcode: 5, questions: [] }), query('a.example'))).toEqual({ kind: 'failed' });
    for (const rcode of [0, 3]) {
      const reply = readReply(message({ rcode, questions: [] }), query('a.example'));
      expect(reply).toEqual({ kind: 'malformed' });
    }
  });

  const forms = Object.keys(MALFORMED_DNS).filter((form): form is MalformedDns => form in MALFORMED_DNS);
  test.each(forms)('finds nothing in a malformed answer (%s)', (form) => {
    const bytes = malformedDns(form, ID, { type: 'A', name: 'a.example' });
    expect(readReply(bytes, query('a.example'))).toEqual({ kind: 'malformed' });
  });

  const readable = Object.keys(READABLE_DNS).filter((form): form is MalformedDns => form in READABLE_DNS);
  test.each(readable)('reads the address in spite of a broken end (%s)', (form) => {
    const bytes = malformedDns(form, ID, { type: 'A', name: 'a.example' });
    expect(readReply(bytes, query('a.example'))).toMatchObject({ addresses: ['127.0.0.1'] });
  });

  test('survives any bytes, and finds no address that is not in them', () => {
    const answers: Answer[] = [
      { type: 'CNAME', name: 'a.example', ttl: 30, data: 'cdn.example' },
      { type: 'A', name: 'cdn.example', ttl: 300, data: '192.0.2.1' },
    ];
    const good = message({ answers });
    const changes = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 });
    fc.assert(
      fc.property(changes, fc.nat(good.length), (edits, length) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of edits) bytes[at] = value;
        const reply = readReply(bytes.subarray(0, length), query('a.example'));
        if (reply.kind !== 'addresses') return;
        for (const address of reply.addresses) {
          expect(bytes.includes(Buffer.from(address.split('.').map(Number)))).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
