import { EXIT_MEANINGS } from '../../core/errors.ts';
import { VERSION } from '../../util/version.ts';
import type { CommandLine, FlagLine } from './command-line.ts';

/** The manual page laion-fetch(1) in roff. The first command is the default one. */
export function manPage(commands: readonly CommandLine[]): string {
  const [main, ...others] = commands;
  const groups = [...new Set(main?.flags.map(({ group }) => group))];
  const lines = [
    `.TH LAION-FETCH 1 "" "laion-fetch ${VERSION}"`,
    '.SH NAME',
    'laion\\-fetch \\- download the images of an index of URLs and captions into a dataset',
    '.SH SYNOPSIS',
    '.B laion\\-fetch',
    roff('[download] <index...> --output <dir> [options]'),
    ...others.flatMap(({ name, usage }) => ['.br', '.B laion\\-fetch', roff(`${name} ${usage}`)]),
    '.SH DESCRIPTION',
    roff(main?.summary ?? ''),
    '.PP',
    'Flags override LAION_FETCH_* variables, which override the file of \\-\\-config. The flags of img2dataset work as well.',
    '.SH COMMANDS',
    ...commands.flatMap(({ name, summary }) => ['.TP', `.B ${roff(name)}`, roff(summary)]),
    '.SH OPTIONS',
    ...groups.flatMap((group) => [
      `.SS ${roff(group)}`,
      ...(main?.flags.filter((flag) => flag.group === group) ?? []).flatMap(flagLines),
    ]),
    ...others.flatMap((command) => ownFlags(command, main?.flags ?? [])),
    '.SH EXIT STATUS',
    ...Object.entries(EXIT_MEANINGS).flatMap(([code, meaning]) => ['.TP', `.B ${code}`, roff(meaning)]),
    '.SH ENVIRONMENT',
    'LAION_FETCH_ and the name of an option, such as LAION_FETCH_IMAGE_SIZE; NO_COLOR, FORCE_COLOR, TMPDIR.',
  ];
  return `${lines.join('\n')}\n`;
}

/** The flags that a command does not share with the default one. */
function ownFlags({ name, flags }: CommandLine, shared: readonly FlagLine[]): string[] {
  const own = flags.filter((flag) => !shared.some((each) => each.names[0] === flag.names[0]));
  return own.length === 0 ? [] : [`.SS Only ${roff(name)}`, ...own.flatMap(flagLines)];
}

function flagLines({ names, short, value, help }: FlagLine): string[] {
  const spelled = [...(short === null ? [] : [short]), ...names].map(roff).join(', ');
  return ['.TP', `.B ${spelled}${value === '' ? '' : ` \\fI${roff(value)}\\fR`}`, roff(help)];
}

/** Text in which roff finds no request: neither at the start of a line nor behind a backslash. */
function roff(text: string): string {
  return text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replace(/^[.']/, '\\&$&');
}
