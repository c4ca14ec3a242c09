// Vouchers of a file as rows of the store: the keyed hash that finds a PIN again, and the PIN
// sealed for its place. Sliced, because both are computed on the thread that sells.

import type { ParsedVoucher } from '../batch-formats/batch-format.ts'
import { Nonces } from '../vault/nonces.ts'
import type { VaultKey } from '../vault/seal.ts'
import { fingerprint, type KeyRing, sealPin } from '../vault/vault.ts'
import type { Slices } from './slices.ts'

export interface SealedVoucher {
  readonly id: number
  readonly lot: number
  readonly mobileOperator: number
  readonly serial: string
  readonly sealed: Buffer
  readonly fingerprint: Buffer
}

/** Where the vouchers of a file go: ids, lots and the key of their batch. */
export interface SealingBatch {
  readonly batch: number
  readonly key: VaultKey
  nextVoucherId(): number
  lotOf(voucher: ParsedVoucher): number
}

/** Rows between two looks at the clock: well under a millisecond of work. */
const STEP = 25

export async function fingerprintsOf(
  ring: KeyRing,
  vouchers: readonly ParsedVoucher[],
  slices: Slices,
): Promise<Buffer[]> {
  const key = ring.newest('fingerprint')
  const prints: Buffer[] = []
  for (const [index, { product, voucherPin }] of vouchers.entries()) {
    prints.push(fingerprint(key, product.slice(0, 4), voucherPin))
    if (index % STEP === 0 && slices.due) await slices.pause()
  }
  return prints
}

export async function sealVouchers(
  batch: SealingBatch,
  vouchers: readonly ParsedVoucher[],
  prints: readonly Buffer[],
  slices: Slices,
): Promise<SealedVoucher[]> {
  const nonces = new Nonces()
  const rows: SealedVoucher[] = []
  for (const [index, voucher] of vouchers.entries()) {
    const { serial, product, voucherPin } = voucher
    const id = batch.nextVoucherId()
    rows.push({
      id,
      lot: batch.lotOf(voucher),
      mobileOperator: Number(product.slice(0, 4)),
      serial,
      sealed: sealPin(batch.key, voucherPin, { id, batch: batch.batch, product }, nonces.next()),
      fingerprint: prints[index] as Buffer,
    })
    if (index % STEP === 0 && slices.due) await slices.pause()
  }
  return rows
}
