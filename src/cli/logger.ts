import { type Logger, pino } from 'pino';
import type { Options } from '../config/resolve.ts';
import { usageError } from '../core/errors.ts';
import type { RunEvent } from '../run/events.ts';
import { sanitizeText } from '../util/terminal-text.ts';

/** The program's log: lines of JSON on standard error or in the file of `--log-file`. */
export function createLogger({ logLevel, logFile }: Pick<Options, 'logLevel' | 'logFile'>): Logger {
  try {
    // Synchronous, so that the last lines before a crash are there; a run logs little.
    return pino(
      { level: logLevel, base: null },
      pino.destination({ dest: logFile ?? 2, append: true, sync: true }),
    );
  } catch (error) {
    throw usageError(`Cannot write the log to '${logFile}': ${String(error)}; name another --log-file`);
  }
}

/** What of a run is worth a line in the log. */
export function logEvent(logger: Logger, event: RunEvent): void {
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
      logger.warn({ file: event.file, reason: sanitizeText(event.reason) }, 'row cannot be read');
      return;
    case 'decoder':
      if (event.event.kind === 'started') logger.debug({ pid: event.event.pid }, 'decoder started');
      else logger.info({ pid: event.event.pid, cause: event.event.cause }, 'decoder stopped');
      return;
    case 'notice':
      logger.warn(sanitizeText(event.message));
      return;
    case 'sample':
      if (logger.isLevelEnabled('trace'))
        logger.trace({ outcome: event.outcome, bytes: event.bytes }, 'sample');
  }
}
