import { type Command, Help, Option } from 'commander';
import type { Layer, Setting } from '../config/layer.ts';
import {
  describeDefault,
  findOption,
  isFlag,
  type OptionKey,
  optionName,
  optionSpec,
} from '../config/options/options.ts';

/** Width of the first column of help. The text of a longer term starts on the next line. */
const TERM_WIDTH = 32;

/** Adds options of the table to a command, under the table's headings. Their values stay text. */
export function addFlags(command: Command, keys: readonly OptionKey[]): void {
  for (const key of keys) {
    const { type, help, group, short, default: value, isRepeatable } = optionSpec(key);
    const name = optionName(key);
    const heading = `${group}:`;
    const defaults = value === false ? '' : describeDefault(key);
    const description = defaults === '' ? help : `${help} [${defaults}]`;
    const flags = `${short ? `-${short}, ` : ''}--${name} ${type.placeholder}`.trim();
    const option = new Option(flags, description).helpGroup(heading);
    if (isRepeatable) {
      option.argParser((text: string, earlier?: string) =>
        earlier === undefined ? text : `${earlier}\n${text}`,
      );
    }
    command.addOption(option);
    if (isFlag(key)) command.addOption(new Option(`--no-${name}`).hideHelp().helpGroup(heading));
  }
}

/** The flags of a parsed command. */
export function flagsLayer(command: Command): Layer {
  return new Map(
    Object.entries(command.opts()).flatMap(([property, value]): [OptionKey, Setting][] => {
      const key = findOption(property)?.key;
      return key ? [[key, { text: String(value), origin: `--${optionName(key)}` }]] : [];
    }),
  );
}

/** The style of help: a flag that is on by default appears as `--[no-]flag`. */
export const helpStyle: Partial<Help> = {
  padWidth: () => TERM_WIDTH,
  formatItem: (term, termWidth, description, help) => {
    const format = (shown: string) =>
      Help.prototype.formatItem.call(help, shown, termWidth, description, help);
    return term.length <= termWidth ? format(term) : `  ${term}\n${format('')}`;
  },
  optionTerm: (option) => {
    const key = findOption(option.name())?.key;
    const isOn = key !== undefined && optionSpec(key).default === true;
    return isOn ? `--[no-]${option.name()}` : Help.prototype.optionTerm(option);
  },
};
