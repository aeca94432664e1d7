import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  Bool,
  Decimal,
  Field,
  FixedSizeBinary,
  FixedSizeList,
  List,
  Null,
  Utf8,
  Utf8View,
} from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/core/errors.ts';
import {
  type ArrowBatch,
  IMAGE_URL,
  int32s,
  makeArrowFile,
  makeArrowStream,
  packed,
} from '../../support/bytes/arrow-bytes.ts';
import { zstdRun } from '../../support/bytes/bombs.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { openBytes, openPath, readRows } from '../files.ts';

const MIB = 1024 * 1024;
const GIANT = 2 ** 52;

const read = async (bytes: Uint8Array) => readRows(await openBytes('a.arrow', bytes));

/** A batch of one compressed string whose buffer declares `claimed` bytes. */
function compressedText(codec: 'lz4' | 'zstd', claimed: number | bigint, bytes: Uint8Array): ArrowBatch {
  const body = Buffer.concat([packed(-1, int32s(0, IMAGE_URL.length)), packed(claimed, bytes)]);
  return {
    codec,
    body,
    buffers: [
      [0, 0],
      [0, 16],
      [16, body.length - 16],
    ],
  };
}

const zstdText = zstdRun(Buffer.from(IMAGE_URL), 0, 0);
const lz4Text = Buffer.concat([
  Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0xc0, IMAGE_URL.length, 0, 0, 0x80]),
  Buffer.from(IMAGE_URL),
  Buffer.alloc(4),
]);

