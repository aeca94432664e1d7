import { redactUrls } from './redact-url.ts';
import { escapeUnsafe } from './terminal-text.ts';

/**
 * JSON text of a value for a terminal or a log. Secrets of URLs are masked, except in keys. Every character that could
 * control the terminal is escaped; a JSON parser restores it.
 */
export function terminalJson(value: unknown): string {
  const text = JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'string' ? redactUrls(part) : part,
  );
  return escapeUnsafe(text, (unit) => `\\u${unit.toString(16).padStart(4, '0')}`);
}
