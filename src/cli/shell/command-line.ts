import type { Command, Option } from 'commander';
import { findOption, isFlag, optionSpec } from '../../config/options/options.ts';

/** A flag as shells and manuals describe it. */
export interface FlagLine {
  /** `--image-size`, and for a flag that can be switched off also `--no-auto-orient`. */
  readonly names: readonly string[];
  /** `-o`, if there is one. */
  readonly short: string | null;
  /** Placeholder of its value, without brackets: `dir`; empty if it takes none. */
  readonly value: string;
  /** The words that its value may be; null if they cannot be listed. */
  readonly choices: readonly string[] | null;
  readonly help: string;
  /** Heading in the help. */
  readonly group: string;
}

export interface CommandLine {
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  readonly flags: readonly FlagLine[];
}

/** The commands of the program and their flags, as plain data. The first is the default command. */
export function describeCommands(program: Command): CommandLine[] {
  return program.commands.map((command) => ({
    name: command.name(),
    summary: command.description(),
    usage: command.usage(),
    flags: command.options.filter((option) => !option.hidden).map(describeFlag),
  }));
}

function describeFlag(option: Option): FlagLine {
  const name = option.long?.slice(2) ?? '';
  const key = findOption(name)?.key;
  const spec = key && optionSpec(key);
  const isSwitch = key !== undefined && isFlag(key);
  return {
    names: [`--${name}`, ...(isSwitch && spec?.default === true ? [`--no-${name}`] : [])],
    short: option.short ?? null,
    value: /<([^>]*)>/.exec(option.flags)?.[1] ?? '',
    choices: spec?.type.choices ?? null,
    help: option.description,
    group: option.helpGroupHeading?.replace(/:$/, '') ?? 'Help',
  };
}

/** Whether a value is a path, so that a shell completes names of files. */
export const isPath = ({ value }: FlagLine): boolean => /^(dir|file|path)/.test(value);
