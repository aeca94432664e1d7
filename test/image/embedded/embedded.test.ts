import { describe, expect, test } from 'vitest';
import { readEmbedded, refusalOf } from '../../../src/image/embedded/read-embedded.ts';
import { DEFAULT_LIMITS } from '../../../src/image/job/settings.ts';
import { processImage } from '../../../src/image/render/process-image.ts';
import { exifBlock, insertExif } from '../exif/exif-block.ts';
import { imageFixture, PLAIN } from '../fixtures.ts';
import { damagedReadings } from './damaged-readings.ts';
import {
  box,
  c2paStore,
  cbor,
  FORMATS,
  imageWith,
  labelled,
  plainImage,
  withC2pa,
  withCompressedXmp,
  withExtendedXmp,
  withIim,
  xmp,
} from './metadata-bytes.ts';

const VOCABULARY = 'http://ns.useplus.org/ldf/vocab/';
const NO = `${VOCABULARY}DMI-PROHIBITED-AIMLTRAINING`;

const verdicts = (bytes: Buffer) => readEmbedded(bytes)?.statements.map(({ verdict }) => verdict) ?? [];
const outcome = async (bytes: Buffer, rights: 'standard' | 'record' | 'off' = 'standard') => {
  const result = await processImage({ bytes }, { ...PLAIN, rights }, DEFAULT_LIMITS);
  return result.ok ? 'ok' : result.code;
};

const FORMS: readonly (readonly [form: string, packet: string])[] = [
  ['an element', xmp('', `<plus:DataMining>${NO}</plus:DataMining>`)],
  ['an attribute', xmp(`plus:DataMining="${NO}"`)],
  ['a resource', xmp('', `<plus:DataMining rdf:resource="${NO}"/>`)],
  ['another prefix', xmp(`xmlns:p="http://ns.useplus.org/ldf/xmp/1.0/" p:DataMining='${NO}'`)],
  ['a bare code', xmp('plus:DataMining="DMI-PROHIBITED"')],
];
/** Forms that RDF allows and few write; read in one container alone. */
const RARE_FORMS: readonly (readonly [form: string, packet: string])[] = [
  [
    'the item of a bag',
    `<plus:DataMining><rdf:Bag><rdf:li rdf:resource="${NO}"/></rdf:Bag></plus:DataMining>`,
  ],
  ['an attribute rdf:value', `<plus:DataMining rdf:value="${NO}"/>`],
  ['a node', `<plus:DataMining><rdf:Description rdf:about="${NO}"/></plus:DataMining>`],
  ['CDATA', `<plus:DataMining><![CDATA[${NO}]]></plus:DataMining>`],
  ['text with entities', `<plus:DataMining>DMI&#45;PROHIBITED</plus:DataMining>`],
  ['text with a comment', `<plus:DataMining>DMI-PROHI<!-- x -->BITED</plus:DataMining>`],
  [
    'the last of many statements',
    `${`<plus:DataMining>${VOCABULARY}DMI-ALLOWED</plus:DataMining>`.repeat(40)}<plus:DataMining>${NO}</plus:DataMining>`,
  ],
].map(([form = '', elements = '']) => [form, xmp('', elements)]);

describe.each(FORMATS)('in %s', (format) => {
  test.each(FORMS)('plus:DataMining as %s is a refusal', async (_form, packet) => {
    const bytes = await imageWith(format, packet);
    expect(verdicts(bytes)).toEqual(['deny']);
    expect(await outcome(bytes)).toBe('optout_metadata');
  });

  test.each([
    ['c2pa.training-mining', 'c2pa.ai_training'],
    ['cawg.training-mining__1', 'cawg.data_mining'],
  ])('an assertion %s is a refusal', async (label, entry) => {
    const store = c2paStore(label, { entries: { [entry]: { use: 'notAllowed' } } });
    const bytes = withC2pa(format, await plainImage(format), store);
    expect(readEmbedded(bytes)?.statements).toEqual([
      { mechanism: 'c2pa', verdict: 'deny', raw: `${entry}: notAllowed` },
    ]);
    expect(await outcome(bytes)).toBe('optout_c2pa');
    expect(await outcome(bytes, 'record')).toBe('ok');
    expect(await outcome(bytes, 'off')).toBe('ok');
  });

  test('no metadata cost nothing and say nothing', async () => {
    expect(readEmbedded(await plainImage(format))).toBeNull();
  });
});

test.each(RARE_FORMS)('plus:DataMining as %s is a refusal', async (_form, packet) => {
  const rights = readEmbedded(withCompressedXmp(await plainImage('png'), packet)) ?? fail();
  expect(refusalOf(rights, 'standard')).toBe('optout_metadata');
});