const LIES: Readonly<Record<string, readonly [ArrowBatch, RegExp]>> = {
  'a negative body': [{ bodyBytes: -8 }, /a message claims a negative length/],
  'a body beyond the file': [{ bodyBytes: 4096 }, /a record batch claims 4096 bytes of \d+/],
  'a gigantic body': [{ bodyBytes: GIANT }, /a record batch claims 4503599627370496 bytes of \d+/],
  'metadata beyond the file': [{ metadataBytes: 2 ** 30 }, /a message claims 1073741824 bytes of \d+/],
  'metadata of negative length': [{ metadataBytes: -16 }, /a message claims 4294967280 bytes of \d+/],
  'a buffer beyond the body': [
    {
      buffers: [
        [0, 0],
        [0, 8],
        [8, 100],
      ],
    },
    /a buffer claims bytes up to 108 of 32/,
  ],
  'a buffer at a negative offset': [
    {
      buffers: [
        [0, 0],
        [-8, 8],
        [8, 20],
      ],
    },
    /a buffer claims bytes/,
  ],
  'a buffer of negative length': [
    {
      buffers: [
        [0, 0],
        [0, -8],
        [8, 20],
      ],
    },
    /a buffer claims bytes/,
  ],
  'a gigantic buffer': [
    {
      buffers: [
        [0, 0],
        [GIANT, GIANT],
        [8, 20],
      ],
    },
    /a buffer claims bytes/,
  ],
  'fewer buffers than columns need': [{ buffers: [[0, 0]] }, /./],
  'no columns': [{ nodes: [], buffers: [] }, /./],
  'a column of negative length': [{ nodes: [[-1, 0]] }, /a column claims impossible lengths/],
  'more nulls than values': [{ nodes: [[1, 2]] }, /a column claims impossible lengths/],
  'a gigantic column': [{ nodes: [[GIANT, 0]] }, /claims 4503599627370496 values out of 32 bytes/],
  'a negative number of rows': [{ rows: -1 }, /a record batch claims a negative number of rows/],
  'a gigantic number of rows': [{ rows: GIANT }, /claims 4503599627370496 values out of 32 bytes/],
  'more rows than values': [{ rows: 1000, nodes: [[1000, 0]] }, /a column has fewer values than rows/],
  'a gigantic number of rows without bytes': [
    {
      rows: GIANT,
      nodes: [[GIANT, 0]],
      fields: [new Field('url', new Null())],
      buffers: [],
      body: Buffer.alloc(0),
    },
    /values out of 0 bytes/,
  ],
  'a gigantic number of rows of bits': [
    {
      rows: 2 ** 31,
      nodes: [[2 ** 31, 0]],
      fields: [new Field('url', new Bool())],
      buffers: [
        [0, 0],
        [0, 1],
      ],
    },
    /values out of 32 bytes/,
  ],
  'views with gigantic buffers': [
    { fields: [new Field('url', new Utf8View())], variadicBuffers: [2 ** 32] },
    /a column claims more buffers than there are/,
  ],
  'views with a negative number of buffers': [
    { fields: [new Field('url', new Utf8View())], variadicBuffers: [-1] },
    /a column claims more buffers than there are/,
  ],
  'a list that reaches beyond its items': [
    {
      fields: [new Field('tags', new List(new Field('item', new Null())))],
      nodes: [
        [1, 0],
        [3, 0],
      ],
      buffers: [
        [0, 0],
        [0, 8],
      ],
      body: int32s(0, 2 ** 30),
    },
    /a list lies outside of its items/,
  ],
  'a decimal with a gigantic scale': [
    {
      fields: [new Field('n', new Decimal(2 ** 29, 10, 128))],
      buffers: [
        [0, 0],
        [0, 16],
      ],
    },
    /a decimal has a scale of 536870912/,
  ],
  'a schema with endless nesting': [
    {
      fields: [
        Array.from({ length: 1000 }).reduce<Field>(
          (inner) => new Field('n', new List(inner)),
          new Field('n', new Utf8()),
        ),
      ],
    },
    /its schema is nested deeper than 32/,
  ],
  'more than 10,000 columns': [
    { fields: Array.from({ length: 10_001 }, (_, at) => new Field(`c${at}`, new Utf8())) },
    /its schema has more than 10000 columns/,
  ],
  'a compressed buffer without its length': [
    {
      codec: 'zstd',
      buffers: [
        [0, 0],
        [0, 4],
        [8, 20],
      ],
    },
    /a compressed buffer is cut short/,
  ],
  ...Object.fromEntries(
    (['lz4', 'zstd'] as const).flatMap((codec) => {
      const text = codec === 'lz4' ? lz4Text : zstdText;
      return [
        [`${codec} of negative length`, [compressedText(codec, -2, text), /claims a negative length/]],
        [
          `${codec} of 1.9 GiB`,
          [compressedText(codec, 1900 * MIB, text), /claims 1992294\d+ bytes out of \d+; at most 134217728/],
        ],
        [
          `${codec} of a gigantic length`,
          [compressedText(codec, 2n ** 62n, text), /claims 461168\d+ bytes out of /],
        ],
        [`${codec} that is not ${codec}`, [compressedText(codec, 20, Buffer.alloc(40, 7)), /./]],
      ];
    }),
  ),
  'lz4 that decodes to more bytes than declared': [
    compressedText('lz4', 10, lz4Text),
    /decodes to more than the expected 10 bytes/,
  ],
  'lz4 that decodes to fewer bytes than declared': [
    compressedText('lz4', 50, lz4Text),
    /decodes to fewer than the expected 50 bytes/,
  ],
};

test('a record batch of more than 1 GiB is refused as that, not as damage', async () => {
  const path = join(await useTempFolder(), 'a.arrow');
  await writeFile(path, makeArrowStream({ bodyBytes: 1200 * MIB }));
  await truncate(path, 1300 * MIB);
  await expect(openPath(path).then((index) => readRows(index))).rejects.toThrow(
    /^Cannot read '.*a\.arrow' as Arrow: a record batch takes 1258291200 bytes, and at most 1 GiB is read; write it/,
  );
});

