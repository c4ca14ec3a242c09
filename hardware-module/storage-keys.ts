// The storage keys of the token: what wraps keys of terminals and zones, and what binds them to
// their place, two keys of one number. Everything here is called inside `run`.

import type { Key, KeyScheme } from '../protocol/security/security-module.ts'
import { NumberedKeys } from './numbered-keys.ts'
import { rewrap, wrapNew } from './session-objects.ts'
import type { Handle, Token } from './token.ts'
import { numberOf, readWrapped, type WrappedKey, writeWrapped } from './wrapped-key.ts'

type Bound = Pick<Key, 'use' | 'scheme'> & { readonly place: string }

interface Born {
  readonly scheme: KeyScheme
  readonly checkValue: string
  readonly bytes: Uint8Array
  readonly companion: Uint8Array | undefined
}

/** The label of the keys that bind, for the label of those that wrap. */
function bindingLabel(keyLabel: string): string {
  return `${keyLabel}-binding`
}

export class StorageKeysInToken {
  readonly #token: Token
  readonly #wrapping: NumberedKeys
  readonly #binding: NumberedKeys

  constructor(token: Token, keyLabel: string) {
    this.#token = token
    this.#wrapping = new NumberedKeys(token, keyLabel, { CKA_WRAP: true, CKA_UNWRAP: true })
    const binds = { CKA_SIGN: true, CKA_VERIFY: true }
    this.#binding = new NumberedKeys(token, bindingLabel(keyLabel), binds)
  }

  has(number: number): boolean {
    return [this.#wrapping, this.#binding].every((keys) => keys.byNumber(number) !== undefined)
  }

  get isEmpty(): boolean {
    return [this.#wrapping, this.#binding].every((keys) => keys.numbers().length === 0)
  }

  make(number: number): void {
    for (const keys of [this.#wrapping, this.#binding]) {
      if (keys.byNumber(number) === undefined) keys.make(number)
    }
  }

  wrapping(number: number): Handle {
    return mustHave(this.#wrapping, number)
  }

  wrapped(number: number, { scheme, checkValue, bytes, companion }: Born): WrappedKey {
    const storage = this.wrapping(number)
    return {
      ...{ number, checkValue },
      key: wrapNew(this.#token, storage, scheme, bytes),
      companion:
        companion === undefined ? undefined : wrapNew(this.#token, storage, scheme, companion),
    }
  }

  /** The same key under the storage key of that number. */
  under(number: number, wrapped: WrappedKey, scheme: KeyScheme): WrappedKey {
    if (wrapped.number === number) return wrapped
    const [from, to] = [this.wrapping(wrapped.number), this.wrapping(number)]
    const { checkValue, key, companion } = wrapped
    const again = (bytes: Buffer) => rewrap(this.#token, { from, to, scheme }, bytes)
    return {
      ...{ number, checkValue, key: again(key) },
      companion: companion === undefined ? undefined : again(companion),
    }
  }

  seal(wrapped: WrappedKey, bound: Bound): Buffer {
    return writeWrapped(this.#token, mustHave(this.#binding, wrapped.number), wrapped, bound)
  }

  /** Undefined also for what the token never sealed. */
  unseal(sealed: Uint8Array, bound: Bound): WrappedKey | undefined {
    const number = numberOf(sealed)
    const binding = number === undefined ? undefined : this.#binding.byNumber(number)
    return binding === undefined ? undefined : readWrapped(this.#token, binding, sealed, bound)
  }
}

/** A fault like any other: a new session may see it. */
function mustHave(keys: NumberedKeys, number: number): Handle {
  const handle = keys.byNumber(number)
  if (handle === undefined) throw new Error('CKR_KEY_HANDLE_INVALID: the storage key is not there')
  return handle
}
