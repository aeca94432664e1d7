import { isImageExtension } from '../read/signatures.ts';

/**
 * The fields of a sample's JSON that never are null: `imagefolder` guesses the types of each folder anew and refuses
 * folders that differ.
 */
const FIELDS = [
  ...['url', 'key', 'width', 'height', 'original_width', 'original_height'],
  ...['md5', 'sha256', 'sha512'],
];

interface FileOfSample {
  readonly extension: string;
  readonly content: Uint8Array;
}

/** `NNNNN/metadata.jsonl`, made of the files of each sample: a line with the image's name, its caption and its size. */
export class MetadataLines {
  readonly #lines: Buffer[] = [];

  /** Takes the samples in their order; `path` is that of their files without extension. One without image or JSON gets no line. */
  add(path: string, files: readonly FileOfSample[]): void {
    const image = files.find(({ extension }) => isImageExtension(extension));
    const fields = parseFields(files.find(({ extension }) => extension === 'json')?.content);
    if (image === undefined || fields === null) return;
    const caption = files.find(({ extension }) => extension === 'txt')?.content;
    const kept = FIELDS.flatMap((name) => (fields[name] == null ? [] : [[name, fields[name]]]));
    const line = {
      file_name: `${path}.${image.extension}`,
      ...(caption === undefined ? {} : { text: Buffer.from(caption).toString('utf8') }),
      ...Object.fromEntries(kept),
    };
    this.#lines.push(Buffer.from(`${JSON.stringify(line)}\n`));
  }

  content(): Buffer {
    return Buffer.concat(this.#lines);
  }
}

function parseFields(json: Uint8Array | undefined): Readonly<Record<string, unknown>> | null {
  try {
    const fields: unknown = JSON.parse(Buffer.from(json ?? []).toString('utf8'));
    return fields instanceof Object ? { ...fields } : null;
  } catch {
    return null;
  }
}

/** The path of a sample's files in the shard's folder, without extension. */
export const samplePath = ({
  key,
  subfolder,
}: {
  readonly key: string;
  readonly subfolder?: string;
}): string => (subfolder === undefined ? key : `${subfolder}/${key}`);
