import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Theme } from './cases.ts';
import type { Observation } from './observe.ts';

/** The facts of a case that its theme records. */
export type CaseRecord = Partial<Observation>;

export function recordPath({ name }: Theme): string {
  return fileURLToPath(new URL(`../../fixtures/img2dataset/${name}.json`, import.meta.url));
}

/** The records of a theme's cases by their names. */
export function readRecords(theme: Theme): Readonly<Record<string, CaseRecord>> {
  return JSON.parse(readFileSync(recordPath(theme), 'utf8'));
}

/** JSON with a line for each row and each text, so that changes of a record are readable. */
export function recordText(records: Readonly<Record<string, CaseRecord>>): string {
  const cases = Object.entries(records).map(([name, facts]) => {
    const lines = Object.entries(facts).map(
      ([fact, value]) => `    ${JSON.stringify(fact)}: ${factText(value)}`,
    );
    return `  ${JSON.stringify(name)}: {\n${lines.join(',\n')}\n  }`;
  });
  return `{\n${cases.join(',\n')}\n}\n`;
}

function factText(fact: object): string {
  const lines = Array.isArray(fact)
    ? fact.map((item) => JSON.stringify(item))
    : Object.entries(fact).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  const isShort = lines.length === 0 || (Array.isArray(fact) && typeof fact[0] === 'string');
  const [open, close] = Array.isArray(fact) ? '[]' : '{}';
  return isShort
    ? `${open}${lines.join(',')}${close}`
    : `${open}\n      ${lines.join(',\n      ')}\n    ${close}`;
}
