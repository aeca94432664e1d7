import type { Adoption } from '../run/adopt.ts';
import { terminalJson } from '../util/text/terminal-json.ts';
import { sanitizeText } from '../util/text/terminal-text.ts';
import { plural } from '../util/text/units.ts';

const MAX_LENGTH = 4000;

/** The line about a shard that is not adopted. */
export function leftLine(shard: string, reason: string): string {
  return sanitizeText(`shard ${shard}: not adopted: ${reason}`, MAX_LENGTH);
}

/** The lines at the end of an adoption. */
export function adoptionText(adoption: Adoption): string {
  const { output, shards, rows, samples, refused, missing, command } = adoption;
  const counted = [plural(shards, 'shard'), plural(rows, 'row'), plural(samples, 'sample')].join(', ');
  const lines = [`${output}: adopted ${counted}`];
  if (shards === 0) {
    lines.push('nothing was changed; the options must be those of the command line that made the dataset');
  } else if (command !== null) {
    if (refused > 0) lines.push(REFUSED);
    lines.push(
      `${plural(missing ?? 0, 'shard')} to fetch, with the network options that you want:`,
      `  ${command}`,
    );
  } else if (refused > 0 && missing === null) {
    lines.push('not recorded: only the index tells what is missing; name it with --input');
  }
  return lines.map((line) => sanitizeText(line, MAX_LENGTH)).join('\n');
}

const REFUSED =
  'shards that were not adopted are left as they are, but the next download replaces them: move away what you want to keep';

export function adoptionJson(
  adoption: Adoption,
  left: readonly { readonly shard: string; readonly reason: string }[],
): string {
  const { output, shards, rows, samples, missing, command } = adoption;
  return terminalJson({
    output,
    shards,
    rows,
    samples,
    not_adopted: left,
    shards_to_fetch: missing,
    command,
  });
}
