import { type Logger, pino } from 'pino';
import type { Options } from '../../../config/resolve.ts';
import { usageError } from '../../../core/errors.ts';
import { wrapWords } from '../../../report/wrap.ts';
import type { RunEvent } from '../../../run/engine/events.ts';
import { terminalJson } from '../../../util/text/terminal-json.ts';
import { sanitizeText } from '../../../util/text/terminal-text.ts';

/**
 * The program's log: lines of JSON on standard error or in the file of `--log-file`; on a terminal, sentences.
 * `beforeLine` is called before a line goes to standard error.
 */
export function createLogger(
  { logLevel, logFile }: Pick<Options, 'logLevel' | 'logFile'>,
  beforeLine: () => void,
): Logger {
  const streamWrite = (line: string): string => {
    if (logFile !== null) return makeSafe(line);
    beforeLine();
    return process.stderr.isTTY ? sentence(line) : makeSafe(line);
  };
  try {
    // Synchronous, so that the last lines before a crash are not lost; a run logs little.
    const destination = pino.destination({ dest: logFile ?? 2, append: true, sync: true });
    // If the log cannot be written, because the disk is full or its reader has gone, the run must not end.
    destination.on('error', () => {});
    return pino({ level: logLevel, base: null, hooks: { streamWrite } }, destination);
  } catch (error) {
    throw usageError(`Cannot write the log to '${logFile}': ${String(error)}; name another --log-file`);
  }
}

/** Every line of the log goes through this function, whatever it contains. */
const makeSafe = (line: string): string => `${terminalJson(JSON.parse(line))}\n`;

const LEVELS = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warning', 50: 'error', 60: 'fatal' } as const;
const MAX_SENTENCE = 2000;

/** A line of the log for people: `laion-fetch: warning: row cannot be read (file: a.csv, reason: line 2 ...)`. */
function sentence(line: string): string {
  const { level, time: _, msg, ...details } = JSON.parse(line) as Record<string, unknown>;
  const named = Object.entries(details).map(([name, value]) => `${name}: ${textOf(value)}`);
  const more = named.length === 0 ? '' : ` (${named.join(', ')})`;
  const kind = LEVELS[level as keyof typeof LEVELS] ?? 'log';
  const text = sanitizeText(`laion-fetch: ${kind}: ${String(msg)}${more}`, MAX_SENTENCE);
  return `${wrapWords(text, (process.stderr.columns || 80) - 3).join('\n  ')}\n`;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Maximum rows with a warning of their own. An index of the wrong kind has millions; the summary counts them all. */
const MAX_WARNED_ROWS = 20;

/** Logs the events of a run. */
export function startEventLog(logger: Logger): (event: RunEvent) => void {
  let badRows = 0;
  return (event) => {
    if (event.type === 'bad-row') badRows += 1;
    logEvent(logger, event, badRows);
  };
}

type HostEvent = Extract<RunEvent, { type: 'host' }>['event'];

const HOST_MESSAGES: Readonly<Record<HostEvent['kind'], string>> = {
  closed: 'host closed',
  paused: 'host paused',
  'rate-limited': 'host rate-limited',
  'connection-limit-lowered': 'connection limit of host lowered',
};

function logEvent(logger: Logger, event: RunEvent, badRows: number): void {
  switch (event.type) {
    case 'started': {
      const { type: _type, ...figures } = event;
      logger.info(figures, 'run started');
      return;
    }
    case 'shard':
      logger.info({ shard: event.name, count: event.count, successes: event.successes }, 'shard written');
      return;
    case 'bad-row':
      logger[badRows > MAX_WARNED_ROWS ? 'info' : 'warn'](
        { file: event.file, reason: event.reason },
        badRows === MAX_WARNED_ROWS
          ? 'row cannot be read; further ones are logged at level info'
          : 'row cannot be read',
      );
      return;
    case 'decoder':
      if (event.event.kind === 'started') logger.debug({ pid: event.event.pid }, 'decoder started');
      else logger.info({ pid: event.event.pid, cause: event.event.cause }, 'decoder stopped');
      return;
    case 'host': {
      const { kind, ...details } = event.event;
      logger.info(details, HOST_MESSAGES[kind]);
      return;
    }
    case 'notice':
      logger.warn(event.message);
      return;
    case 'waiting':
      logger.debug({ delayed: event.delayed, pressure: event.pressure }, 'rows delayed, and back-pressure');
      return;
    case 'total':
      logger.debug({ rows: event.rows, kind: event.kind }, 'rows counted');
      return;
    case 'taken-over':
      logger.trace({ outcome: event.outcome }, 'row resumed from an earlier run');
      return;
    case 'sample':
      if (logger.isLevelEnabled('trace'))
        logger.trace({ outcome: event.outcome, bytes: event.bytes }, 'sample');
  }
}
