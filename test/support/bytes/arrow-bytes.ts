import { Field, Schema, Utf8 } from 'apache-arrow';
import { FileBlock, Footer } from 'apache-arrow/ipc/metadata/file';
import {
  BodyCompression,
  BufferRegion,
  FieldNode,
  Message,
  RecordBatch,
} from 'apache-arrow/ipc/metadata/message';

/** A handmade record batch, in which every number can be false. Default: a batch of one `url`. */
export interface ArrowBatch {
  readonly fields?: readonly Field[];
  readonly rows?: number;
  readonly nodes?: readonly (readonly [length: number, nulls: number])[];
  readonly buffers?: readonly (readonly [offset: number, length: number])[];
  readonly body?: Uint8Array;
  readonly codec?: 'lz4' | 'zstd';
  readonly variadicBuffers?: readonly number[];
  /** What the message and the footer claim about body and metadata. */
  readonly bodyBytes?: number;
  readonly metadataBytes?: number;
  readonly block?: { readonly offset?: number; readonly metadataBytes?: number; readonly bodyBytes?: number };
  readonly footerBytes?: number;
}

const CODECS = { lz4: 0, zstd: 1 } as const;
const MAGIC = Buffer.from('ARROW1\0\0');

export const IMAGE_URL = 'https://a.test/1.jpg';

/** The offsets of one text of 20 bytes, and the text. */
const BODY = Buffer.concat([int32s(0, IMAGE_URL.length), Buffer.from(IMAGE_URL), Buffer.alloc(4)]);

export function int32s(...values: readonly number[]): Buffer {
  return Buffer.from(new Int32Array(values).buffer);
}

/** A compressed buffer, preceded by the length that it claims. */
export function packed(claimed: number | bigint, bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeBigInt64LE(BigInt(claimed));
  return Buffer.concat([head, bytes]);
}

/** An Arrow stream of one record batch. */
export function makeArrowStream(batch: ArrowBatch = {}): Buffer {
  return Buffer.concat([...encodeMessages(batch), int32s(-1, 0)]);
}

/** An Arrow file of one record batch. */
export function makeArrowFile(batch: ArrowBatch = {}): Buffer {
  const [schema, message, body] = encodeMessages(batch);
  const block = new FileBlock(
    batch.block?.metadataBytes ?? message.length,
    BigInt(batch.block?.bodyBytes ?? batch.bodyBytes ?? body.length),
    BigInt(batch.block?.offset ?? MAGIC.length + schema.length),
  );
  const footer = Footer.encode(new Footer(schemaOf(batch), 4, [block], []));
  const tail = [footer, int32s(batch.footerBytes ?? footer.length), MAGIC.subarray(0, 6)];
  return Buffer.concat([MAGIC, schema, message, body, int32s(-1, 0), ...tail]);
}

const schemaOf = ({ fields = [new Field('url', new Utf8())] }: ArrowBatch): Schema => new Schema([...fields]);

function encodeMessages(batch: ArrowBatch): readonly [schema: Buffer, batch: Buffer, body: Buffer] {
  const body = Buffer.from(batch.body ?? BODY);
  const {
    nodes = [[1, 0]],
    buffers = [
      [0, 0],
      [0, 8],
      [8, IMAGE_URL.length],
    ],
  } = batch;
  const header = new RecordBatch(
    BigInt(batch.rows ?? 1),
    nodes.map(([length, nulls]) => new FieldNode(BigInt(length), BigInt(nulls))),
    buffers.map(([offset, length]) => new BufferRegion(BigInt(offset), BigInt(length))),
    batch.codec === undefined ? null : new BodyCompression(CODECS[batch.codec]),
    [...(batch.variadicBuffers ?? [])],
  );
  return [
    framed(Message.encode(Message.from(schemaOf(batch)))),
    framed(Message.encode(Message.from(header, batch.bodyBytes ?? body.length)), batch.metadataBytes),
    body,
  ];
}

function framed(metadata: Uint8Array, claimed?: number): Buffer {
  const padding = Buffer.alloc(-metadata.length & 7);
  return Buffer.concat([int32s(-1, claimed ?? metadata.length + padding.length), metadata, padding]);
}
