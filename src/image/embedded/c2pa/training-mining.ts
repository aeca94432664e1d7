import type { EmbeddedStatement } from '../../../core/embedded-rights.ts';
import { rawText } from '../../../core/rights/signal.ts';
import { type LabelledBox, labelledBoxes } from './boxes.ts';
import { type Cbor, decodeCbor } from './cbor.ts';

/** `c2pa.training-mining`, `cawg.training-mining`, with the number of an instance or a version. */
const LABEL = /^(?:c2pa|cawg)\.training-mining(?:\.v\d+)?(?:__\d+)?$/;
/** Uses that are training. `ai_inference` alone is not. */
const TRAINING = /^(?:[a-z0-9]+\.)?(?:data_mining|ai_training|ai_generative_training)$/;
/** Refusals may be as many more. */
const MAX_STATEMENTS = 16;

/**
 * What the training-mining assertions of a C2PA store say, of all its manifests and without a look at signatures: a refusal
 * that nobody has signed is a refusal. `constrained` counts as one, since its conditions are for people.
 */
export function c2paStatements(jumbf: Buffer): EmbeddedStatement[] {
  const { boxes, isDamaged } = labelledBoxes(jumbf);
  // Each text once: an image may have dozens of ingredients that say the same.
  const statements = new Map<string, EmbeddedStatement>();
  for (const box of boxes) {
    for (const statement of LABEL.test(box.label) ? statementsOf(box) : []) {
      const room = statement.verdict === 'deny' ? 2 * MAX_STATEMENTS : MAX_STATEMENTS;
      if (statements.size < room) statements.set(statement.raw, statement);
    }
  }
  return isDamaged ? [...statements.values(), unreadable('C2PA')] : [...statements.values()];
}

/** Metadata that cannot be read to their end are recorded as such. */
function unreadable(what: string): EmbeddedStatement {
  return { mechanism: 'c2pa', verdict: 'unknown', raw: `${what} cannot be read` };
}

function statementsOf({ label, contents }: LabelledBox): EmbeddedStatement[] {
  const content = contents.find(({ type }) => type === 'cbor' || type === 'json');
  const assertion =
    content?.type === 'cbor'
      ? decodeCbor(content.data)
      : content?.type === 'json'
        ? parseJson(content.data)
        : undefined;
  if (!(assertion instanceof Map)) return [unreadable(label)];
  // Some early files have no `entries` around them.
  const entries = assertion.get('entries') ?? assertion;
  if (!(entries instanceof Map)) return [unreadable(label)];
  return [...entries].flatMap(([name, entry]): EmbeddedStatement[] => {
    if (typeof name !== 'string' || !TRAINING.test(name)) return [];
    const use = entry instanceof Map ? entry.get('use') : entry;
    if (typeof use !== 'string') return [];
    return [{ mechanism: 'c2pa', verdict: verdictOf(use), raw: rawText(`${name}: ${use}`) }];
  });
}

function verdictOf(use: string): EmbeddedStatement['verdict'] {
  if (use === 'notAllowed' || use === 'constrained') return 'deny';
  return use === 'allowed' ? 'allow' : 'unknown';
}

/** JSON with objects as maps; undefined if it is none. */
function parseJson(data: Buffer): Cbor | undefined {
  try {
    return toMaps(JSON.parse(data.toString('utf8', 0, 2 ** 20)), 0);
  } catch {
    return undefined;
  }
}

function toMaps(value: unknown, depth: number): Cbor {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || depth > 4) return null;
  return new Map(Object.entries(value).map(([key, each]): [Cbor, Cbor] => [key, toMaps(each, depth + 1)]));
}
