// Keys of terminals and zones inside the token: objects of the session, unwrapped there when they
// are needed and destroyed when others need the room. They are sensitive, not extractable, and may
// do what their use needs and nothing else.
//
// Two keys have a companion, since generic PKCS#11 knows neither X9.19 nor DUKPT: of a `tdes` MAC
// key its left half twice over, which is single DES; of a DUKPT base key itself under the mask.

import type { KeyScheme, KeyUse } from '../protocol/security/security-module.ts'
import { SECRET_KEY } from './numbered-keys.ts'
import type { Attributes, Handle, Token } from './token.ts'
import type { WrappedKey } from './wrapped-key.ts'

export interface LoadedKey {
  readonly key: Handle
  /** Undefined where the key has none. */
  readonly companion: Handle | undefined
}

const KEY_TYPE = { tdes: 'CKK_DES2', aes: 'CKK_AES' } as const satisfies Record<KeyScheme, string>

/** What the token lets a key of that use do. */
function mayOf(use: KeyUse, scheme: KeyScheme): Attributes {
  switch (use) {
    case 'master':
      return { CKA_SIGN: true }
    case 'mac':
      return scheme === 'aes' ? { CKA_SIGN: true } : { CKA_ENCRYPT: true }
    case 'pin':
    case 'data':
      return { CKA_ENCRYPT: true, CKA_DECRYPT: true }
    case 'dukpt-base':
      return { CKA_ENCRYPT: true }
  }
}

export class SessionObjects {
  readonly #token: Token
  readonly #most: number
  /** The one that was used longest ago goes first. */
  readonly #loaded = new Map<WrappedKey, LoadedKey>()
  #session = 0

  /** `most`: keys that stay loaded. */
  constructor(token: Token, most: number) {
    this.#token = token
    this.#most = most
  }

  get size(): number {
    return this.#loaded.size
  }

  loaded(wrapped: WrappedKey, use: KeyUse, scheme: KeyScheme, storage: () => Handle): LoadedKey {
    this.#forgetOldSession()
    const known = this.#loaded.get(wrapped)
    const loaded = known ?? this.#load(wrapped, mayOf(use, scheme), scheme, storage())
    this.#loaded.delete(wrapped)
    this.#loaded.set(wrapped, loaded)
    if (known === undefined && this.#loaded.size > this.#most) this.#unloadOldest()
    return loaded
  }

  #load(wrapped: WrappedKey, may: Attributes, scheme: KeyScheme, storage: Handle): LoadedKey {
    const attributes = { ...SECRET_KEY, ...may, CKA_KEY_TYPE: KEY_TYPE[scheme] }
    const key = this.#token.unwrap(storage, wrapped.key, attributes)
    const { companion } = wrapped
    if (companion === undefined) return { key, companion }
    return { key, companion: this.#token.unwrap(storage, companion, attributes) }
  }

  #unloadOldest(): void {
    const [oldest] = this.#loaded
    if (oldest === undefined) return
    const [wrapped, { key, companion }] = oldest
    this.#loaded.delete(wrapped)
    this.#token.destroy(key)
    if (companion !== undefined) this.#token.destroy(companion)
  }

  #forgetOldSession(): void {
    if (this.#session === this.#token.sessions) return
    this.#session = this.#token.sessions
    this.#loaded.clear()
  }
}

/** Wraps a key that was just made; the object does not outlive it. */
export function wrapNew(
  token: Token,
  storage: Handle,
  scheme: KeyScheme,
  bytes: Uint8Array,
): Buffer {
  const attributes = { ...SECRET_KEY, CKA_KEY_TYPE: KEY_TYPE[scheme], CKA_EXTRACTABLE: true }
  const key = token.create({ ...attributes, CKA_VALUE: bytes })
  try {
    return token.wrap(storage, key)
  } finally {
    token.destroy(key)
  }
}

/** The same key under another storage key. */
export function rewrap(
  token: Token,
  { from, to, scheme }: { readonly from: Handle; readonly to: Handle; readonly scheme: KeyScheme },
  wrapped: Uint8Array,
): Buffer {
  const attributes = { ...SECRET_KEY, CKA_KEY_TYPE: KEY_TYPE[scheme], CKA_EXTRACTABLE: true }
  const key = token.unwrap(from, wrapped, attributes)
  try {
    return token.wrap(to, key)
  } finally {
    token.destroy(key)
  }
}
