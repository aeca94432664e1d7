import type { RightsVerdict } from '../../core/rights/signal.ts';
import { readDictionary } from './dictionary.ts';

/** The label of training in AIPREF's vocabulary, and those of its earlier drafts, which sites still send. */
const LABELS = ['train-ai', 'train-genai', 'bots', 'all', 'ai', 'genai', 'tdm'] as const;
/** What somebody may have meant who got the syntax wrong. */
const MEANT = /train-ai\s*=\s*["']?(?:n|no|\?0)\b/i;

/**
 * What `Content-Usage` says about training (AIPREF): `n` under any label refuses, `y` under `train-ai` allows. What is not
 * valid says nothing, though a text that can only have been meant as a refusal is recorded.
 */
export function contentUsage(text: string): RightsVerdict {
  const members = readDictionary(text);
  const values = members === null ? [] : LABELS.map((label) => members.get(label));
  if (values.includes('n')) return 'deny';
  if (values[0] === 'y') return 'allow';
  return MEANT.test(text) ? 'record' : 'unknown';
}
