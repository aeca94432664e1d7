import { expect, test } from 'vitest';
import type { HostKey } from '../../../src/core/samples.ts';
import { ConnectionShares } from '../../../src/fetch/hosts/connections/connection-shares.ts';
import { LeaseClient } from '../../../src/run/queue/lease-client.ts';

const HOST = 'hot.example' as HostKey;

function newClient(): LeaseClient {
  return new LeaseClient({ machine: 'one', limit: 16, deadlineMs: 30_000 });
}

function demandOf(wanted: number, open = 0, generation = 0) {
  return [{ generation, hosts: wanted + open > 0 ? [{ host: HOST, wanted, open }] : [] }];
}

test('what was asked for in a call without an answer is given back', () => {
  const client = newClient();
  expect(client.ask(demandOf(2), 0).hosts).toEqual([{ host: HOST, held: 0, wanted: 2 }]);
  expect(client.ask(demandOf(0), 1_000).hosts).toEqual([{ host: HOST, held: 0, wanted: 0 }]);
});

test('what is not needed any more is given back in the next call, then said no more', () => {
  const client = newClient();
  const call = client.ask(demandOf(2), 0);
  client.take(call, { isNew: true, base: 0, hosts: [2] }, 0);
  const { generation } = client.shares(20);
  const back = client.ask(demandOf(0, 0, generation), 1_000);
  expect(back.hosts).toEqual([{ host: HOST, held: 0, wanted: 0 }]);
  client.take(back, { isNew: false, base: 0, hosts: [0] }, 1_000);
  expect(client.ask(demandOf(0, 0, generation), 2_000).hosts).toEqual([]);
});

test('what a thread may have opened since it measured its demand is kept', () => {
  const client = newClient();
  const call = client.ask(demandOf(2), 0);
  client.take(call, { isNew: true, base: 0, hosts: [2] }, 0);
  const before = client.shares(20).generation;
  client.shares(20);
  expect(client.ask(demandOf(0, 0, before), 1_000).hosts).toEqual([]);
});

test('a host that gave nothing is asked about again after two seconds, those in use after ten', () => {
  const client = newClient();
  const asked: number[] = [];
  for (let second = 0; second < 6; second += 1) {
    const call = client.ask(demandOf(3), 1_000 * second);
    if (call.hosts.length > 0) asked.push(second);
    client.take(call, { isNew: false, base: 0, hosts: call.hosts.map(() => 0) }, 1_000 * second);
  }
  expect(asked).toEqual([0, 2, 4]);
  for (let second = 6; second < 30; second += 1) {
    const call = client.ask(demandOf(3), 1_000 * second);
    if (call.hosts.length > 0) asked.push(second);
    client.take(call, { isNew: false, base: 0, hosts: call.hosts.map(() => 3) }, 1_000 * second);
  }
  expect(asked).toEqual([0, 2, 4, 6, 16, 26]);
});

test('a broker that has forgotten the machine is told again what it holds', () => {
  const client = newClient();
  const call = client.ask(demandOf(3), 0);
  client.take(call, { isNew: true, base: 0, hosts: [3] }, 0);
  const next = client.ask(demandOf(3), 1_000);
  expect(next.hosts).toEqual([]);
  client.take(next, { isNew: true, base: 0, hosts: [] }, 1_000);
  expect(client.ask(demandOf(3), 2_000).hosts).toEqual([{ host: HOST, held: 3, wanted: 3 }]);
});

test('more machines ask about fewer hosts each, in turn', () => {
  const client = newClient();
  client.shares(30_000);
  const hosts = Array.from({ length: 5 }, (_, at) => {
    return { host: `h${at}.example` as HostKey, wanted: 1, open: 0 };
  });
  const asked = [0, 1, 2].flatMap((second) => {
    const call = client.ask([{ generation: 0, hosts }], 1_000 * second);
    client.take(call, { isNew: false, base: 0, hosts: call.hosts.map(() => 0) }, 1_000 * second);
    return call.hosts.map(({ host }) => host);
  });
  expect(asked.length).toBe(6);
  expect(new Set(asked).size).toBe(5);
});

test('a machine keeps no more connections than it has said it needs, until it is told anew', () => {
  const shares = new ConnectionShares();
  const told = {
    generation: 1,
    base: 1,
    baseUntil: 100,
    leases: new Map([[HOST, { count: 3, until: 100 }]]),
    machines: 2,
  };
  shares.set(told);
  expect(shares.allowed(HOST, 0)).toBe(4);
  shares.keep(new Map([[HOST, 2]]));
  expect(shares.allowed(HOST, 0)).toBe(2);
  shares.keep(new Map());
  expect(shares.allowed(HOST, 0)).toBe(1);
  shares.set(told);
  expect(shares.allowed(HOST, 0)).toBe(4);
  expect(shares.allowed(HOST, 100)).toBe(0);
});
