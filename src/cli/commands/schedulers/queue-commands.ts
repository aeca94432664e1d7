import { setTimeout } from 'node:timers/promises';
import type { Options } from '../../../config/resolve.ts';
import { EXIT, type ExitCode, usageError } from '../../../core/errors.ts';
import { queueStatusText } from '../../../report/queue/queue-status.ts';
import { orderQueue, type QueueOrder, queueStatus } from '../../../run/queue/queue-status.ts';
import { publicQueueAddress } from '../../../util/text/queue-address.ts';
import { terminalJson } from '../../../util/text/terminal-json.ts';
import { sanitizeText } from '../../../util/text/terminal-text.ts';
import { plural } from '../../../util/text/units.ts';

const REDRAW_MS = 2_000;
const CLEAR = '\u001b[H\u001b[J';
const MOST_CHARACTERS = 100_000;

const DONE: Readonly<Record<QueueOrder, string>> = {
  pause: 'paused: machines finish the shards that they hold and take no others',
  resume: 'resumed',
  drain: 'being drained: machines finish the shards that they hold and end',
};

/** `laion-fetch status --queue <url>`: once, or on a terminal again and again until it is interrupted. */
export async function runStatus(options: Options): Promise<ExitCode> {
  const address = addressOf(options);
  const isLive = process.stdout.isTTY && !options.json;
  do {
    const runs = await queueStatus(address);
    if (options.json) process.stdout.write(`${terminalJson({ runs })}\n`);
    else {
      const lines = queueStatusText(runs, publicQueueAddress(address)).split('\n');
      const text = lines.map((line) => sanitizeText(line, MOST_CHARACTERS)).join('\n');
      process.stdout.write(`${isLive ? CLEAR : ''}${text}\n`);
    }
    if (isLive) await setTimeout(REDRAW_MS);
  } while (isLive);
  return EXIT.done;
}

/** `laion-fetch pause|resume|drain --queue <url>` */
export async function runOrder(options: Options, order: QueueOrder): Promise<ExitCode> {
  const runs = await orderQueue(addressOf(options), order);
  if (options.json) process.stdout.write(`${terminalJson({ order, runs })}\n`);
  else process.stdout.write(`${plural(runs, 'run')} ${DONE[order]}\n`);
  return EXIT.done;
}

function addressOf({ queue }: Options): string {
  if (queue === null) throw usageError('expected --queue <url>, such as redis://10.0.0.1, got none');
  return queue;
}
