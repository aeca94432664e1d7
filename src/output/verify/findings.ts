/** Something wrong with a dataset: which file, which sample where it concerns one, and what, in one line. */
export interface Finding {
  /** Path relative to the dataset's folder. */
  readonly file: string;
  readonly key?: string;
  readonly fault: string;
}

const MAX_FAULTS_PER_SHARD = 100;

/** The faults of one shard; of a thoroughly broken one the first hundred are kept and the rest counted. */
export class FindingList {
  readonly #faults: Finding[] = [];
  #dropped = 0;

  add(file: string, fault: string, key?: string): void {
    if (this.#faults.length === MAX_FAULTS_PER_SHARD) this.#dropped += 1;
    else this.#faults.push({ file, ...(key === undefined ? {} : { key }), fault });
  }

  get all(): readonly Finding[] {
    const last = this.#faults.at(-1);
    if (last === undefined || this.#dropped === 0) return this.#faults;
    return [...this.#faults, { file: last.file, fault: `${this.#dropped} more faults in this shard` }];
  }
}
