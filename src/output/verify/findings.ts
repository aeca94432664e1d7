/** A problem of a dataset: the file, the sample if it concerns one, and the problem in one line. */
export interface Finding {
  /** Path relative to the dataset's folder. */
  readonly file: string;
  readonly key?: string;
  readonly problem: string;
}

const MAX_FINDINGS_PER_SHARD = 100;

/** The findings of one shard: the first hundred, and a count of the rest. */
export class FindingList {
  readonly #findings: Finding[] = [];
  #dropped = 0;

  add(file: string, problem: string, key?: string): void {
    if (this.#findings.length === MAX_FINDINGS_PER_SHARD) this.#dropped += 1;
    else this.#findings.push({ file, ...(key === undefined ? {} : { key }), problem: problem });
  }

  get all(): readonly Finding[] {
    const last = this.#findings.at(-1);
    if (last === undefined || this.#dropped === 0) return this.#findings;
    return [...this.#findings, { file: last.file, problem: `${this.#dropped} more findings in this shard` }];
  }
}
