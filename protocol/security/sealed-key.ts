// A key as it lies on the disk: AES-256-GCM under a storage key, bound to use, scheme and place, so
// that a sealed key that is moved to another row does not open. Layout: storage key id 4 bytes BE ·
// nonce 12 · ciphertext 16 · tag 16. Which place is whose is the store's to say.

import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { RandomBytes } from './key-block.ts'
import { KEY_BYTES } from './key-strength.ts'
import type { KeyScheme, KeyUse } from './security-module.ts'

/** 32 bytes under which keys are sealed. */
export interface StorageKey {
  readonly id: number
  readonly key: Uint8Array
}

/** Storage keys rotate: the newest seals, and any that is still kept opens. */
export interface StorageKeys {
  newest(): StorageKey
  byId(id: number): StorageKey | undefined
}

/** What a sealed key is bound to. */
export interface Binding {
  readonly use: KeyUse
  readonly scheme: KeyScheme
  readonly place: string
}

const ALGORITHM = 'aes-256-gcm'
const ID_BYTES = 4
const NONCE_BYTES = 12
const TAG_BYTES = 16
const HEAD_BYTES = ID_BYTES + NONCE_BYTES
const SEALED_BYTES = HEAD_BYTES + KEY_BYTES + TAG_BYTES

export function sealKey(
  storage: StorageKey,
  clear: Uint8Array,
  binding: Binding,
  random: RandomBytes,
): Buffer {
  const sealed = Buffer.alloc(SEALED_BYTES)
  sealed.writeUInt32BE(storage.id)
  sealed.set(random(NONCE_BYTES), ID_BYTES)
  const nonce = sealed.subarray(ID_BYTES, HEAD_BYTES)
  const cipher = createCipheriv(ALGORITHM, storage.key, nonce)
  cipher.setAAD(bound(storage.id, binding))
  sealed.set(cipher.update(clear), HEAD_BYTES)
  cipher.final()
  sealed.set(cipher.getAuthTag(), HEAD_BYTES + KEY_BYTES)
  return sealed
}

/** The key, in a buffer that the caller wipes; undefined when anything is not as it was sealed. */
export function openKey(
  storage: StorageKeys,
  sealed: Uint8Array,
  binding: Binding,
): Buffer | undefined {
  if (sealed.length !== SEALED_BYTES) return undefined
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length)
  const id = bytes.readUInt32BE()
  const key = storage.byId(id)
  if (key === undefined) return undefined
  const nonce = bytes.subarray(ID_BYTES, HEAD_BYTES)
  const decipher = createDecipheriv(ALGORITHM, key.key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(bound(id, binding))
  decipher.setAuthTag(bytes.subarray(HEAD_BYTES + KEY_BYTES))
  const clear = decipher.update(bytes.subarray(HEAD_BYTES, HEAD_BYTES + KEY_BYTES))
  try {
    decipher.final()
    return clear
  } catch {
    clear.fill(0)
    return undefined
  }
}

/** The place comes last: whatever it holds, it cannot pass for another use or scheme. */
function bound(id: number, { use, scheme, place }: Binding): Buffer {
  return Buffer.from(`${id}|${use}|${scheme}|${place}`)
}