describe('openArrow refuses', () => {
  test.each(Object.entries(LIES))('%s', async (_what, [batch, reason]) => {
    for (const bytes of [makeArrowFile(batch), makeArrowStream(batch)]) {
      const refused = read(bytes);
      await expect(refused).rejects.toThrow(reason);
      await expect(refused).rejects.toThrow(/^Cannot read '.*a\.arrow' as Arrow: it is damaged, /);
      await expect(refused).rejects.toMatchObject({ exitCode: 3 });
    }
  });

  test.each<[what: string, batch: ArrowBatch, reason: RegExp]>([
    ['a block before the file', { block: { offset: -8 } }, /a message lies outside of the file/],
    ['a block after the end of the file', { block: { offset: GIANT } }, /a message lies outside of the file/],
    ['a block in the middle of a message', { block: { offset: 12 } }, /./],
    [
      'a block with a different body length',
      { block: { bodyBytes: GIANT } },
      /its footer does not agree with a message/,
    ],
    [
      'a block with a negative body length',
      { block: { bodyBytes: -1 } },
      /its footer does not agree with a message/,
    ],
    [
      'a block with less metadata',
      { block: { metadataBytes: -8 } },
      /its footer does not agree with a message/,
    ],
    ['a footer beyond the file', { footerBytes: 2 ** 30 }, /its footer claims more bytes than there are/],
    ['a footer of negative length', { footerBytes: -8 }, /its footer claims more bytes than there are/],
    ['a footer that begins at the wrong position', { footerBytes: 100 }, /./],
  ])('%s', async (_what, batch, reason) => {
    const refused = read(makeArrowFile(batch));
    await expect(refused).rejects.toThrow(reason);
    await expect(refused).rejects.toMatchObject({ exitCode: 3 });
  });
});

describe('openArrow reads', () => {
  test('null for rows that a column does not have', async () => {
    expect(await read(makeArrowFile({ rows: 3 }))).toEqual([
      { values: [IMAGE_URL] },
      { values: [null] },
      { values: [null] },
    ]);
  });

  test.each<[what: string, batch: ArrowBatch]>([
    ['the same files when they are intact', {}],
    ['one compressed with lz4', compressedText('lz4', IMAGE_URL.length, lz4Text)],
    ['one compressed with zstd', compressedText('zstd', IMAGE_URL.length, zstdText)],
    [
      'no more bytes than a zstd buffer declares',
      compressedText('zstd', IMAGE_URL.length, zstdRun(Buffer.from(IMAGE_URL), 0, 512 * MIB)),
    ],
  ])('%s', async (_what, batch) => {
    expect(await read(makeArrowFile(batch))).toEqual([{ values: [IMAGE_URL] }]);
    expect(await read(makeArrowStream(batch))).toEqual([{ values: [IMAGE_URL] }]);
  });

  test.each<[what: string, batch: ArrowBatch]>([
    [
      'a list of a million nulls',
      {
        fields: [new Field('tags', new List(new Field('item', new Null())))],
        nodes: [
          [1, 0],
          [MIB, 0],
        ],
        buffers: [
          [0, 0],
          [0, 8],
        ],
        body: int32s(0, MIB),
      },
    ],
    [
      'a list of fixed size of a million nulls',
      {
        fields: [new Field('tags', new FixedSizeList(MIB, new Field('item', new Null())))],
        nodes: [
          [1, 0],
          [MIB, 0],
        ],
        buffers: [[0, 0]],
        body: Buffer.alloc(0),
      },
    ],
    [
      'a string of one megabyte',
      {
        body: Buffer.concat([int32s(0, MIB), Buffer.alloc(MIB, 'a')]),
        buffers: [
          [0, 0],
          [0, 8],
          [8, MIB],
        ],
      },
    ],
    [
      'bytes of fixed size',
      {
        fields: [new Field('b', new FixedSizeBinary(MIB))],
        body: Buffer.alloc(MIB),
        buffers: [
          [0, 0],
          [0, MIB],
        ],
      },
    ],
  ])('%s as a value that is left out', async (_what, batch) => {
    expect(await read(makeArrowFile(batch))).toEqual([{ values: [null], lost: new Map([[0, 'large']]) }]);
  });
});

test('openArrow returns rows or throws a UserError, wherever a file is damaged', async () => {
  const path = join(await useTempFolder(), 'a.arrow');
  const fixture = new URL('../../../fixtures/inputs/types-lz4.feather', import.meta.url);
  const small = [makeArrowFile(compressedText('zstd', IMAGE_URL.length, zstdText)), makeArrowStream()];
  const large = await readFile(fileURLToPath(fixture));
  for (const [whole, step] of [...small.map((bytes) => [bytes, 1] as const), [large, 67] as const]) {
    for (let at = 0; at < whole.length; at += step) {
      const mutant = Buffer.from(whole);
      mutant[at] = (mutant[at] ?? 0) ^ (1 << (at % 8));
      await writeFile(path, mutant);
      const outcome = await openPath(path)
        .then((index) => readRows(index))
        .catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(UserError);
    }
  }
});
