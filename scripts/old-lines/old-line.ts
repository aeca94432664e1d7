import type { Case } from '../../test/differential/cases.ts';
import { documentedCase } from '../../test/differential/documented-lines.ts';

/** A command line of img2dataset that somebody published. */
export interface OldLine {
  readonly name: string;
  readonly testCase: Case;
  /** What the program says instead of running the line. */
  readonly refusal?: RegExp;
  /** Why img2dataset itself makes no dataset of it. Ours must make one. */
  readonly alone?: string;
}

interface Published extends Pick<OldLine, 'name' | 'refusal' | 'alone'> {
  /** Python calls are written as the flags that mean the same, and local paths are shortened. */
  readonly line: string;
  readonly columns: readonly string[];
  /** What the line itself does not say. */
  readonly list?: string;
  readonly inputFormat?: string;
}

/** A line with an index of these columns, and the rest as the line says. */
export function published({ name, line, columns, list, inputFormat, ...rest }: Published): OldLine {
  const documented = {
    source: name,
    line,
    columns,
    list: list ?? flag(line, 'url_list') ?? '',
    inputFormat: inputFormat ?? flag(line, 'input_format') ?? 'txt',
    output: flag(line, 'output_folder') ?? 'images',
  };
  return { name, ...rest, testCase: documentedCase(documented) };
}

function flag(line: string, name: string): string | undefined {
  return new RegExp(`--${name}[= ]["']?([^\\s"']+)`).exec(line)?.[1];
}

/** What a line says that writes to an object store. */
const NO_BUCKET = /s3|gs|gcs|bucket|object store/i;

/** A line that writes to an object store, and the same with a folder. */
export function inBucket(line: Published, bucket: string): readonly OldLine[] {
  const named = line.line.replace(/(--output_folder[= ])[^\s]+/, `$1${bucket}`);
  return [
    { ...published({ ...line, line: named }), refusal: NO_BUCKET },
    published({ ...line, name: `${line.name}, to a folder` }),
  ];
}
