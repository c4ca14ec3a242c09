// What others hold of a key: its use, its scheme and its check value. Nothing of it is secret; the
// module that made it knows the key that belongs to it.

import { type Key, type KeyScheme, type KeyUse, KeyUseError } from './security-module.ts'

class KeyHandle implements Key {
  readonly use: KeyUse
  readonly scheme: KeyScheme
  readonly checkValue: string

  constructor(use: KeyUse, scheme: KeyScheme, checkValue: string) {
    this.use = use
    this.scheme = scheme
    this.checkValue = checkValue
  }

  toString(): string {
    return `${this.scheme} ${this.use} key ${this.checkValue}`
  }
}

type Facts = Pick<KeyHandle, 'use' | 'scheme' | 'checkValue'>

/** The keys of one module. They live as long as somebody holds their handles. */
export class HeldKeys<Held> {
  readonly #held = new WeakMap<Key, Held>()

  hand({ use, scheme, checkValue }: Facts, held: Held): Key {
    const handle = Object.freeze(new KeyHandle(use, scheme, checkValue))
    this.#held.set(handle, held)
    return handle
  }

  /** Throws `KeyUseError` when it is another module's key, or not for this use. */
  of(key: Key, use: KeyUse): Held {
    const held = this.#held.get(key)
    if (held === undefined) throw new KeyUseError('a key of another module')
    if (key.use !== use) throw new KeyUseError(`a ${key.use} key asked to be a ${use} key`)
    return held
  }

  checkValue(key: Key): string {
    this.of(key, key.use)
    return (key as KeyHandle).checkValue
  }
}
