import type { EmbeddedStatement } from '../../../core/embedded-rights.ts';
import { rawText } from '../../../core/rights/signal.ts';
import type { XmpProperties } from './properties.ts';

const SEARCHED_BYTES = 2 ** 20;

/** What `plus:DataMining` and `tdm:reservation` say. */
export function xmpStatements(properties: XmpProperties): EmbeddedStatement[] {
  const codes = (properties.get('plus:DataMining') ?? []).map(
    (value): EmbeddedStatement => ({
      mechanism: 'plus-data-mining',
      verdict: dataMining(value),
      raw: rawText(value),
    }),
  );
  const reservations = (properties.get('tdm:reservation') ?? []).map(
    (value): EmbeddedStatement => ({
      mechanism: 'xmp-tdm-reservation',
      verdict: value === '1' ? 'deny' : value === '0' ? 'allow' : 'unknown',
      raw: rawText(value),
    }),
  );
  return [...codes, ...reservations];
}

/** The code of the PLUS vocabulary, with or without its address. A prohibition that is newer than this is one, too. */
function dataMining(value: string): EmbeddedStatement['verdict'] {
  const code = /DMI-[A-Z-]+/i.exec(value)?.[0].toUpperCase();
  if (code === undefined) return 'unknown';
  if (code.startsWith('DMI-PROHIBITED')) return 'deny';
  if (code === 'DMI-ALLOWED') return 'allow';
  return code === 'DMI-UNSPECIFIED' ? 'unknown' : 'record';
}

/** What can be found in bytes that are not XML: prohibitions by their code. */
export function searchedStatements(packet: Buffer): EmbeddedStatement[] {
  const text = packet.toString('latin1', 0, SEARCHED_BYTES).replaceAll('\0', '');
  const code = /DMI-PROHIBITED[A-Z-]{0,80}/.exec(text)?.[0];
  return code === undefined ? [] : [{ mechanism: 'plus-data-mining', verdict: 'deny', raw: code }];
}
