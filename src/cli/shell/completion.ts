import { type CommandLine, type FlagLine, isPath } from './command-line.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

const HELP: FlagLine = {
  names: ['--help'],
  short: '-h',
  value: '',
  choices: null,
  help: 'Print this help',
  group: 'Help',
};

/** A script that completes the command line in a shell. The first command is the default one. */
export function completionScript(shell: Shell, commands: readonly CommandLine[]): string {
  const all = commands.map((command) => ({ ...command, flags: [...command.flags, HELP] }));
  return { bash, zsh, fish }[shell](all);
}

function bash(commands: readonly CommandLine[]): string {
  const [main] = commands;
  const cases = commands.map(({ name, flags }) => `    ${name}) flags="${spellings(flags).join(' ')}" ;;`);
  return `# bash completion of laion-fetch: eval "$(laion-fetch completion bash)"
_laion_fetch() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" command=${main?.name} flags word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in
      ${names(commands).join('|')}) command="$word"; break ;;
    esac
  done
  case "$prev" in
${valueCases(commands)}
  esac
  case "$command" in
${cases.join('\n')}
  esac
  if [[ "$cur" == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$cur"))
  elif [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "${names(commands).join(' ')}" -- "$cur") $(compgen -f -- "$cur"))
  elif [[ "$command" == completion ]]; then
    COMPREPLY=($(compgen -W "${SHELLS.join(' ')}" -- "$cur"))
  else
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}
complete -o filenames -o bashdefault -F _laion_fetch laion-fetch
`;
}

/** What follows a flag with a value: one of some words, a file, or anything. */
function valueCases(commands: readonly CommandLine[]): string {
  const flags = new Map(commands.flatMap((command) => command.flags).map((flag) => [flag.names[0], flag]));
  return [...flags.values()]
    .filter(({ value }) => value !== '')
    .map((flag) => {
      const reply = flag.choices
        ? `compgen -W "${flag.choices.join(' ')}"`
        : isPath(flag)
          ? 'compgen -f'
          : null;
      const set = reply === null ? 'COMPREPLY=()' : `COMPREPLY=($(${reply} -- "$cur"))`;
      return `    ${spellings([flag]).join('|')}) ${set}; return ;;`;
    })
    .join('\n');
}

function zsh(commands: readonly CommandLine[]): string {
  const [main] = commands;
  const functions = commands.map(({ name, flags }) => {
    const lines = flags.map((flag) => `    ${zshFlag(flag)} \\\n`).join('');
    const operands = name === 'completion' ? `'1:shell:(${SHELLS.join(' ')})'` : "'*:file:_files'";
    return `_laion_fetch_${name}() {\n  _arguments -s -S \\\n${lines}    ${operands}\n}\n`;
  });
  const list = commands.map(({ name, summary }) => `    ${zshQuoted(`${name}:${summary}`)}\n`).join('');
  return `#compdef laion-fetch
# zsh completion of laion-fetch: laion-fetch completion zsh > a file named _laion-fetch in $fpath
${functions.join('')}
_laion_fetch() {
  local -a commands=(
${list}  )
  if (( CURRENT == 2 )) && [[ "$words[2]" != -* ]]; then
    _describe command commands
    _files
    return
  fi
  case "$words[2]" in
    ${names(commands).join('|')})
      local command="$words[2]"
      shift words
      (( CURRENT-- ))
      "_laion_fetch_$command" ;;
    *) _laion_fetch_${main?.name} ;;
  esac
}
if [[ "$funcstack[1]" == _laion-fetch ]]; then _laion_fetch "$@"; else compdef _laion_fetch laion-fetch; fi
`;
}

function zshFlag(flag: FlagLine): string {
  const { names: long, short, value, choices, help } = flag;
  const all = [...long, ...(short === null ? [] : [short])];
  const described = help.replace(/[[\]:\\]/g, (character) => `\\${character}`);
  const action = choices ? `(${choices.join(' ')})` : isPath(flag) ? '_files' : ' ';
  const argument = value === '' ? '' : `:${value}:${action}`;
  const spelled = all.length === 1 ? all.join('') : `{${all.join(',')}}`;
  const prefix = all.length === 1 ? '' : `'(${all.join(' ')})'`;
  return `${prefix}${spelled}${zshQuoted(`[${described}]${argument}`)}`;
}

const zshQuoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function fish(commands: readonly CommandLine[]): string {
  const [main, ...others] = commands;
  const inMain = `not __fish_seen_subcommand_from ${others.map(({ name }) => name).join(' ')}`;
  const lines = commands.flatMap(({ name, summary, flags }) => {
    const condition = name === main?.name ? inMain : `__fish_seen_subcommand_from ${name}`;
    return [
      `complete -c laion-fetch -n __fish_use_subcommand -a ${name} -d ${fishQuoted(summary)}`,
      ...flags.flatMap((flag) => fishFlags(flag, condition)),
    ];
  });
  const shells = `complete -c laion-fetch -n '__fish_seen_subcommand_from completion' -f -a '${SHELLS.join(' ')}'`;
  return `# fish completion of laion-fetch: laion-fetch completion fish | source\n${lines.join('\n')}\n${shells}\n`;
}

function fishFlags(flag: FlagLine, condition: string): string[] {
  const { names: long, short, value, choices, help } = flag;
  const argument =
    value === '' ? '' : choices ? ` -x -a '${choices.join(' ')}'` : isPath(flag) ? ' -r -F' : ' -x';
  return long.map((name, at) => {
    const letter = short === null || at > 0 ? '' : ` -s ${short.slice(1)}`;
    return `complete -c laion-fetch -n '${condition}'${letter} -l ${name.slice(2)}${argument} -d ${fishQuoted(help)}`;
  });
}

const fishQuoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const names = (commands: readonly CommandLine[]): string[] => commands.map(({ name }) => name);

const spellings = (flags: readonly FlagLine[]): string[] =>
  flags.flatMap(({ names: long, short }) => [...long, ...(short === null ? [] : [short])]);