test.each([
  ['DMI-PROHIBITED-GENAIMLTRAINING', 'deny'],
  ['DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING', 'deny'],
  ['DMI-PROHIBITED-SEECONSTRAINT', 'deny'],
  ['DMI-PROHIBITED-SEEEMBEDDEDRIGHTSEXPR', 'deny'],
  ['DMI-PROHIBITED-SEELINKEDRIGHTSEXPR', 'deny'],
  ['DMI-ALLOWED', 'allow'],
  ['DMI-UNSPECIFIED', 'unknown'],
  ['DMI-NEW', 'record'],
])('the code %s says %s', async (code, verdict) => {
  expect(verdicts(await imageWith('jpeg', xmp(`plus:DataMining="${VOCABULARY}${code}"`)))).toEqual([verdict]);
});

test.each([
  ['1', 'deny'],
  ['0', 'allow'],
  ['yes', 'unknown'],
])('tdm:reservation %s says %s', async (value, verdict) => {
  const packet = xmp(
    'xmlns:tdm="http://www.w3.org/ns/tdmrep/"',
    `<tdm:reservation>${value}</tdm:reservation>`,
  );
  expect(readEmbedded(await imageWith('png', packet))?.statements).toEqual([
    { mechanism: 'xmp-tdm-reservation', verdict, raw: value },
  ]);
});

describe('XMP is found', () => {
  const packet = xmp(`plus:DataMining="${NO}"`);

  test('in the extension of a JPEG, whose parts come in any order', async () => {
    expect(verdicts(withExtendedXmp(await plainImage('jpeg'), packet))).toEqual(['deny']);
  });

  test('compressed in a PNG', async () => {
    expect(verdicts(withCompressedXmp(await plainImage('png'), packet))).toEqual(['deny']);
  });

  test('as UTF-16', async () => {
    const text = Buffer.from(packet.replace('\ufeff', ''), 'utf16le');
    expect(verdicts(withExtendedXmp(await plainImage('jpeg'), text))).toEqual(['deny']);
  });

  test('in a GIF', () => {
    const extension = Buffer.concat([Buffer.from('!\xff\x0bXMP DataXMP', 'latin1'), Buffer.from(packet)]);
    const gif = imageFixture('animated.gif');
    expect(verdicts(Buffer.concat([gif.subarray(0, -1), extension, Buffer.from(';')]))).toEqual(['deny']);
  });

  test('in a JPEG behind bytes that are no marker, which decoders skip', async () => {
    const jpeg = await imageWith('jpeg', packet);
    const bytes = Buffer.concat([
      jpeg.subarray(0, 2),
      Buffer.from('\xff\xfe\0\x02odd\xff\0', 'latin1'),
      jpeg.subarray(2),
    ]);
    expect(await outcome(bytes)).toBe('optout_metadata');
    expect(await outcome(bytes, 'off')).toBe('ok');
  });

  test('by its code where it is not XML', async () => {
    const broken = `<x:xmpmeta><a b=><plus:DataMining>${NO}</plus:DataMining>`;
    expect(readEmbedded(withCompressedXmp(await plainImage('png'), broken))?.statements).toEqual([
      { mechanism: 'plus-data-mining', verdict: 'deny', raw: 'DMI-PROHIBITED-AIMLTRAINING' },
      { mechanism: 'plus-data-mining', verdict: 'unknown', raw: 'XMP cannot be read' },
    ]);
  });

  test.each([
    ['entities that grow', `<!DOCTYPE a [<!ENTITY b "${'b'.repeat(99)}">]><a>&b;&b;</a>`],
    ['10,000 levels', '<a>'.repeat(10_000)],
    ['no end', `<a b="${'c'.repeat(5000)}`],
  ])('as unreadable with %s', async (_what, text) => {
    expect(verdicts(withCompressedXmp(await plainImage('png'), text))).toEqual(['unknown']);
  });
});

