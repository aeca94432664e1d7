import { expect, test } from 'vitest';
import { missingFlags } from '../../src/cli/relay.ts';

const MIB = 2 ** 20;
const NONE = Number.POSITIVE_INFINITY;
const WASM = ['--disable-wasm-trap-handler', '--wasm-max-mem-pages=2048'];

test.each<[string, { memoryBytes: number; addressSpaceBytes: number }, string[], string[]]>([
  ['a machine without limits', { memoryBytes: 24_000 * MIB, addressSpaceBytes: NONE }, [], []],
  ['a limit on address space', { memoryBytes: 24_000 * MIB, addressSpaceBytes: 4_000 * MIB }, [], WASM],
  [
    'memory below what V8 allows its heap',
    { memoryBytes: 600 * MIB, addressSpaceBytes: NONE },
    [],
    ['--max-old-space-size=300'],
  ],
  [
    'flags that were given, in any spelling and in NODE_OPTIONS',
    { memoryBytes: 600 * MIB, addressSpaceBytes: 4_000 * MIB },
    ['--disable-wasm-trap-handler', '--conditions=x --max_old_space_size=500'],
    [],
  ],
])('%s', (_, limits, given, expected) => {
  expect(missingFlags(limits, 4_144 * MIB, given)).toEqual(expected);
});
