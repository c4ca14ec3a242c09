// The vault: keys wrapped under the key-encryption key, PINs and cards that open only where they
// belong, and hashes that find them again.

import { describe, expect, it } from 'vitest'
import { Pan } from '../../../protocol/values/pan.ts'
import { isReason, type Reason } from '../../../protocol/values/reason.ts'
import { VoucherPin } from '../../../protocol/values/voucher-pin.ts'
import type { StockVoucher } from '../../../switch/core/inventory.ts'
import { bytesKek } from '../../../voucher-store/vault/kek.ts'
import { seal } from '../../../voucher-store/vault/seal.ts'
import {
  fingerprint,
  KEY_PURPOSES,
  type KeyPurpose,
  KeyRing,
  rewrapKey,
  SqliteVault,
  sealPin,
  wrapNewKey,
} from '../../../voucher-store/vault/vault.ts'

const KEK = bytesKek(Buffer.alloc(32, 7))
const wrapped = KEY_PURPOSES.map((purpose, n) => wrapNewKey(KEK, n + 1, purpose))

function value<Value>(parsed: Value | Reason): Value {
  if (isReason(parsed)) throw new Error(parsed.reason)
  return parsed
}

function ringOf(rows = wrapped): KeyRing {
  const ring = KeyRing.open(KEK, rows)
  if (ring === undefined) throw new Error('the keys do not open')
  return ring
}

const PLACE = { id: 1, batch: 2, product: '091905' }
const DIGITS = '7100000000000001'
const voucherPin = value(VoucherPin.parse(DIGITS))
const pan = value(Pan.parse('6037990000000014'))

function stocked(change: Partial<StockVoucher> = {}): StockVoucher {
  const sealedPin = sealPin(ringOf().newest('pin'), voucherPin, PLACE)
  return { ...PLACE, serial: 'SN1', expires: 20991231, sealedPin, ...change }
}

const vaultOf = (vouchers: StockVoucher[] = []) =>
  new SqliteVault(ringOf(), (id) => vouchers.find((voucher) => voucher.id === id))

describe('the key ring', () => {
  it('does not open under another key-encryption key', () => {
    expect(KeyRing.open(bytesKek(Buffer.alloc(32, 8)), wrapped)).toBeUndefined()
  })

  it('are refused where a damaged row holds something that is no ciphertext', () => {
    const rows = wrapped.map((row, n) => (n === 1 ? { ...row, wrapped: null as never } : row))
    expect(KeyRing.open(KEK, rows)).toBeUndefined()
  })

  it('opens what was wrapped anew, under the new key only', () => {
    const next = bytesKek(Buffer.alloc(32, 8))
    const rows = wrapped.map((row) => rewrapKey(KEK, next, row) ?? row)
    expect(KeyRing.open(next, rows)?.newest('pin').key).toEqual(ringOf().newest('pin').key)
    expect(KeyRing.open(KEK, rows)).toBeUndefined()
    expect(rewrapKey(next, KEK, wrapNewKey(KEK, 1, 'pin'))).toBeUndefined()
  })

  it('takes changes of the keys one after the other, also after one that failed', async () => {
    const ring = ringOf()
    const order: string[] = []
    const slow = ring.inTurn(async () => {
      order.push('first')
      await new Promise((resolve) => setImmediate(resolve))
      order.push('first done')
      throw new Error('no room')
    })
    const next = ring.inTurn(async () => order.push('second'))
    await expect(slow).rejects.toThrow('no room')
    await next
    expect(order).toEqual(['first', 'first done', 'second'])
  })

  it('does not open a key that stands in another row or for another purpose', () => {
    const [first, second] = wrapped
    if (first === undefined || second === undefined) throw new Error('no keys')
    expect(KeyRing.open(KEK, [{ ...first, id: 9 }])).toBeUndefined()
    expect(KeyRing.open(KEK, [{ ...first, purpose: second.purpose }])).toBeUndefined()
    expect(KeyRing.open(KEK, [{ ...first, wrapped: second.wrapped }])).toBeUndefined()
  })

  it('takes the newest key of a purpose, in whatever order they come, and keeps the others', () => {
    const newer = wrapNewKey(KEK, 10, 'pin')
    for (const rows of [
      [...wrapped, newer],
      [newer, ...wrapped],
    ]) {
      const ring = ringOf(rows)
      expect(ring.newest('pin').id).toBe(10)
      expect(ring.byId(1)?.id).toBe(1)
    }
    expect(() => ringOf([]).newest('pin')).toThrow('no key for pin')
  })

  it('makes a new key each time', () => {
    const keys = [1, 2].map((id) => ringOf([wrapNewKey(KEK, id, 'pin')]).newest('pin').key)
    expect(keys[0]?.equals(keys[1] ?? Buffer.alloc(0))).toBe(false)
  })
})

