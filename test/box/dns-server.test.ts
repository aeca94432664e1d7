import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { expect, test } from 'vitest';
import type { DnsAnswer, HostScript } from '../support/box/answers.ts';
import type { Box } from '../support/box/box.ts';
import { useBox } from '../support/box/use-box.ts';

function resolverOf(box: Box, timeout = 2000): Resolver {
  const resolver = new Resolver({ timeout, tries: 1 });
  resolver.setServers([box.dns]);
  return resolver;
}

async function useResolver(hosts: Record<string, HostScript>): Promise<Resolver> {
  return resolverOf(await useBox({ hosts }));
}

test('the name server answers any unscripted name with the box address and no IPv6', async () => {
  const resolver = await useResolver({});
  expect(await resolver.resolve4('any.example')).toEqual(['127.0.0.1']);
  await expect(resolver.resolve6('any.example')).rejects.toMatchObject({ code: 'ENODATA' });
});

const failures: [string, DnsAnswer][] = [
  ['ENOTFOUND', { rcode: 'NXDOMAIN' }],
  ['ESERVFAIL', { rcode: 'SERVFAIL' }],
  ['EREFUSED', { rcode: 'REFUSED' }],
  ['ENODATA', { a: [] }],
];
test.each(failures)('the name server gives clients %s for %j', async (code, dns) => {
  const resolver = await useResolver({ 'bad.example': { dns } });
  await expect(resolver.resolve4('bad.example')).rejects.toMatchObject({ code });
});

test('the name server counts a question that it leaves unanswered', async () => {
  const box = await useBox({ hosts: { 'mute.example': { dns: { silent: true } } } });
  const question = resolverOf(box, 50).resolve4('MUTE.example');
  await expect(question).rejects.toMatchObject({ code: 'ETIMEOUT' });
  expect(box.stats().dns).toEqual({ 'A mute.example': 1 });
});

test('the name server gives several addresses of both families with their time to live', async () => {
  const dns = { a: ['10.0.0.7', 'box'], aaaa: ['fd00::1'], ttlSeconds: 5 };
  const resolver = await useResolver({ 'mixed.example': { dns } });
  expect(await resolver.resolve4('mixed.example', { ttl: true })).toEqual([
    { address: '10.0.0.7', ttl: 5 },
    { address: '127.0.0.1', ttl: 5 },
  ]);
  expect(await resolver.resolve6('mixed.example')).toEqual(['fd00::1']);
});

test('the name server follows a chain of CNAMEs', async () => {
  const resolver = await useResolver({
    'www.example': { dns: { cname: 'cdn.example' } },
    'cdn.example': { dns: { cname: 'edge.example' } },
    'edge.example': { dns: { a: ['127.0.0.9'] } },
  });
  expect(await resolver.resolve4('www.example')).toEqual(['127.0.0.9']);
});

test('the name server ends a loop of CNAMEs without an address', async () => {
  const resolver = await useResolver({ 'loop.example': { dns: { cname: 'loop.example' } } });
  expect(await resolver.resolve4('loop.example')).toEqual([]);
});

test('the name server changes its answer from question to question, until reset', async () => {
  const dns = [{ a: ['93.184.216.34'] }, { a: ['127.0.0.1'] }];
  const box = await useBox({ hosts: { 'rebinding.example': { dns } } });
  const resolver = resolverOf(box);
  const ask = () => resolver.resolve4('rebinding.example');
  expect([await ask(), await ask(), await ask()].flat()).toEqual(['93.184.216.34', '127.0.0.1', '127.0.0.1']);
  expect(box.stats().dns).toEqual({ 'A rebinding.example': 3 });
  box.reset();
  expect(await ask()).toEqual(['93.184.216.34']);
});

test('the name server spreads names over the addresses of the box, each name always on the same one', async () => {
  const addresses = ['127.0.0.1', '127.0.0.2'] as const;
  const resolver = resolverOf(await useBox({ hosts: {} }, { addresses: [...addresses] }));
  const ask = async (index: number) => (await resolver.resolve4(`host-${index}.example`)).join();
  const indexes = Array.from({ length: 20 }, (_, index) => index);
  const first = await Promise.all(indexes.map(ask));
  expect(new Set(first)).toEqual(new Set(addresses));
  expect(await Promise.all(indexes.map(ask))).toEqual(first);
});

test('the name server survives what is no DNS message', async () => {
  const box = await useBox({ hosts: {} });
  const [address, port] = box.dns.split(':');
  const socket = createSocket('udp4');
  await new Promise((resolve) => socket.send('rubbish', Number(port), address, resolve));
  socket.close();
  expect(await resolverOf(box).resolve4('any.example')).toEqual(['127.0.0.1']);
});
