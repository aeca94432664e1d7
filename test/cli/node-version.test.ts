import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parse } from 'acorn';
import { describe, expect, test } from 'vitest';
import { CLI } from '../support/command/cli.ts';
import { startNode } from '../support/command/start-node.ts';

const BIN = new URL('../../bin/', import.meta.url);
const { problemOf, REQUIRED } = createRequire(import.meta.url)('../../bin/node-version.js') as {
  problemOf(found: string, required: string): string | null;
  readonly REQUIRED: string;
};

describe('a Node that is too old', () => {
  test.each(['4.9.1', '12.22.12', '18.20.8', '20.9.0', '20.17.0'])('%s is named', (version) => {
    expect(problemOf(version, '20.18')).toBe(
      `Cannot start with Node ${version}: expected Node 20.18 or later; ` +
        'install it from https://nodejs.org or with a version manager (nvm install --lts)',
    );
  });

  test.each(['20.18.0', '20.18.3', '20.20.2', '22.0.0', '24.11.1', '100.1.0'])('%s is not', (version) => {
    expect(problemOf(version, '20.18')).toBeNull();
  });

  test('is measured by package.json', () => {
    expect(REQUIRED).toMatch(/^\d+\.\d+$/);
    expect(problemOf(process.versions.node, REQUIRED)).toBeNull();
  });

  test('ends the command with one line and exit code 6', async () => {
    const versions = "{ value: { ...process.versions, node: '18.20.8' } }";
    const pretend = `data:text/javascript,Object.defineProperty(process, 'versions', ${versions})`;
    const { stderr, stdout, code } = await startNode(['--import', pretend, CLI, '--version']).result;
    expect(stderr).toMatch(/^laion-fetch: Cannot start with Node 18\.20\.8: expected .*\n$/);
    expect({ stdout, code }).toEqual({ stdout: '', code: 6 });
  });

  test.each(['laion-fetch.js', 'node-version.js'])('can read %s', (name) => {
    const text = readFileSync(fileURLToPath(new URL(name, BIN)), 'utf8');
    expect(() => parse(text, { ecmaVersion: 2015, allowHashBang: true })).not.toThrow();
    expect(text).not.toMatch(/\bimport\b/);
  });
});
