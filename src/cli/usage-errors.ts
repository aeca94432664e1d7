import type { Command, CommanderError } from 'commander';
import { findFlag, LEGACY_FLAG_NAMES } from '../config/legacy/flag-names.ts';
import { type OptionKey, optionName } from '../config/options/options.ts';
import { usageError } from '../core/errors.ts';
import { nearest } from '../util/text/nearest.ts';

/** Commander's error in our words. If it is not an error (help was printed), it is returned unchanged. */
export function toUsageError(error: CommanderError, command: Command): Error {
  if (error.exitCode === 0) return error;
  const isOwnCommand = command.parent !== null && command.name() !== 'download';
  const help = `see laion-fetch ${isOwnCommand ? `${command.name()} ` : ''}--help`;
  const [argument] = command.registeredArguments;
  switch (error.code) {
    case 'commander.unknownOption':
      return usageError(unknownOption(/'(.*)'/s.exec(error.message)?.[1] ?? '', command, help));
    case 'commander.missingArgument':
      return usageError(`expected ${argument?.name()}: ${argument?.description}; got none; ${help}`);
    case 'commander.excessArguments':
      return usageError(
        `expected ${argument ? `one ${argument.name()}` : 'no arguments'}, got ${command.args.length}; ${help}`,
      );
    // `help` for a command that does not exist.
    case 'commander.help':
      return usageError(`unknown command; ${help}`);
    default:
      return usageError(`${error.message.replace(/^error: /, '')}; ${help}`);
  }
}

/** Names that other programs and tutorials give to our options. */
const OTHER_NAMES: Readonly<Record<string, OptionKey>> = {
  ...{ count: 'limit', head: 'limit', 'max-count': 'limit', 'max-samples': 'limit', 'num-samples': 'limit' },
  ...{ filter: 'where', query: 'where', threads: 'concurrency', jobs: 'decoders', workers: 'decoders' },
  ...{ format: 'outputFormat', size: 'imageSize', quality: 'encodeQuality' },
};

function unknownOption(flag: string, command: Command, help: string): string {
  const name = flag.replace(/=.*/s, '');
  if (findFlag(name.slice(2))) return `${command.name()} has no option '${name}'; ${help}`;
  const names = command.options.flatMap((option) => option.long?.slice(2) ?? []);
  const dashed = name.slice(2).replaceAll('_', '-');
  const other = OTHER_NAMES[dashed] && optionName(OTHER_NAMES[dashed]);
  const near = other && names.includes(other) ? other : nearest(dashed, [...names, ...LEGACY_FLAG_NAMES]);
  return `unknown option '${name}'; ${near ? `did you mean --${near}?` : help}`;
}
