import { describe, expect, it, test } from 'vitest';
import { EXIT, UserError } from '../../src/core/errors.ts';
import type { ResolverFigures } from '../../src/fetch/connect/probe-resolver.ts';
import { requiredKinds } from '../../src/output/formats/formats.ts';
import { judgeDecoder } from '../../src/run/doctor/check-decoder.ts';
import { judgeDisk } from '../../src/run/doctor/check-disk.ts';
import { judgeCores, judgeMemory } from '../../src/run/doctor/check-hardware.ts';
import { judgeAddressSpace, judgeLocalPorts, judgeOpenFiles } from '../../src/run/doctor/check-limits.ts';
import { judgeResolvers } from '../../src/run/doctor/check-resolver.ts';
import { judgeProxies, judgeRoutes } from '../../src/run/doctor/check-route.ts';
import type { Finding } from '../../src/run/doctor/finding.ts';

const GIB = 2 ** 30;
const MIB = 2 ** 20;

const verdicts = (findings: readonly Finding[]) => findings.map(({ name, verdict }) => `${verdict} ${name}`);

describe('judgeResolvers()', () => {
  const healthy: ResolverFigures = {
    server: '192.0.2.53',
    asked: 512,
    answered: 512,
    perSecond: 900,
    medianMs: 12.3,
    failure: null,
  };
  const dead: ResolverFigures = {
    server: '192.0.2.54',
    asked: 256,
    answered: 0,
    perSecond: 0,
    medianMs: 0,
    failure: 'ETIMEOUT',
  };

  it('reports the rate of URLs that a name server can sustain', () => {
    expect(judgeResolvers([healthy], 256)).toEqual([
      {
        name: 'name server',
        verdict: 'ok',
        found:
          '192.0.2.53: all of 512 questions answered, 900 a second, median wait 12ms, ' +
          'enough for 2,000 URLs per second at most',
        remedy: null,
      },
    ]);
  });

  it.each([
    ['as fast as needed', { perSecond: 500 }, 256, 'ok'],
    ['slower', { perSecond: 499 }, 256, 'warn'],
    ['slower, for few requests', { perSecond: 32 }, 16, 'ok'],
    ['too slow even for few requests', { perSecond: 31 }, 16, 'warn'],
    ['ten of 512 lost', { answered: 502, failure: 'ETIMEOUT' }, 256, 'ok'],
    ['eleven of 512 lost', { answered: 501, failure: 'ETIMEOUT' }, 256, 'warn'],
  ] as const)('%s', (_what, change, concurrency, verdict) => {
    const [finding] = judgeResolvers([{ ...healthy, ...change }], concurrency);
    expect(finding?.verdict).toBe(verdict);
    expect(finding?.remedy === null).toBe(verdict === 'ok');
  });

  it('reports how many questions were lost, and why', () => {
    const [finding] = judgeResolvers([{ ...healthy, answered: 384, failure: 'ESERVFAIL' }], 256);
    expect(finding?.found).toContain('75.0 % of 512 questions answered (it answers SERVFAIL)');
  });

  it('fails if no name server answers, and warns if only some are dead', () => {
    const [alone] = judgeResolvers([dead], 256);
    expect(alone).toMatchObject({
      verdict: 'fail',
      found: '192.0.2.54: none of 256 questions answered (no answer in time)',
      remedy: expect.stringContaining('--resolver'),
    });
    expect(judgeResolvers([dead, dead], 256).map(({ verdict }) => verdict)).toEqual(['fail', 'fail']);
    expect(judgeResolvers([dead, healthy], 256).map(({ verdict }) => verdict)).toEqual(['warn', 'ok']);
  });

  it('fails if the system has no name server', () => {
    expect(verdicts(judgeResolvers([], 256))).toEqual(['fail name server']);
  });
});

