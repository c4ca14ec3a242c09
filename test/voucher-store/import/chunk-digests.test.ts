// The digest of a chunk is over every byte of its rows, in their order, however many and long they
// are: a rotation, a check of the store and the import must come to the same one.

import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../voucher-store/import/chunk-digests.ts'
import type { SealedVoucher } from '../../../voucher-store/import/seal-vouchers.ts'

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array))

const row = fc.record({
  id: fc.nat(),
  lot: fc.nat(),
  mobileOperator: fc.nat(9_999),
  serial: fc.string({ unit: 'binary', maxLength: 40 }),
  sealed: bytes(80),
  fingerprint: bytes(16),
})

/** One after another: a line of numbers and serial, the sealed PIN, its fingerprint. */
function hashedInOne(rows: readonly SealedVoucher[]): string {
  const parts = rows.flatMap(({ id, lot, mobileOperator, serial, sealed, fingerprint }) => [
    Buffer.from(`${id} ${lot} ${mobileOperator} ${serial}\n`),
    sealed,
    fingerprint,
  ])
  return createHash('sha256').update(Buffer.concat(parts)).digest('hex')
}

describe('the digest of a chunk', () => {
  it('is SHA-256 of its rows one after another, however many', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), fc.integer({ min: 1, max: 30 }), (some, n) => {
        const rows = Array.from({ length: n }, () => some).flat()
        expect(digestOf(rows)).toBe(hashedInOne(rows))
      }),
      { numRuns: 50 },
    )
  })

  it('is that also where rows are longer than any voucher’s', () => {
    const of = (id: number, length: number): SealedVoucher => ({
      ...{ id, lot: 1, mobileOperator: 919, serial: 'ü'.repeat(length % 7_000) },
      sealed: Buffer.alloc(length, id),
      fingerprint: Buffer.alloc(16, id),
    })
    const lengths = [5, 16_383, 16_384, 40, 16_385, 100_000, 16_300, 60, 16_350, 9_000, 9_000]
    const rows = lengths.map((length, id) => of(id, length))
    expect(digestOf(rows)).toBe(hashedInOne(rows))
  })

  it('is another one when a row comes at another place', () => {
    const [first, second] = [1, 2].map((id) => ({
      ...{ id, lot: 1, mobileOperator: 919, serial: `S${id}` },
      ...{ sealed: Buffer.alloc(30, id), fingerprint: Buffer.alloc(16, id) },
    })) as [SealedVoucher, SealedVoucher]
    expect(digestOf([first, second])).not.toBe(digestOf([second, first]))
  })
})
