// The key-encryption key in a token. It never leaves it: data keys go in and come out wrapped, with
// AES-256-GCM bound to their place. What is wrapped begins with the number of the key it is under.
//
//   number 4 bytes BE · nonce 12 · ciphertext · tag 16

import type { Handle } from 'pkcs11js'
import { faultOf } from './driver.ts'
import { NumberedKeys } from './numbered-keys.ts'
import type { Token } from './token.ts'

/** One of the keys of the token. */
export interface NumberedKek {
  readonly number: number
  wrap(clear: Uint8Array, place: string): Buffer
  /** Undefined when it was not wrapped so, for this place, by a key of this token. */
  unwrap(wrapped: Uint8Array, place: string): Buffer | undefined
}

const NUMBER_BYTES = 4
const NONCE_BYTES = 12
const HEAD_BYTES = NUMBER_BYTES + NONCE_BYTES
const TAG_BYTES = 16

export class KekToken {
  readonly #token: Token
  readonly #keys: NumberedKeys
  /** In words, for messages. */
  readonly name: string

  constructor(token: Token, label: string) {
    this.#token = token
    this.#keys = new NumberedKeys(token, label, { CKA_ENCRYPT: true, CKA_DECRYPT: true })
    this.name = `the key ${label} of the token`
  }

  newest(): NumberedKek | undefined {
    const number = this.#token.run(() => this.#keys.numbers().at(-1))
    return number === undefined ? undefined : this.#kek(number)
  }

  byNumber(number: number): NumberedKek | undefined {
    const handle = this.#token.run(() => this.#keys.byNumber(number))
    return handle === undefined ? undefined : this.#kek(number)
  }

  /** A key of the next number. Nothing is wrapped under it yet. */
  make(): NumberedKek {
    const number = this.#token.run(() => {
      const next = (this.#keys.numbers().at(-1) ?? 0) + 1
      this.#keys.make(next)
      return next
    })
    return this.#kek(number)
  }

  /** One that nothing was wrapped under. */
  discard({ number }: { readonly number: number }): void {
    this.#token.run(() => this.#keys.remove(number))
  }

  #kek(number: number): NumberedKek {
    return {
      number,
      wrap: (clear, place) => this.#token.run(() => this.#wrap(number, clear, place)),
      unwrap: (wrapped, place) => this.#token.run(() => this.#unwrap(wrapped, place)),
    }
  }

  #wrap(number: number, clear: Uint8Array, place: string): Buffer {
    const key = this.#keys.byNumber(number)
    // A fault like any other: a new session may see it.
    if (key === undefined) throw new Error('CKR_KEY_HANDLE_INVALID')
    const wrapped = Buffer.alloc(HEAD_BYTES)
    wrapped.writeUInt32BE(number)
    this.#token.random(NONCE_BYTES).copy(wrapped, NUMBER_BYTES)
    const mechanism = this.#token.gcm(wrapped.subarray(NUMBER_BYTES), bound(number, place))
    return Buffer.concat([wrapped, this.#token.encrypt(mechanism, key, clear)])
  }

  #unwrap(wrapped: Uint8Array, place: string): Buffer | undefined {
    if (wrapped.length < HEAD_BYTES + TAG_BYTES) return undefined
    const bytes = Buffer.from(wrapped)
    const number = bytes.readUInt32BE()
    const key = this.#keys.byNumber(number)
    if (key === undefined) return undefined
    const mechanism = this.#token.gcm(
      bytes.subarray(NUMBER_BYTES, HEAD_BYTES),
      bound(number, place),
    )
    try {
      return this.#token.decrypt(mechanism, key, bytes.subarray(HEAD_BYTES))
    } catch (error) {
      if (faultOf(error) === undefined) throw error
      this.#mustWork(number, key)
      return undefined
    }
  }

  /** Tokens have no one word for a wrong tag: a key that still works has judged the bytes. */
  #mustWork(number: number, key: Handle): void {
    const nonce = this.#token.random(NONCE_BYTES)
    this.#token.encrypt(
      this.#token.gcm(nonce, bound(number, 'check')),
      key,
      Buffer.alloc(TAG_BYTES),
    )
  }
}

function bound(number: number, place: string): Buffer {
  return Buffer.from(`${number}|${place}`)
}
