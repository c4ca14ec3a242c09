// Voucher PINs and card numbers at rest, and the keyed hashes that find them again. Keys are
// wrapped by the key-encryption key and never leave this folder in the clear.
//
// Purposes: `pin` one data key per batch · `card` card numbers · `fingerprint` HMAC of voucher PINs
// · `card-hash` HMAC of card numbers · `module` keys of terminals and zones, which the security
// module seals. The two HMAC keys do not rotate with the others.

import { randomBytes } from 'node:crypto'
import { Pan } from '../../protocol/values/pan.ts'
import { isReason } from '../../protocol/values/reason.ts'
import { VoucherPin } from '../../protocol/values/voucher-pin.ts'
import type { Vault } from '../../switch/core/book.ts'
import type { StockVoucher } from '../../switch/core/inventory.ts'
import type { OpenedVoucher } from '../../switch/core/sale-record.ts'
import type { Kek } from './kek.ts'
import { keyedHash } from './keyed-hash.ts'
import { Nonces } from './nonces.ts'
import { keyIdOf, open, seal, type VaultKey } from './seal.ts'

export const KEY_PURPOSES = ['pin', 'card', 'fingerprint', 'card-hash', 'module'] as const
const KEY_BYTES = 32
const HASH_BYTES = 16
/** Longer than any voucher PIN and any card number. */
const CLEAR = Buffer.alloc(64)
export type KeyPurpose = (typeof KEY_PURPOSES)[number]

export interface WrappedKey {
  readonly id: number
  readonly purpose: string
  readonly wrapped: Buffer
}

/** A new key, wrapped for the row of that id. */
export function wrapNewKey(kek: Kek, id: number, purpose: KeyPurpose | 'backup'): WrappedKey {
  const clear = randomBytes(KEY_BYTES)
  const wrapped = kek.wrap(clear, `key|${id}|${purpose}`)
  clear.fill(0)
  return { id, purpose, wrapped }
}

/** The same key under another key-encryption key; undefined when the first does not open it. */
export function rewrapKey(from: Kek, to: Kek, row: WrappedKey): WrappedKey | undefined {
  if (!Buffer.isBuffer(row.wrapped)) return undefined
  const { id, purpose } = row
  const place = `key|${id}|${purpose}`
  const clear = from.unwrap(row.wrapped, place)
  if (clear === undefined) return undefined
  const wrapped = to.wrap(clear, place)
  clear.fill(0)
  return { id, purpose, wrapped }
}

export class KeyRing {
  readonly #keys = new Map<number, VaultKey>()
  readonly #newest = new Map<string, VaultKey>()
  #turn: Promise<unknown> = Promise.resolve()

  /** Undefined when a key does not open: the key-encryption key is another one. */
  static open(kek: Kek, rows: readonly WrappedKey[]): KeyRing | undefined {
    const ring = new KeyRing()
    for (const row of rows) if (!ring.add(kek, row)) return undefined
    return ring
  }

