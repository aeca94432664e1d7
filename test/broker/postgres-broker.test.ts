import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { BullQueue } from '../../src/broker/bull/bull-queue.ts';
import type { BrokerRun, MachineFigures, ShardJob } from '../../src/broker/interface/broker.ts';
import { openBroker } from '../../src/broker/open-broker.ts';
import { LEASE, leaseArguments } from '../../src/broker/postgres/lease-function.ts';
import { PatientPool } from '../../src/broker/postgres/patient-pool.ts';
import type { ShardId } from '../../src/core/samples.ts';
import { hasPostgres, type PostgresServer } from '../support/servers/postgres-server.ts';
import { usePostgres } from '../support/servers/use-postgres.ts';

const LEASE_MS = 800;
const PLAN = { output: 'out', fileRows: [30], shards: 3, plannedAt: 1, isFilled: true };
const FIGURES: MachineFigures = {
  host: 'one',
  pid: 1,
  held: 2,
  shardsWritten: 3,
  rows: 4,
  images: 5,
  bytes: 6,
  failures: { http_404: 1 },
  rowsPerSecond: 7,
};
const job = (shard: number): ShardJob => ({ shard: shard as ShardId, file: 0, start: 10 * shard, rows: 10 });

let server: PostgresServer;
let runs = 0;

async function useRuns(): Promise<readonly [BrokerRun, BrokerRun]> {
  runs += 1;
  const fingerprint = `${runs}`.repeat(64);
  const open = async (): Promise<BrokerRun> => {
    const broker = await openBroker(server.url);
    onTestFinished(() => broker.close());
    return broker.run(fingerprint);
  };
  return [await open(), await open()];
}

