// A nonce that comes twice under one key gives away what it sealed.

import { expect, it } from 'vitest'
import { NONCE_BYTES, Nonces } from '../../../voucher-store/vault/nonces.ts'

it('never gives a nonce twice, across the draws', () => {
  const nonces = new Nonces()
  const seen = new Set<string>()
  for (let n = 0; n < 2_000; n++) {
    const nonce = nonces.next()
    expect(nonce).toHaveLength(NONCE_BYTES)
    seen.add(nonce.toString('hex'))
  }
  expect(seen.size).toBe(2_000)
})

it('leaves a nonce alone that it gave out, whatever is drawn later', () => {
  const nonces = new Nonces()
  const first = nonces.next()
  const hex = first.toString('hex')
  for (let n = 0; n < 1_000; n++) nonces.next()
  expect(first.toString('hex')).toBe(hex)
})
