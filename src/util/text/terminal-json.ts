import { redactUrls } from './redact-url.ts';
import { escapeUnsafe } from './terminal-text.ts';

/**
 * JSON text of a value for a terminal or a log: secrets of URLs are masked, and every character that could steer the
 * terminal is escaped, which readers of JSON undo. Keys are left as they are but for that.
 */
export function terminalJson(value: unknown): string {
  const text = JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'string' ? redactUrls(part) : part,
  );
  return escapeUnsafe(text, (unit) => `\\u${unit.toString(16).padStart(4, '0')}`);
}
