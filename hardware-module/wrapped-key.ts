// A key of a terminal or a zone as it lies on the disk: wrapped in the token under its storage key,
// and bound to use, scheme and place by a MAC that the token computes with another key. No part of
// it can be exchanged, and only the token opens it.
//
//   storage key number 4 bytes BE · check value 3 · wrapped key 24 · [wrapped companion 24] ·
//   CMAC 16 over all that, `use|scheme|place`
//
// A companion is what the token cannot make of the key by itself: see session-objects.ts.

import { timingSafeEqual } from 'node:crypto'
import type { Key } from '../protocol/security/security-module.ts'
import type { Handle, Token } from './token.ts'

/** What is kept of a key outside the token. Nothing of it is secret. */
export interface WrappedKey {
  /** Of the storage key. */
  readonly number: number
  readonly checkValue: string
  readonly key: Buffer
  readonly companion: Buffer | undefined
}

const NUMBER_BYTES = 4
const CHECK_BYTES = 3
const HEAD_BYTES = NUMBER_BYTES + CHECK_BYTES
/** 16 bytes under AES key wrap. [RFC 3394] */
const WRAPPED_BYTES = 24
const MAC_BYTES = 16

type Bound = Pick<Key, 'use' | 'scheme'> & { readonly place: string }

/** Inside `run`. */
export function writeWrapped(
  token: Token,
  binding: Handle,
  { number, checkValue, key, companion }: WrappedKey,
  bound: Bound,
): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt32BE(number)
  head.write(checkValue, NUMBER_BYTES, 'hex')
  const body = Buffer.concat([head, key, companion ?? Buffer.alloc(0)])
  return Buffer.concat([body, macOf(token, binding, body, bound)])
}

/** The number of the storage key; undefined when the bytes cannot be such a key. */
export function numberOf(sealed: Uint8Array): number | undefined {
  const whole = [HEAD_BYTES + WRAPPED_BYTES, HEAD_BYTES + 2 * WRAPPED_BYTES]
  if (!whole.includes(sealed.length - MAC_BYTES)) return undefined
  return Buffer.from(sealed).readUInt32BE()
}

/** Undefined when it was not written for this use, scheme and place. Inside `run`. */
export function readWrapped(
  token: Token,
  binding: Handle,
  sealed: Uint8Array,
  bound: Bound,
): WrappedKey | undefined {
  const number = numberOf(sealed)
  if (number === undefined) return undefined
  const bytes = Buffer.from(sealed)
  const body = bytes.subarray(0, -MAC_BYTES)
  const expected = macOf(token, binding, body, bound)
  if (!timingSafeEqual(expected, bytes.subarray(-MAC_BYTES))) return undefined
  const second = body.subarray(HEAD_BYTES + WRAPPED_BYTES)
  return {
    number,
    checkValue: body.toString('hex', NUMBER_BYTES, HEAD_BYTES).toUpperCase(),
    key: body.subarray(HEAD_BYTES, HEAD_BYTES + WRAPPED_BYTES),
    companion: second.length === 0 ? undefined : second,
  }
}

/** The place comes last: whatever it holds, it cannot pass for another use or scheme. */
function macOf(token: Token, binding: Handle, body: Buffer, { use, scheme, place }: Bound): Buffer {
  const input = Buffer.concat([body, Buffer.from(`${use}|${scheme}|${place}`)])
  return token.sign('CKM_AES_CMAC', binding, input, MAC_BYTES)
}