// 2 decoders, 16 files of shards and 64 of margin come on top of the connections.
test.each([
  [256, 1000, 'fail', 'ulimit -Hn 2082', '--concurrency 87'],
  [2081, 1000, 'fail', 'ulimit -Hn 2082', '--concurrency 999'],
  [2082, 1000, 'ok', null, null],
  [Number.POSITIVE_INFINITY, 65_536, 'ok', null, null],
  [null, 65_536, 'ok', null, null],
] as const)('%s open files for --concurrency %i: %s', (limit, concurrency, verdict, raise, lower) => {
  const finding = judgeOpenFiles(limit, { concurrency, perHost: 16, decoders: 2 });
  expect(finding.verdict).toBe(verdict);
  if (raise === null) expect(finding.remedy).toBeNull();
  else expect(finding.remedy).toMatch(new RegExp(`${raise}, .*${lower}$`));
});

test('an open-file limit too low for any concurrency can only be raised', () => {
  const { found, remedy } = judgeOpenFiles(80, { concurrency: 1, perHost: 1, decoders: 1 });
  expect(found).toBe('at most 80, 83 needed for --concurrency 1');
  expect(remedy).not.toContain('--concurrency');
});

test.each([
  [28_232, 256, 16, 'ok'],
  [512, 256, 16, 'ok'],
  [511, 256, 16, 'warn'],
  [15, 256, 16, 'fail'],
  [8, 4, 16, 'ok'],
  [null, 65_536, 65_536, 'ok'],
] as const)(
  '%s local ports for --concurrency %i --per-host %i: %s',
  (ports, concurrency, perHost, verdict) => {
    const finding = judgeLocalPorts(ports, { concurrency, perHost, decoders: 1 });
    expect(finding.verdict).toBe(verdict);
    expect(finding.remedy === null).toBe(verdict === 'ok');
  },
);

test.each([
  [{ memoryBytes: 16 * GIB, available: 500 * MIB }, 2, 'ok', null],
  [
    { memoryBytes: 16 * GIB, available: 400 * MIB },
    2,
    'warn',
    'end other programs that use it, or use --decoders 1',
  ],
  [
    { memoryBytes: 600 * MIB, available: 550 * MIB },
    6,
    'warn',
    'give this machine more; a run starts 3 decoders',
  ],
  [{ memoryBytes: 250 * MIB, available: 200 * MIB }, 1, 'fail', 'give this machine more'],
] as const)('memory %j for %i decoders: %s', (memory, decoders, verdict, remedy) => {
  expect(judgeMemory({ machineBytes: 16 * GIB, ...memory }, decoders)).toMatchObject({ verdict, remedy });
});

test('names limits of control groups', () => {
  const memory = { memoryBytes: 600 * MIB, machineBytes: 16 * GIB, available: 550 * MIB };
  expect(judgeMemory(memory, 1).found).toBe(
    '550MiB of 600MiB available (limit of a control group on a machine of 16GiB), about 271MiB needed for 1 decoder',
  );
  expect(judgeCores(2, 64, 2).found).toBe(
    '2 cores (quota of a control group on a machine of 64) for 2 decoders',
  );
});

test.each([
  [Number.POSITIVE_INFINITY, 'ok', 'no limit'],
  [4 * GIB, 'ok', 'at most 4GiB for each process, 2GiB needed'],
  [GIB, 'fail', 'at most 1GiB for each process, 2GiB needed'],
] as const)('address space of %d bytes: %s', (bytes, verdict, found) => {
  expect(judgeAddressSpace(bytes)).toMatchObject({ verdict, found });
});

test.each([
  [2, 2, 'ok', null],
  [2, 3, 'warn', 'use --decoders 2'],
] as const)('%i cores for %i decoders: %s', (cores, decoders, verdict, remedy) => {
  expect(judgeCores(cores, cores, decoders)).toMatchObject({ verdict, remedy });
});

