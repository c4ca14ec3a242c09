// What is made of keys in use and kept, because to make it costs more than to use it: a cipher, a
// MAC. For so many keys and no more; the oldest makes room. A key itself is the module's.

import type { Key, KeyScheme } from './security-module.ts'

export class MadeOfKeys<Made> {
  readonly #most: number
  readonly #make: (scheme: KeyScheme, key: Uint8Array) => Made
  /** A Map keeps the order in which they came. */
  readonly #made = new Map<Key, Made>()

  constructor(most: number, make: (scheme: KeyScheme, key: Uint8Array) => Made) {
    this.#most = most
    this.#make = make
  }

  of(key: Key, bytes: Uint8Array): Made {
    const known = this.#made.get(key)
    if (known !== undefined) return known
    const made = this.#make(key.scheme, bytes)
    if (this.#made.size >= this.#most) {
      const [oldest] = this.#made.keys()
      if (oldest !== undefined) this.#made.delete(oldest)
    }
    this.#made.set(key, made)
    return made
  }
}
