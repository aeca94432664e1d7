/** Collects the messages of one turn of the event loop and posts them together: one at a time, they cost several times more. */
export class Outbox<T> {
  readonly #post: (messages: readonly T[], transferred: readonly ArrayBuffer[]) => void;
  #messages: T[] = [];
  #transferred: ArrayBuffer[] = [];

  constructor(post: (messages: readonly T[], transferred: readonly ArrayBuffer[]) => void) {
    this.#post = post;
  }

  /** `transferred`: memory of the message that is moved to the receiver, not copied. */
  push(message: T, transferred?: ArrayBuffer): void {
    if (this.#messages.length === 0) setImmediate(() => this.flush());
    this.#messages.push(message);
    if (transferred !== undefined) this.#transferred.push(transferred);
  }

  flush(): void {
    if (this.#messages.length === 0) return;
    const [messages, transferred] = [this.#messages, this.#transferred];
    this.#messages = [];
    this.#transferred = [];
    this.#post(messages, transferred);
  }
}
