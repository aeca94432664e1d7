import { spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import type { Layer } from '../../../config/layer.ts';
import type { OptionKey } from '../../../config/options/options.ts';
import type { Options, ResolvedOptions } from '../../../config/resolve.ts';
import type { Distributor } from '../../../core/choices.ts';
import { EXIT, type ExitCode, UserError, usageError } from '../../../core/errors.ts';
import { downloadFlags } from '../schedulers/download-words.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** What the driver itself takes; the parts must not. */
const OF_DRIVER: readonly OptionKey[] = [
  ...(['distributor', 'master', 'address', 'subjobSize', 'partsAtOnce', 'incrementalMode'] as const),
  ...(['progress', 'quiet', 'json', 'endWith'] as const),
];

const DRIVER = 'laion_fetch.distribute';
/** Prints the packages that are missing. */
const FIND_MISSING = `import importlib.util as u, sys
print(*[m for m in sys.argv[1:] if u.find_spec(m) is None])`;

/** `--distributor pyspark` and `ray`: starts the driver of the Python package, which runs parts on a cluster. */
export async function runDistributor(
  options: Options,
  patterns: readonly string[],
  { flags, presetOrigin }: { readonly flags: Layer; readonly presetOrigin: ResolvedOptions['presetOrigin'] },
): Promise<ExitCode> {
  const { distributor } = options;
  if (distributor === 'multiprocessing') throw new Error('Not a distributor of parts');
  if (patterns.includes('-')) throw usageError('expected an index that all machines see, got standard input');
  const python = process.env['LAION_FETCH_PYTHON'] ?? 'python3';
  requirePackages(python, distributor);
  const own = new Map([...flags].filter(([key]) => !OF_DRIVER.includes(key)));
  const job = {
    distributor,
    words: [...patterns, ...downloadFlags(own, presetOrigin).map((flag) => flag.join('='))],
    master: options.master,
    address: options.address,
    shards_of_part: options.subjobSize,
    at_once: options.partsAtOnce,
    incremental_mode: options.incrementalMode,
    decoders: flags.has('decoders') ? options.decoders : null,
    // Nobody looks at lines that a program is to read, unless it asks for them.
    progress:
      options.quiet || options.progress === 'none' ? 'none' : options.progress === 'json' ? 'json' : 'lines',
    json: options.json,
  };
  return await runPython(python, ['-m', DRIVER, JSON.stringify(job)]);
}

/** Throws a UserError that says how to install what is missing. */
function requirePackages(python: string, distributor: Distributor): void {
  const { error, status, stdout } = spawnSync(python, ['-c', FIND_MISSING, 'laion_fetch', distributor], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const needed = `--distributor ${distributor}: expected Python with the packages laion-fetch and ${distributor}`;
  const found = error || status !== 0 ? `no Python '${python}'` : missing(stdout);
  if (found === null) return;
  throw new UserError(
    EXIT.environment,
    `${needed}, found ${found}; run: ${python} -m pip install 'laion-fetch[${distributor}]', or name another Python with LAION_FETCH_PYTHON`,
  );
}

function missing(stdout: string): string | null {
  const names = stdout
    .trim()
    .split(' ')
    .filter((name) => name !== '');
  return names.length === 0 ? null : `no ${names.join(' and no ')}`;
}

/** Runs the driver on this terminal and passes on signals. Resolves to its exit code. */
function runPython(python: string, args: readonly string[]): Promise<ExitCode> {
  const [, command = ''] = process.argv;
  const child = spawn(python, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { LAION_FETCH_BIN: command, ...process.env, LAION_FETCH_END_WITH: `${process.pid}` },
    // An interrupt from the keyboard reaches this process alone, which passes it on once.
    detached: true,
  });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      for (const each of SIGNALS) process.off(each, forward);
      const ended = code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
      resolve(Object.values(EXIT).find((known) => known === ended) ?? EXIT.bug);
    });
  });
}
