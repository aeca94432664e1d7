import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  describeDefault,
  OPTION_KEYS,
  type OptionKey,
  optionName,
  optionSpec,
} from '../src/config/options/options.ts';

const README = fileURLToPath(new URL('../README.md', import.meta.url));

/** The text of the README, with a new table of the options between its two `options` marks. */
export function withOptionTable(readme: string): string {
  const marks = /(<!-- options -->\n).*?(<!-- \/options -->)/s;
  if (!marks.test(readme)) throw new Error('README.md has no <!-- options --> and <!-- /options --> marks');
  return readme.replace(marks, (_, open: string, close: string) => `${open}\n${optionTable()}\n\n${close}`);
}

function optionTable(): string {
  const groups = new Set(OPTION_KEYS.map((key) => optionSpec(key).group));
  const rows = [...groups].flatMap((group) => [
    `| **${group}** | | |`,
    ...OPTION_KEYS.filter((key) => optionSpec(key).group === group).map(tableRow),
  ]);
  return ['| option | default | |', '|---|---|---|', ...rows].join('\n');
}

function tableRow(key: OptionKey): string {
  const { help, img2dataset, default: value } = optionSpec(key);
  const name = `\`--${value === true ? '[no-]' : ''}${optionName(key)}\``;
  const cells = [img2dataset ? `${name} (${img2dataset})` : name, describeDefault(key), help];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(README, withOptionTable(await readFile(README, 'utf8')));
}