describe('judgeDisk()', () => {
  const roomy = { folder: '/data', freeBytes: 100 * GIB, freeInodes: 3_000_000, syncMs: 200 };

  it.each([
    ['webdataset', ['ok output', 'ok disk space']],
    ['files', ['ok output', 'ok disk space', 'ok inodes']],
    ['none', ['ok output']],
  ] as const)('looks at what %s needs', (format, expected) => {
    expect(verdicts(judgeDisk(roomy, format))).toEqual(expected);
  });

  it.each([
    [{ syncMs: 201 }, 'warn output'],
    [{ freeBytes: 10 * GIB - 1 }, 'warn disk space'],
    [{ freeBytes: GIB }, 'warn disk space'],
    [{ freeBytes: GIB - 1 }, 'fail disk space'],
    [{ freeInodes: 2_999_999 }, 'warn inodes'],
    [{ freeInodes: 29_999 }, 'fail inodes'],
  ] as const)('with %j: %s', (change, expected) => {
    const bad = judgeDisk({ ...roomy, ...change }, 'files').filter(({ verdict }) => verdict !== 'ok');
    expect(verdicts(bad)).toEqual([expected]);
    expect(bad[0]?.remedy).toEqual(expect.any(String));
  });

  it('names the files that a webdataset shard has', () => {
    const kinds = new Set([...requiredKinds('webdataset'), 'checksums', 'stats']);
    expect(kinds.size).toBe(4);
    expect(judgeDisk({ ...roomy, freeInodes: 1 }, 'files').at(-1)?.remedy).toContain('four files per shard');
  });

  it('accepts file systems that create inodes as needed', () => {
    const disk = { ...roomy, freeInodes: Number.POSITIVE_INFINITY };
    expect(judgeDisk(disk, 'files').at(-1)).toMatchObject({ name: 'inodes', verdict: 'ok' });
  });

  it('says why a folder cannot be written to, and nothing about its disk', () => {
    expect(judgeDisk({ folder: '/data', failure: 'EROFS: read-only file system' }, 'files')).toEqual([
      {
        name: 'output',
        verdict: 'fail',
        found: "'/data' cannot be written to: EROFS: read-only file system",
        remedy: expect.stringContaining('--output'),
      },
    ]);
  });
});

describe('judgeDecoder()', () => {
  it('reports the error of sharp and what to do', () => {
    const error = new UserError(
      EXIT.environment,
      "Cannot start a decoder: expected a process that loads sharp, found 'no; such module'; reinstall it",
    );
    expect(judgeDecoder(error)).toEqual({
      name: 'decoder',
      verdict: 'fail',
      found: "Cannot start a decoder: expected a process that loads sharp, found 'no; such module'",
      remedy: 'reinstall it',
    });
  });

  it('fails a decoder that cannot decode an intact image', () => {
    const finding = judgeDecoder({ ok: false, code: 'decoder_crashed', mimeType: 'image/png' });
    expect(finding).toMatchObject({ verdict: 'fail', found: expect.stringContaining('decoder_crashed') });
    expect(finding.remedy).toEqual(expect.any(String));
  });
});

test.each([
  [{ ipv4: true, ipv6: true }, 'ok', 'to IPv4 and IPv6'],
  [{ ipv4: true, ipv6: false }, 'ok', 'to IPv4; not to IPv6, which few hosts need'],
  [{ ipv4: false, ipv6: false }, 'warn', 'no route to the internet'],
  [{ ipv4: false, ipv6: true }, 'warn', 'to IPv6 only: hosts without an IPv6 address cannot be reached'],
] as const)('routes %j: %s', (routes, verdict, found) => {
  expect(judgeRoutes(routes)).toMatchObject({ verdict, found });
});

test('proxies are reported by the names of their variables, never by address', () => {
  const environment = {
    HTTP_PROXY: 'http://user:secret@192.0.2.7',
    https_proxy: '',
    NO_PROXY: '*',
    PATH: '/',
  };
  const findings = judgeProxies(environment);
  expect(verdicts(findings)).toEqual(['warn proxy']);
  expect(findings[0]?.found).toMatch(/^HTTP_PROXY set/);
  expect(JSON.stringify(findings)).not.toContain('secret');
  expect(judgeProxies({ all_proxy: '', PATH: '/' })).toEqual([]);
});
