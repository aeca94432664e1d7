import type { RightsVerdict } from '../../core/rights/signal.ts';

/** What somebody may have meant who got the syntax wrong. */
const MEANT = /\bai[-_]train\s*[=:]\s*["']?(?:no?|false|0)\b/i;

/**
 * What `Content-Signal` says about training: `search=yes, ai-train=no`. If it says both, the refusal counts. A text of another
 * syntax that can only have been meant as a refusal is recorded.
 */
export function contentSignal(text: string): RightsVerdict {
  const values = text.split(',').flatMap((part) => {
    const [name, value = ''] = part.toLowerCase().split('=');
    return name?.trim() === 'ai-train' ? [value.trim()] : [];
  });
  if (values.includes('no')) return 'deny';
  if (values.includes('yes')) return 'allow';
  return MEANT.test(text) ? 'record' : 'unknown';
}
