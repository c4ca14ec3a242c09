// Which 16 bytes are a key worth having, and the odd parity that DES keys are made with.
//
// DES ignores the lowest bit of each byte, so a key without parity enciphers the same. ANSI X9.24-1
// has devices look at parity to notice a damaged key; here a check value or the block's MAC does,
// and notices more. So keys that are made here get odd parity, and none is asked of keys from
// outside: vendors differ, and a link would stand still for bits that nothing uses.

import type { KeyScheme } from './security-module.ts'

export const KEY_BYTES = 16
const HALF = KEY_BYTES / 2

/** The weak and semi-weak keys of DES, with odd parity. [NIST SP 800-67 rev. 2, 3.3.2] */
const WEAK_HALVES = new Set([
  ...['0101010101010101', 'fefefefefefefefe', 'e0e0e0e0f1f1f1f1', '1f1f1f1f0e0e0e0e'],
  ...['01fe01fe01fe01fe', 'fe01fe01fe01fe01', '1fe01fe00ef10ef1', 'e01fe01ff10ef10e'],
  ...['01e001e001f101f1', 'e001e001f101f101', '1ffe1ffe0efe0efe', 'fe1ffe1ffe0efe0e'],
  ...['011f011f010e010e', '1f011f010e010e01', 'e0fee0fef1fef1fe', 'fee0fee0fef1fef1'],
])

/** One byte sixteen times over; for `tdes` also a half that is weak, or two that are the same. */
export function isWeakKey(scheme: KeyScheme, key: Uint8Array): boolean {
  if (key.every((byte) => byte === key[0])) return true
  if (scheme === 'aes') return false
  const odd = Buffer.from(key)
  setOddParity(odd)
  const left = odd.toString('hex', 0, HALF)
  const right = odd.toString('hex', HALF)
  odd.fill(0)
  return left === right || WEAK_HALVES.has(left) || WEAK_HALVES.has(right)
}

export function setOddParity(key: Uint8Array): void {
  for (let i = 0; i < key.length; i++) {
    const upper = (key[i] ?? 0) & 0xfe
    let folded = upper ^ (upper >> 4)
    folded ^= folded >> 2
    folded ^= folded >> 1
    key[i] = upper | (~folded & 1)
  }
}