describe('a voucher PIN', () => {
  it('opens for its voucher', () => {
    expect(vaultOf().openPin(stocked())?.reveal()).toBe(DIGITS)
  })

  it.each([
    ['another voucher', { id: 3 }],
    ['another batch', { batch: 3 }],
    ['another product', { product: '091910' }],
    ['a broken ciphertext', { sealedPin: Buffer.alloc(60) }],
    ['no ciphertext', { sealedPin: Buffer.alloc(0) }],
  ] as [string, Partial<StockVoucher>][])('does not open for %s', (_what, change) => {
    expect(vaultOf().openPin(stocked(change))).toBeUndefined()
  })

  it('that is no PIN does not open', () => {
    const place = `pin|${PLACE.id}|${PLACE.batch}|${PLACE.product}`
    const sealedPin = seal(ringOf().newest('pin'), Buffer.from('not digits'), place)
    expect(vaultOf().openPin(stocked({ sealedPin }))).toBeUndefined()
  })

  it('opens under an older key after a newer one came', () => {
    const ring = ringOf([...wrapped, wrapNewKey(KEK, 10, 'pin')])
    const vault = new SqliteVault(ring, () => undefined)
    expect(vault.openPin(stocked())?.reveal()).toBe(DIGITS)
  })
})

describe('the vouchers of a sale', () => {
  const second = stocked({ ...{ id: 5, serial: 'SN5' } })
  const other = { ...second, sealedPin: sealPin(ringOf().newest('pin'), voucherPin, second) }

  it('open in the order of the sale', () => {
    const opened = vaultOf([stocked(), other]).openVouchers([5, 1])
    expect(opened?.map(({ id, serial }) => [id, serial])).toEqual([
      [5, 'SN5'],
      [1, 'SN1'],
    ])
  })

  it('open all or not at all', () => {
    expect(vaultOf([stocked(), second]).openVouchers([1, 5])).toBeUndefined()
    expect(vaultOf([stocked()]).openVouchers([1, 5])).toBeUndefined()
    expect(vaultOf().openVouchers([])).toEqual([])
  })
})

describe('a card number', () => {
  it('opens for its sale, and for no other', () => {
    const vault = vaultOf()
    const sealed = Buffer.from(vault.sealCard(pan, 41), 'latin1')
    expect(vault.openCard(sealed, 41)?.reveal()).toBe('6037990000000014')
    expect(vault.openCard(new Uint8Array(sealed), 41)?.reveal()).toBe('6037990000000014')
    expect(vault.openCard(sealed, 42)).toBeUndefined()
    expect(vault.openCard(Buffer.alloc(0), 41)).toBeUndefined()
    expect(sealed.includes('603799')).toBe(false)
  })

  it('has one hash under a key, valid or not, that tells nothing of it', () => {
    const vault = vaultOf()
    expect(vault.cardHash('6037990000000014')).toMatch(/^[0-9a-f]{32}$/)
    expect(vault.cardHash('6037990000000014')).toBe(vaultOf().cardHash('6037990000000014'))
    expect(vault.cardHash('6037990000000014')).not.toBe(vault.cardHash('6037990000000015'))
    const others = KEY_PURPOSES.map((purpose, n) => wrapNewKey(KEK, n + 1, purpose))
    const elsewhere = new SqliteVault(ringOf(others), () => undefined)
    expect(elsewhere.cardHash('6037990000000014')).not.toBe(vault.cardHash('6037990000000014'))
  })
})

it('card numbers and their hashes are under the keys of their purposes, and no others', () => {
  const sealed = Buffer.from(vaultOf().sealCard(pan, 41), 'latin1')
  const hash = vaultOf().cardHash(DIGITS)
  // Another key in place of one of them at a time.
  const vaults = wrapped.map(({ id, purpose }, n) => {
    const rows = wrapped.with(n, wrapNewKey(KEK, id, purpose as KeyPurpose))
    return { purpose, vault: new SqliteVault(ringOf(rows), () => undefined) }
  })
  const purposes = (isIt: (vault: SqliteVault) => boolean) =>
    vaults.flatMap(({ purpose, vault }) => (isIt(vault) ? [purpose] : []))
  expect(purposes((vault) => vault.openCard(sealed, 41) === undefined)).toEqual(['card'])
  expect(purposes((vault) => vault.cardHash(DIGITS) !== hash)).toEqual(['card-hash'])
})

describe('a fingerprint', () => {
  it('finds the same PIN of the same mobile operator, and no other', () => {
    const key = ringOf().newest('fingerprint')
    const print = fingerprint(key, '0919', voucherPin)
    expect(print).toHaveLength(16)
    expect(fingerprint(key, '0919', voucherPin)).toEqual(print)
    expect(fingerprint(key, '0935', voucherPin)).not.toEqual(print)
    expect(fingerprint(key, '0919', value(VoucherPin.parse('7100000000000002')))).not.toEqual(print)
  })
})
