import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { MECHANISM_NAMES, MECHANISMS } from '../src/core/rights/mechanisms.ts';
import { RIGHTS_POLICIES } from '../src/core/rights/policies.ts';

const PAGE = fileURLToPath(new URL('../docs/rights.md', import.meta.url));

/** The text of docs/rights.md, with a new table of what each policy does between its two `mechanisms` marks. */
export function withMechanismTable(page: string): string {
  const marks = /(<!-- mechanisms -->\n).*?(<!-- \/mechanisms -->)/s;
  if (!marks.test(page)) throw new Error('docs/rights.md has no <!-- mechanisms --> marks');
  return page.replace(marks, (_, open: string, close: string) => `${open}\n${mechanismTable()}\n\n${close}`);
}

function mechanismTable(): string {
  const rows = MECHANISM_NAMES.map((name) => {
    const { where, refusal, failure, treatment } = MECHANISMS[name];
    const cells = [`\`${name}\``, where, refusal, ...RIGHTS_POLICIES.map((policy) => treatment[policy])];
    return `| ${[...cells, `\`${failure}\``].join(' | ')} |`;
  });
  const heads = ['signal', 'where', 'a refusal if', ...RIGHTS_POLICIES, 'failure'];
  return [`| ${heads.join(' | ')} |`, `|${'---|'.repeat(heads.length)}`, ...rows].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(PAGE, withMechanismTable(await readFile(PAGE, 'utf8')));
}