describe.skipIf(!hasPostgres)('a run in PostgreSQL', () => {
  const atEnd: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    server = await usePostgres((cleanUp) => atEnd.push(cleanUp));
  });
  afterAll(async () => {
    for (const cleanUp of atEnd) await cleanUp();
  });

  test('begins with machines that all find an empty database', async () => {
    const brokers = await Promise.all(Array.from({ length: 6 }, () => openBroker(server.url)));
    expect(await brokers[0]?.runs()).toEqual([]);
    for (const broker of brokers) await broker.close();
  });

  test('gives each shard once, those that were given back after the others, and pauses', async () => {
    const [one, two] = await useRuns();
    await one.queue.add([0, 1, 2].map(job));
    await two.queue.add([1, 2].map(job));
    await one.queue.pause(true);
    expect(await two.queue.isPaused()).toBe(true);
    expect(await two.queue.take()).toBeNull();
    expect(await two.queue.counts()).toEqual({ waiting: 3, active: 0, setAside: 0 });
    await two.queue.pause(false);
    const first = await one.queue.take();
    const second = await two.queue.take();
    expect([first, second]).toMatchObject([job(0), job(1)]);
    await first?.giveBack();
    const others = [await two.queue.take(), await two.queue.take()];
    expect(others).toMatchObject([job(2), job(0)]);
    expect(await two.queue.take()).toBeNull();
    for (const taken of [second, ...others]) expect(await taken?.done()).toBe(true);
    expect(await one.queue.counts()).toEqual({ waiting: 0, active: 0, setAside: 0 });
  });

  test('gives the shards of a silent machine to another', async () => {
    const open = async (): Promise<BullQueue> => {
      const connection = await PatientPool.open(server.url, 'bullmq');
      const backend = (bull: typeof import('bullmq')) => bull.createPostgresBackend;
      const queue = await BullQueue.open({ run: 'a'.repeat(64), connection, backend, leaseMs: LEASE_MS });
      onTestFinished(async () => {
        await queue.close();
        await connection.end();
      });
      return queue;
    };
    const [one, two] = [await open(), await open()];
    await one.add([job(0)]);
    await one.take();
    // A machine that has ended renews nothing; closing ends the renewals, too.
    await one.close();
    let again = await two.take();
    while (again === null) again = await two.take();
    expect(again).toMatchObject({ shard: 0, lostMachines: 1 });
    expect(await again.done()).toBe(true);
  });

  test('tells all machines what one has said, and leaves nothing in the database', async () => {
    const [one, two] = await useRuns();
    expect(await two.plan()).toBeNull();
    await one.setPlan(PLAN);
    expect(await two.plan()).toEqual(PLAN);
    expect(await two.isDraining()).toBe(false);
    await one.drain(true);
    expect(await two.isDraining()).toBe(true);
    expect(await one.report('one', FIGURES)).toBe(1);
    expect(await two.report('two', FIGURES)).toBe(2);
    expect(await one.machines()).toEqual(['one', 'two'].map((name) => ({ name, ...FIGURES })));
    await two.leave('two');
    expect(await one.report('one', FIGURES)).toBe(1);
    await one.queue.add([0, 1].map(job));
    await (await one.queue.take())?.setAside('ended five machines');
    expect(await two.queue.setAside()).toEqual([0]);
    await two.queue.forgetSetAside();
    expect(await one.queue.setAside()).toEqual([]);
    const hosts = [{ host: 'hot.example', held: 0, wanted: 20 }] as never;
    const call = { machine: 'one', call: 1, limit: 4, leaseMs: 60_000, base: 0, hosts };
    expect(await one.lease(call)).toEqual({ isNew: true, base: 2, hosts: [2] });
    expect(await one.lease(call)).toBeNull();
    expect(await two.leased()).toEqual([{ host: 'hot.example', connections: 2, isWaitedFor: false }]);
    await one.remove();
    const client = new pg.Client(server.url);
    await client.connect();
    const tables = ['run', 'machine', 'lease', 'host', 'caller', 'deal'];
    for (const table of tables)
      expect((await client.query(`SELECT FROM laion_fetch.${table}`)).rowCount).toBe(0);
    const left = await client.query('SELECT FROM bullmq.job WHERE queue = $1', [`${runs}`.repeat(16)]);
    expect(left.rowCount).toBe(0);
    await client.end();
  });

  test('keeps count of the leases that a machine gets while another one begins', async () => {
    const [one] = await useRuns();
    const run = `${runs}`.repeat(64);
    const [machine, watcher] = [new pg.Client(server.url), new pg.Client(server.url)];
    await Promise.all([machine.connect(), watcher.connect()]);
    await machine.query(`INSERT INTO laion_fetch.host VALUES ($1, 'hot.example', 0, 0, 0)`, [run]);
    await machine.query('BEGIN');
    const hosts = [{ host: 'hot.example', held: 0, wanted: 20 }] as never;
    const call = { machine: 'one', call: 1, limit: 4, leaseMs: 60_000, base: 0, hosts };
    await machine.query(LEASE, leaseArguments(call, run, null));
    const begins = openBroker(server.url);
    const waiting = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'`;
    while ((await watcher.query(waiting)).rowCount === 0);
    await machine.query('COMMIT');
    await (await begins).close();
    expect(await one.leased()).toEqual([{ host: 'hot.example', connections: 2, isWaitedFor: false }]);
    await one.remove();
    await Promise.all([machine.end(), watcher.end()]);
  });

  test('refuses a wrong password and a missing database without naming the password', async () => {
    for (const [address, found] of [
      [server.url.replace('sesame', 'wrong'), 'it refuses the password'],
      [server.url.replace('fetch:sesame@', ''), 'it refuses the password'],
      [server.url.replace(/postgres$/, 'none'), 'database "none" does not exist'],
    ] as const) {
      const error = await openBroker(address).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ exitCode: 3, message: expect.stringContaining(found) });
      expect(String(error)).not.toMatch(/wrong|sesame|\n/);
    }
  });

  test('waits for a server that was killed, and has lost nothing', async () => {
    const [one] = await useRuns();
    await one.queue.add([0, 1].map(job));
    const held = await one.queue.take();
    await server.kill();
    const next = one.queue.take();
    const error = await openBroker(server.url).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ exitCode: 6, message: expect.stringContaining('ECONNREFUSED') });
    await server.restart();
    expect(await next).toMatchObject({ shard: 1 });
    expect(await held?.done()).toBe(true);
    expect(await one.queue.counts()).toEqual({ waiting: 0, active: 1, setAside: 0 });
  });
});
