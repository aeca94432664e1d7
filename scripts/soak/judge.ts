/** Says for each promise whether it holds, and what the script ends with. */
export class Judge {
  #failures = 0;

  check(holds: boolean, what: string): void {
    process.stdout.write(`${holds ? 'ok  ' : 'FAIL'} ${what}\n`);
    if (!holds) this.#failures += 1;
  }

  get exitCode(): number {
    return this.#failures === 0 ? 0 : 1;
  }
}