describe('C2PA', () => {
  const statements = async (store: Buffer) =>
    readEmbedded(withC2pa('png', await plainImage('png'), store))?.statements.map(({ raw }) => raw) ?? [];
  const label = 'cawg.training-mining';

  test('says no by constrained, and by any of its entries', async () => {
    const entries = {
      'cawg.ai_inference': { use: 'notAllowed' },
      'cawg.ai_training': { use: 'allowed' },
      'cawg.ai_generative_training': { use: 'constrained' },
    };
    const bytes = withC2pa('png', await plainImage('png'), c2paStore(label, { entries }));
    expect(verdicts(bytes)).toEqual(['allow', 'deny']);
    expect(refusalOf(readEmbedded(bytes) ?? fail(), 'standard')).toBe('optout_c2pa');
  });

  test('may lack the entries around them, or be JSON', async () => {
    const entry = { 'c2pa.data_mining': { use: 'notAllowed' } };
    expect(await statements(c2paStore(label, entry))).toEqual(['c2pa.data_mining: notAllowed']);
    expect(await statements(c2paStore(label, { entries: entry }, 'json'))).toEqual([
      'c2pa.data_mining: notAllowed',
    ]);
  });

  const no = box('cbor', cbor({ entries: { 'c2pa.ai_training': { use: 'notAllowed' } } }));

  test('says no behind many ingredients that agree, and behind another box', async () => {
    const yes = box('cbor', cbor({ entries: { 'c2pa.ai_training': { use: 'allowed' } } }));
    const agreeing = Array.from({ length: 40 }, () => labelled('c2pa.training-mining', yes));
    const store = labelled('c2pa', ...agreeing, labelled('c2pa.training-mining', box('free'), no));
    expect((await statements(store)).at(-1)).toBe('c2pa.ai_training: notAllowed');
    const varied = Array.from({ length: 40 }, (_, n) =>
      labelled(label, box('cbor', cbor({ entries: { [`a${n}.ai_training`]: { use: 'allowed' } } }))),
    );
    const later = labelled('c2pa', ...varied, labelled(label, no));
    expect(verdicts(withC2pa('png', await plainImage('png'), later))).toContain('deny');
  });

  test.each(['original', 'update'])('is read in an AVIF that was changed: %s', async (purpose) => {
    const store = labelled('c2pa', labelled('c2pa.training-mining', no));
    const uuid = Buffer.from('d8fec3d61b0e483c92975828877ec481', 'hex');
    const added = box('uuid', uuid, `\0\0\0\0${purpose}\0`, Buffer.alloc(8), store);
    expect(verdicts(Buffer.concat([await plainImage('avif'), added]))).toEqual(['deny']);
  });

  test('is read in a GIF', () => {
    const store = labelled(
      'c2pa',
      labelled('c2pa.training-mining', no),
      labelled('filler', box('free', 'x'.repeat(600))),
    );
    const blocks = Array.from({ length: Math.ceil(store.length / 255) }, (_, at) => {
      const part = store.subarray(255 * at, 255 * at + 255);
      return Buffer.concat([Buffer.of(part.length), part]);
    });
    const extension = Buffer.concat([
      Buffer.from('!\xff\x0bC2PA_GIF\x01\0\0', 'latin1'),
      ...blocks,
      Buffer.of(0),
    ]);
    const gif = imageFixture('animated.gif');
    expect(verdicts(Buffer.concat([gif.subarray(0, -1), extension, Buffer.from(';')]))).toEqual(['deny']);
  });

  test('says nothing by ai_inference alone, and by other assertions', async () => {
    expect(
      await statements(c2paStore(label, { entries: { 'cawg.ai_inference': { use: 'notAllowed' } } })),
    ).toEqual([]);
    expect(await statements(c2paStore('c2pa.hash.data', { entries: {} }))).toEqual([]);
  });

  test('is recorded as unreadable where it is damaged or too deep', async () => {
    const deep = Array.from({ length: 12 }).reduce<Buffer>((inner) => labelled('c2pa', inner), cbor('x'));
    expect(await statements(deep)).toEqual(['C2PA cannot be read']);
    expect(await statements(c2paStore(label, 'text'))).toEqual(['cawg.training-mining cannot be read']);
  });
});

describe('attribution', () => {
  test('comes from XMP', async () => {
    const packet = xmp(
      `xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/"
       xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:Credit="Agency"
       xmpRights:WebStatement="https://a.example/rights" xmlns:cc="http://creativecommons.org/ns#"`,
      `<dc:creator><rdf:Seq><rdf:li>Ada &amp; Co</rdf:li><rdf:li>Böhm</rdf:li></rdf:Seq></dc:creator>
       <dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© 2024 Ada</rdf:li></rdf:Alt></dc:rights>
       <cc:license rdf:resource="https://creativecommons.org/licenses/by/4.0/"/>
       <plus:Licensor><rdf:Seq><rdf:li rdf:parseType="Resource"><plus:LicensorName>L</plus:LicensorName></rdf:li></rdf:Seq></plus:Licensor>`,
    );
    expect(readEmbedded(await imageWith('webp', packet))).toEqual({
      statements: [],
      attribution: {
        creator: 'Ada & Co, Böhm',
        copyright: '© 2024 Ada',
        credit: 'Agency',
        usageTerms: null,
        licenseUrl: 'https://creativecommons.org/licenses/by/4.0/',
        webStatement: 'https://a.example/rights',
        digitalSource: null,
      },
    });
  });

  test('comes from IPTC-IIM before EXIF', async () => {
    const exif = exifBlock({
      littleEndian: true,
      image: [
        { tag: 0x013b, type: 'ascii', value: 'Artist of EXIF' },
        { tag: 0x8298, type: 'ascii', value: 'Copyright of EXIF' },
      ],
    });
    const bytes = withIim(insertExif(await plainImage('jpeg'), exif), [
      [80, 'Ada'],
      [80, 'Bö\nhm'],
      [110, 'Agency'],
    ]);
    expect(readEmbedded(bytes)?.attribution).toMatchObject({
      creator: 'Ada, Bö hm',
      credit: 'Agency',
      copyright: 'Copyright of EXIF',
    });
  });
});

test('500 damaged images with metadata are read without an error', async () => {
  expect((await damagedReadings({ count: 500, seed: 1 })).read).toBe(500);
});

function fail(): never {
  throw new Error('expected rights metadata');
}
