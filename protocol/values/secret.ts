// A value that must never become text by accident. `toString`, `toJSON` and `util.inspect` give
// the masked form; only a call of `reveal()` gives the value, so a reader can find every such call.
// A brand would be erased at run time and could not stop a log line.

/** The symbol `util.inspect` looks for; named here so that values need no `node:` module. */
const inspect = Symbol.for('nodejs.util.inspect.custom')

export abstract class Secret {
  readonly #value: string

  protected constructor(value: string) {
    this.#value = value
  }

  /** What may be shown of the value; a constant unless the subclass knows better. */
  protected mask(_value: string): string {
    return '***'
  }

  /** The value itself. Every caller answers for where it goes. */
  reveal(): string {
    return this.#value
  }

  masked(): string {
    return this.mask(this.#value)
  }

  toString(): string {
    return this.masked()
  }

  toJSON(): string {
    return this.masked()
  }

  [inspect](): string {
    return this.masked()
  }
}
