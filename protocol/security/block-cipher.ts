// The two block ciphers as the rest of this room needs them: whole blocks, no padding. Triple DES
// with two keys or three, AES with any of its key sizes; which, follows from scheme and key length.
// OpenSSL 3 refuses single DES; where a standard wants it, `des-ede` with the same key three times
// is single DES. A key may also be one whose bytes are elsewhere, in a hardware module.

import { type Cipher, createCipheriv, createDecipheriv, type Decipher } from 'node:crypto'
import type { KeyScheme } from './security-module.ts'

export const BLOCK_BYTES = { tdes: 8, aes: 16 } as const satisfies Record<KeyScheme, number>

/** A key that enciphers and deciphers where it is; nobody here sees its bytes. */
export interface OuterKey {
  encipher(clear: Uint8Array, iv: Uint8Array | undefined): Buffer
  decipher(body: Uint8Array, iv: Uint8Array | undefined): Buffer
}

export type CipherKey = Uint8Array | OuterKey

/**
 * A key in use, block by block (ECB): its ciphers are made when they are first needed and live as
 * long as this, since making one costs five times as much as enciphering a block with it.
 */
export function keptCipher(scheme: KeyScheme, key: Uint8Array): OuterKey {
  let forth: Cipher | undefined
  let back: Decipher | undefined
  return {
    encipher(clear, iv) {
      if (iv !== undefined) return encipher(scheme, key, clear, iv)
      forth ??= blockCipher(scheme, key)
      return forth.update(clear)
    },
    decipher(body, iv) {
      if (iv !== undefined) return decipher(scheme, key, body, iv)
      back ??= blockDecipher(scheme, key)
      return back.update(body)
    },
  }
}

const NO_IV = Buffer.alloc(16)

/** A cipher that may be updated with whole blocks for as long as it lives. */
export function blockCipher(scheme: KeyScheme, key: Uint8Array, iv?: Uint8Array): Cipher {
  return createCipheriv(cipherName(scheme, key, iv), key, iv ?? null).setAutoPadding(false)
}

function blockDecipher(scheme: KeyScheme, key: Uint8Array, iv?: Uint8Array): Decipher {
  return createDecipheriv(cipherName(scheme, key, iv), key, iv ?? null).setAutoPadding(false)
}

/** ECB, or CBC when an initial vector is given. */
export function encipher(
  scheme: KeyScheme,
  key: CipherKey,
  clear: Uint8Array,
  iv?: Uint8Array,
): Buffer {
  if (!(key instanceof Uint8Array)) return key.encipher(clear, iv)
  return blockCipher(scheme, key, iv).update(clear)
}

export function decipher(
  scheme: KeyScheme,
  key: CipherKey,
  body: Uint8Array,
  iv?: Uint8Array,
): Buffer {
  if (!(key instanceof Uint8Array)) return key.decipher(body, iv)
  return blockDecipher(scheme, key, iv).update(body)
}

export function zeroIv(scheme: KeyScheme): Uint8Array {
  return NO_IV.subarray(0, BLOCK_BYTES[scheme])
}

/** `target` from `at` on becomes the exclusive or of both. */
export function xorInto(target: Uint8Array, other: Uint8Array, at = 0): void {
  for (let i = 0; i < other.length; i++) target[at + i] = (target[at + i] ?? 0) ^ (other[i] ?? 0)
}

function cipherName(scheme: KeyScheme, key: Uint8Array, iv: Uint8Array | undefined): string {
  if (scheme === 'aes') return `aes-${key.length * 8}-${iv === undefined ? 'ecb' : 'cbc'}`
  const name = key.length === 24 ? 'des-ede3' : 'des-ede'
  return iv === undefined ? name : `${name}-cbc`
}
