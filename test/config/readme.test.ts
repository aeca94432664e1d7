import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { withOptionTable } from '../../scripts/option-table.ts';
import { withMechanismTable } from '../../scripts/rights-table.ts';
import { OPTION_KEYS, optionName } from '../../src/config/options/options.ts';

const README = new URL('../../README.md', import.meta.url);
const RIGHTS = new URL('../../docs/rights.md', import.meta.url);

describe('withOptionTable()', () => {
  const made = withOptionTable('before\n<!-- options -->\nstale\n<!-- /options -->\nafter\n');

  it('replaces only the text between the marks', () => {
    expect(made).toMatch(/^before\n<!-- options -->\n\n\| option \|[^\n]*\n[^\n]*\n\| \*\*Input\*\* \|/);
    expect(made).toMatch(/\n<!-- \/options -->\nafter\n$/);
    expect(made).not.toContain('stale');
    expect(withOptionTable(made)).toBe(made);
  });

  it.each(OPTION_KEYS)('has a row for %s', (key) => {
    expect(made).toMatch(new RegExp(`^\\| \`--(\\[no-\\])?${optionName(key)}\``, 'm'));
  });

  it('refuses a text without marks', () => {
    expect(() => withOptionTable('nothing')).toThrow('<!-- options -->');
  });
});

describe('README.md', () => {
  it('has the current table of options; `npm run readme` updates it', async () => {
    const readme = await readFile(README, 'utf8');
    expect(readme).toBe(withOptionTable(readme));
  });
});

describe('docs/rights.md', () => {
  it('has the current table of mechanisms; `npm run readme` updates it', async () => {
    const page = await readFile(RIGHTS, 'utf8');
    expect(page).toBe(withMechanismTable(page));
  });
});
