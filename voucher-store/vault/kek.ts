// The key-encryption key as the vault sees it: it wraps and unwraps data keys, and what it wrapped
// begins with its number. Two forms: 32 bytes in this process, from a file or a command, which have
// the number 0; and a key in a hardware token, which never leaves it and counts from 1.

import { keyIdOf, open, seal } from './seal.ts'

export interface Kek {
  readonly number: number
  wrap(clear: Buffer, place: string): Buffer
  /** Undefined when it was not wrapped so, for this place. Whoever gets the bytes wipes them. */
  unwrap(wrapped: Buffer, place: string): Buffer | undefined
}

/** Keys of a token. Each opens what any of them wrapped. */
export interface KekToken {
  /** In words, for messages. */
  readonly name: string
  /** Undefined: the token has none. */
  newest(): Kek | undefined
  byNumber(number: number): Kek | undefined
  /** Of the next number; nothing is wrapped under it yet. */
  make(): Kek
  /** One that nothing was wrapped under. */
  discard(kek: Kek): void
}

const IN_PROCESS = 0

/** The bytes stay the caller's. */
export function bytesKek(key: Buffer): Kek {
  const own = { id: IN_PROCESS, key }
  return {
    number: IN_PROCESS,
    wrap: (clear, place) => seal(own, clear, place),
    unwrap: (wrapped, place) => open(own, wrapped, place),
  }
}

/** Which key it is under. */
export function kekNumberOf(wrapped: Buffer): number {
  return keyIdOf(wrapped)
}

/** Opens what either wrapped, while a store moves into a token; wraps with the first. */
export function eitherKek(first: Kek, second: Kek): Kek {
  return {
    number: first.number,
    wrap: first.wrap,
    unwrap: (wrapped, place) => first.unwrap(wrapped, place) ?? second.unwrap(wrapped, place),
  }
}