  add(kek: Kek, row: WrappedKey): boolean {
    // A damaged row may hold anything, whatever its type says.
    if (!Buffer.isBuffer(row.wrapped)) return false
    const key = kek.unwrap(row.wrapped, `key|${row.id}|${row.purpose}`)
    if (key?.length !== KEY_BYTES) return false
    const entry = { id: row.id, key }
    this.#keys.set(row.id, entry)
    if ((this.#newest.get(row.purpose)?.id ?? 0) <= row.id) this.#newest.set(row.purpose, entry)
    return true
  }

  /**
   * One change of the stored keys at a time, from wrapping to its commit: no key is wrapped under a
   * key-encryption key that a rotation is just replacing.
   */
  inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(change)
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  byId(id: number): VaultKey | undefined {
    return this.#keys.get(id)
  }

  has(purpose: KeyPurpose): boolean {
    return this.#newest.has(purpose)
  }

  newest(purpose: KeyPurpose): VaultKey {
    const key = this.#newest.get(purpose)
    if (key === undefined) throw new Error(`the vault has no key for ${purpose}`)
    return key
  }
}

export class SqliteVault implements Vault {
  readonly #ring: KeyRing
  readonly #nonces = new Nonces()
  readonly #voucher: (id: number) => StockVoucher | undefined

  constructor(ring: KeyRing, voucher: (id: number) => StockVoucher | undefined) {
    this.#ring = ring
    this.#voucher = voucher
  }

  openPin(voucher: StockVoucher): VoucherPin | undefined {
    const sealed = bufferOf(voucher.sealedPin)
    if (sealed === undefined) return undefined
    const key = this.#ring.byId(keyIdOf(sealed))
    if (key === undefined) return undefined
    const clear = open(key, sealed, pinPlace(voucher))
    if (clear === undefined) return undefined
    const voucherPin = VoucherPin.parse(clear.toString('latin1'))
    clear.fill(0)
    return isReason(voucherPin) ? undefined : voucherPin
  }

  openVouchers(ids: readonly number[]): OpenedVoucher[] | undefined {
    const opened: OpenedVoucher[] = []
    for (const id of ids) {
      const voucher = this.#voucher(id)
      const voucherPin = voucher === undefined ? undefined : this.openPin(voucher)
      if (voucher === undefined || voucherPin === undefined) return undefined
      opened.push({ id, serial: voucher.serial, voucherPin })
    }
    return opened
  }

  sealCard(pan: Pan, saleId: number): string {
    const key = this.#ring.newest('card')
    const sealed = sealDigits(key, pan.reveal(), cardPlace(saleId), this.#nonces.next())
    return sealed.toString('latin1')
  }

  openCard(sealedCard: Uint8Array, saleId: number): Pan | undefined {
    const sealed = bufferOf(sealedCard)
    if (sealed === undefined) return undefined
    const key = this.#ring.byId(keyIdOf(sealed))
    const clear = key === undefined ? undefined : open(key, sealed, cardPlace(saleId))
    if (clear === undefined) return undefined
    const pan = Pan.parse(clear.toString('latin1'))
    clear.fill(0)
    return isReason(pan) ? undefined : pan
  }

  /** Keyed hash of a card number as it was read, valid or not; 32 hex characters. */
  cardHash(digits: string): string {
    const { key } = this.#ring.newest('card-hash')
    return keyedHash(key, digits).slice(0, 2 * HASH_BYTES)
  }
}

export interface PinPlace {
  readonly id: number
  readonly batch: number
  readonly product: string
}

/** The sealed PIN under another key; undefined when it does not open. */
export function resealPin(
  ring: KeyRing,
  to: VaultKey,
  sealed: Buffer,
  place: PinPlace,
): Buffer | undefined {
  return reseal(ring, to, sealed, pinPlace(place))
}

export function resealCard(
  ring: KeyRing,
  to: VaultKey,
  sealed: Buffer,
  saleId: number,
): Buffer | undefined {
  return reseal(ring, to, sealed, cardPlace(saleId))
}

function reseal(ring: KeyRing, to: VaultKey, sealed: Buffer, place: string): Buffer | undefined {
  const from = ring.byId(keyIdOf(sealed))
  const clear = from === undefined ? undefined : open(from, sealed, place)
  if (clear === undefined) return undefined
  const resealed = seal(to, clear, place)
  clear.fill(0)
  return resealed
}

export function sealPin(
  key: VaultKey,
  voucherPin: VoucherPin,
  place: PinPlace,
  nonce?: Buffer,
): Buffer {
  return sealDigits(key, voucherPin.reveal(), pinPlace(place), nonce)
}

/** The buffer that they lie in meanwhile is the same for all, and cleared. */
function sealDigits(key: VaultKey, digits: string, place: string, nonce?: Buffer): Buffer {
  const clear = CLEAR.subarray(0, CLEAR.write(digits, 'latin1'))
  const sealed = seal(key, clear, place, nonce)
  clear.fill(0)
  return sealed
}

/** Finds the same PIN of a mobile operator again, whatever serial it comes under; 16 bytes. */
export function fingerprint(key: VaultKey, mobileOperator: string, voucherPin: VoucherPin): Buffer {
  const found = Buffer.alloc(HASH_BYTES)
  // No more of it than there is room for.
  found.write(keyedHash(key.key, `${mobileOperator}|${voucherPin.reveal()}`), 'hex')
  return found
}

function pinPlace(place: PinPlace): string {
  return `pin|${place.id}|${place.batch}|${place.product}`
}

function cardPlace(saleId: number): string {
  return `card|${saleId}`
}

/** The same bytes; undefined for what a damaged row holds in their place. */
function bufferOf(bytes: unknown): Buffer | undefined {
  if (Buffer.isBuffer(bytes)) return bytes
  if (!(bytes instanceof Uint8Array)) return undefined
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
