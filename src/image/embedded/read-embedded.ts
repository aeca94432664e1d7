import type { Attribution, EmbeddedRights, EmbeddedStatement } from '../../core/embedded-rights.ts';
import type { FailureCode } from '../../core/failures.ts';
import { decideRights, refusalsFirst } from '../../core/rights/decide.ts';
import { embeddedSignals } from '../../core/rights/embedded-signals.ts';
import { MECHANISMS } from '../../core/rights/mechanisms.ts';
import type { RightsPolicy } from '../../core/rights/policies.ts';
import { c2paStatements } from './c2pa/training-mining.ts';
import { readIim } from './iptc/iim.ts';
import { readTiffTexts } from './iptc/tiff-texts.ts';
import { readSegments } from './segments/read-segments.ts';
import type { Segments } from './segments/segments.ts';
import { searchedStatements, xmpStatements } from './xmp/data-mining.ts';
import { readXmp, type XmpProperties } from './xmp/properties.ts';

/** How a row ends whose image these rights metadata refuse; null if they do not. */
export function refusalOf(rights: EmbeddedRights, policy: RightsPolicy): FailureCode | null {
  const { decision, by } = decideRights(embeddedSignals(rights, null, null), policy);
  return decision === 'deny' && by !== null ? MECHANISMS[by.mechanism].failure : null;
}

const MAX_TEXT_CHARACTERS = 1024;
const MAX_STATEMENTS = 32;
const UNREADABLE_XMP: EmbeddedStatement = {
  mechanism: 'plus-data-mining',
  verdict: 'unknown',
  raw: 'XMP cannot be read',
};

/**
 * What the metadata in an image say about rights; null if it has none of them. Takes bounded time and memory and never
 * throws, whatever the bytes are.
 */
export function readEmbedded(bytes: Uint8Array): EmbeddedRights | null {
  const segments = readSegments(bytes);
  if (segments === null) return null;
  const packets = segments.xmp.map((packet) => ({ packet, ...readXmp(packet) }));
  const found = [
    ...packets.flatMap(({ packet, properties, isDamaged }) => {
      const read = xmpStatements(properties);
      return isDamaged ? [...read, ...searchedStatements(packet), UNREADABLE_XMP] : read;
    }),
    ...segments.jumbf.flatMap(c2paStatements),
  ];
  const statements = found.length > MAX_STATEMENTS ? refusalsFirst(found).slice(0, MAX_STATEMENTS) : found;
  const attribution = attributionOf(
    packets.map(({ properties }) => properties),
    segments,
  );
  const isEmpty = statements.length === 0 && Object.values(attribution).every((text) => text === null);
  return isEmpty ? null : { statements, attribution };
}

/** XMP first, which is the newest, then IPTC-IIM, then EXIF. */
function attributionOf(packets: readonly XmpProperties[], segments: Segments): Attribution {
  const xmp = (...names: string[]): string | null => {
    for (const name of names) {
      const values = packets.flatMap((properties) => properties.get(name) ?? []);
      const text = plainText([...new Set(values)].join(', '));
      if (text !== null) return text;
    }
    return null;
  };
  const iim = segments.iim.map(readIim);
  const exif = segments.exif.map(readTiffTexts);
  const first = (texts: readonly (string | null)[]): string | null =>
    plainText(texts.find((text) => text !== null) ?? '');
  return {
    creator:
      xmp('dc:creator', 'plus:ImageCreatorName', 'cc:attributionName') ??
      first([...iim.map(({ byline }) => byline), ...exif.map(({ artist }) => artist)]),
    copyright:
      xmp('dc:rights', 'plus:CopyrightOwnerName', 'xmpRights:Owner') ??
      first([...iim, ...exif].map(({ copyright }) => copyright)),
    credit:
      xmp('photoshop:Credit', 'photoshop:Source', 'plus:LicensorName') ??
      first([...iim.map(({ credit }) => credit), ...iim.map(({ source }) => source)]),
    usageTerms: xmp('xmpRights:UsageTerms'),
    licenseUrl: xmp('cc:license', 'plus:LicensorURL'),
    webStatement: xmp('xmpRights:WebStatement'),
    digitalSource: xmp('Iptc4xmpExt:DigitalSourceType'),
  };
}

/** One line without control characters; null if nothing is left. */
function plainText(text: string): string | null {
  const plain = text
    .slice(0, MAX_TEXT_CHARACTERS)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return plain === '' ? null : plain;
}
