const MAX_NOTICES = 20;

/** Says each thing about a file once, and at most 20 things. */
export class Notices {
  readonly #name: string;
  readonly #onNotice: (message: string) => void;
  readonly #told = new Set<string>();

  /** `name` is the file in messages. */
  constructor(name: string, onNotice: ((message: string) => void) | undefined) {
    this.#name = name;
    this.#onNotice = onNotice ?? (() => {});
  }

  /** `where` is the place of the first occurrence, as `row 7`; `what` is said once for each `topic`. */
  tell(topic: string, where: string, what: () => string): void {
    if (this.#told.has(topic) || this.#told.size >= MAX_NOTICES) return;
    this.#told.add(topic);
    this.#onNotice(`'${this.#name}', ${where}: ${what()}`);
  }

  /** Says that rows lose a value of this column because they are too large. */
  tellLarge(column: string, where: string): void {
    this.tell(`large ${column}`, where, () => {
      const what = `the value of the column '${column}' is left out, as in all rows of more than 256 KiB`;
      return `${what}; leave the column out with --columns`;
    });
  }
}
