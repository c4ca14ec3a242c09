// AES-256-GCM with the place of the secret as additional data: a ciphertext that is moved to
// another row, batch or product does not open. Layout: key id 4 bytes BE | nonce 12 | ciphertext |
// tag 16.

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { NONCE_BYTES } from './nonces.ts'

const TAG = 16
const HEAD = 4 + NONCE_BYTES

/** Where additional data is put together: a buffer of its own for each would cost more. */
const PLACE = Buffer.alloc(256)
/** Bytes of one UTF-16 code unit in UTF-8, at most. */
const UTF8_MOST = 3

export interface VaultKey {
  readonly id: number
  readonly key: Buffer
}

/** `nonce`: never used before under this key; drawn here when left out. */
export function seal(
  key: VaultKey,
  clear: Buffer,
  place: string,
  nonce: Buffer = randomBytes(NONCE_BYTES),
): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key.key, nonce)
  cipher.setAAD(aad(key.id, place))
  const body = cipher.update(clear)
  cipher.final()
  const sealed = Buffer.allocUnsafe(HEAD + body.length + TAG)
  sealed.writeUInt32BE(key.id, 0)
  nonce.copy(sealed, 4)
  body.copy(sealed, HEAD)
  cipher.getAuthTag().copy(sealed, HEAD + body.length)
  return sealed
}

/** The clear bytes; undefined when key, place or bytes are not those it was sealed with. */
export function open(key: VaultKey, sealed: Buffer, place: string): Buffer | undefined {
  if (sealed.length < HEAD + TAG || sealed.readUInt32BE(0) !== key.id) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key.key, sealed.subarray(4, HEAD))
  decipher.setAAD(aad(key.id, place))
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG))
  try {
    const clear = decipher.update(sealed.subarray(HEAD, sealed.length - TAG))
    decipher.final()
    return clear
  } catch {
    return undefined
  }
}

export function keyIdOf(sealed: Buffer): number {
  return sealed.length < HEAD ? 0 : sealed.readUInt32BE(0)
}

/** Good until the next one: it is read at once, and is no secret. */
function aad(keyId: number, place: string): Buffer {
  const text = `${keyId}|${place}`
  if (text.length * UTF8_MOST > PLACE.length) return Buffer.from(text)
  return PLACE.subarray(0, PLACE.write(text))
}
