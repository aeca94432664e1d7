import { findOption } from '../config/options/options.ts';

/** Names of flags that are not in the table of options. */
const OWN_FLAGS: Readonly<Record<string, string>> = {
  ...{ class: 'classes', index: 'index', renumber: 'renumber' },
  ...{ add: 'add', from: 'from', drop: 'drop' },
};

/** A message in the words of a program: `--image-size` becomes `imageSize`, `the same command` becomes `the same call`. */
export function inCode(message: string): string {
  return message
    .replaceAll('the same command', 'the same call')
    .replace(/(?<![\w-])--([a-z][a-z-]*[a-z])/g, (flag, name: string) => {
      return findOption(name)?.key ?? OWN_FLAGS[name] ?? flag;
    });
}
