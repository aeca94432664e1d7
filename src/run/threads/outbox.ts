/** Gathers the messages of one turn of the event loop and posts them together: a message alone costs several times more. */
export class Outbox<T> {
  readonly #post: (messages: readonly T[], owned: readonly ArrayBuffer[]) => void;
  #messages: T[] = [];
  #owned: ArrayBuffer[] = [];

  constructor(post: (messages: readonly T[], owned: readonly ArrayBuffer[]) => void) {
    this.#post = post;
  }

  /** `owned`: the memory of the message that goes over to the receiver. */
  push(message: T, owned?: ArrayBuffer): void {
    if (this.#messages.length === 0) setImmediate(() => this.flush());
    this.#messages.push(message);
    if (owned !== undefined) this.#owned.push(owned);
  }

  flush(): void {
    if (this.#messages.length === 0) return;
    const [messages, owned] = [this.#messages, this.#owned];
    this.#messages = [];
    this.#owned = [];
    this.#post(messages, owned);
  }
}
