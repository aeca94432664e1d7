import type { EmbeddedRights } from '../../../core/embedded-rights.ts';

/**
 * A minimal XMP packet with what the metadata in an image say about rights, as `readEmbedded` reads it; null if they say
 * nothing. The same rights give the same bytes.
 */
export function rightsPacket({ attribution, statements }: EmbeddedRights): Buffer | null {
  const { creator, copyright, credit, usageTerms, licenseUrl, webStatement, digitalSource } = attribution;
  const mining = statements.find(
    ({ mechanism, raw }) => mechanism === 'plus-data-mining' && raw.includes('DMI-'),
  );
  const reservation = statements.find(({ mechanism }) => mechanism === 'xmp-tdm-reservation');
  const elements = [
    element('dc:creator', creator, (text) => `<rdf:Seq><rdf:li>${text}</rdf:li></rdf:Seq>`),
    element('dc:rights', copyright, inDefaultLanguage),
    element('photoshop:Credit', credit),
    element('xmpRights:UsageTerms', usageTerms, inDefaultLanguage),
    element('xmpRights:WebStatement', webStatement),
    licenseUrl === null ? '' : `<cc:license rdf:resource="${escaped(licenseUrl)}"/>`,
    element('plus:DataMining', mining?.raw ?? null),
    element('tdm:reservation', reservation?.raw ?? null),
    element('Iptc4xmpExt:DigitalSourceType', digitalSource),
  ].filter((text) => text !== '');
  return elements.length === 0 ? null : Buffer.from([HEAD, ...elements, TAIL].join('\n'));
}

const HEAD = `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/" xmlns:cc="http://creativecommons.org/ns#" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" xmlns:tdm="http://www.w3.org/ns/tdmrep/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">`;
const TAIL = `</rdf:Description>
</rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>`;

function element(name: string, text: string | null, wrap = (inner: string): string => inner): string {
  return text === null ? '' : `<${name}>${wrap(escaped(text))}</${name}>`;
}

const inDefaultLanguage = (text: string): string =>
  `<rdf:Alt><rdf:li xml:lang="x-default">${text}</rdf:li></rdf:Alt>`;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '');
