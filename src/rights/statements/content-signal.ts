import type { RightsVerdict } from '../../core/rights/signal.ts';

/** What `Content-Signal` says about training: `search=yes, ai-train=no`. If it says both, the refusal counts. */
export function contentSignal(text: string): RightsVerdict {
  const values = text.split(',').flatMap((part) => {
    const [name, value = ''] = part.toLowerCase().split('=');
    return name?.trim() === 'ai-train' ? [value.trim()] : [];
  });
  if (values.includes('no')) return 'deny';
  return values.includes('yes') ? 'allow' : 'unknown';
}
