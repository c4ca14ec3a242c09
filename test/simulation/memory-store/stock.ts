// Batches, lots and vouchers in memory: the twin of the store's stock writer and stock reader. A
// record is judged as a whole before the first voucher moves, so a refusal leaves nothing behind.

import type {
  Sellable,
  StockCursor,
  StockPage,
  StockReader,
  StockVoucher,
} from '../../../switch/core/inventory.ts'
import { type BatchState, VOUCHER_STATES, type VoucherState } from '../../../voucher-store/codes.ts'
import { GuardError } from '../../../voucher-store/writer/guard-error.ts'
import type { BatchRow, LotCounts, LotRow, VoucherRow } from './rows.ts'

export interface NewVoucher {
  readonly id: number
  readonly serial: string
  readonly sealed: Buffer
}

export interface NewLot {
  readonly id: number
  readonly product: string
  readonly expires: number
  /** In order of their ids. */
  readonly vouchers: readonly NewVoucher[]
}

export interface NewBatch {
  readonly id: number
  readonly state: BatchState
  readonly lots: readonly NewLot[]
}

export class MemoryStock implements StockReader {
  readonly #batches = new Map<number, BatchRow>()
  readonly #lots = new Map<number, LotRow>()
  readonly #byProduct = new Map<number, LotRow[]>()
  readonly #vouchers = new Map<number, VoucherRow>()

  addBatch(added: NewBatch): void {
    if (this.#batches.has(added.id)) throw new Error(`batch ${added.id} is there already`)
    const batch: BatchRow = { id: added.id, state: added.state }
    this.#batches.set(batch.id, batch)
    for (const lot of added.lots) this.#addLot(batch, lot)
  }

  #addLot(batch: BatchRow, added: NewLot): void {
    if (this.#lots.has(added.id)) throw new Error(`lot ${added.id} is there already`)
    const counts = noCounts()
    counts.available = added.vouchers.length
    const vouchers: VoucherRow[] = []
    const lot: LotRow = {
      ...{ id: added.id, batch, product: Number(added.product), expires: added.expires },
      ...{ imported: added.vouchers.length, counts, vouchers, front: 0 },
    }
    for (const { id, serial, sealed } of added.vouchers) {
      const before = vouchers.at(-1)
      if (this.#vouchers.has(id) || (before !== undefined && before.id >= id)) {
        throw new Error(`voucher ${id} is there already, or out of order`)
      }
      const voucher: VoucherRow = {
        ...{ id, serial, sealed, lot, at: vouchers.length },
        ...{ state: 'available', sale: undefined },
      }
      vouchers.push(voucher)
      this.#vouchers.set(id, voucher)
    }
    this.#placeLot(lot)
  }

  #placeLot(lot: LotRow): void {
    this.#lots.set(lot.id, lot)
    const others = this.#byProduct.get(lot.product) ?? []
    others.push(lot)
    others.sort((a, b) => a.expires - b.expires || a.id - b.id)
    this.#byProduct.set(lot.product, others)
  }

  setBatchState(id: number, state: BatchState): void {
    const batch = this.#batches.get(id)
    if (batch === undefined) throw new Error(`there is no batch ${id}`)
    batch.state = state
  }

  /** C1's guard, first half: in stock, of a released batch, of that product, not expired. */
  mayReserve(ids: readonly number[], product: number, day: number): void {
    for (const [at, id] of ids.entries()) {
      const voucher = this.#vouchers.get(id)
      if (voucher?.state !== 'available' || ids.indexOf(id) !== at) {
        throw new GuardError(`voucher ${id} is not in stock`)
      }
      const { lot } = voucher
      if (lot.product !== product) throw new GuardError(`voucher ${id} is another product`)
      if (lot.expires < day) throw new GuardError(`voucher ${id} has expired`)
      if (lot.batch.state !== 'released') {
        throw new GuardError(`voucher ${id} is of a batch that is not released`)
      }
    }
  }

  reserve(saleId: number, ids: readonly number[]): void {
    for (const id of ids) {
      const voucher = this.#vouchers.get(id) as VoucherRow
      change(voucher, 'reserved')
      voucher.sale = saleId
    }
  }

  /** Those that are there; all of them, unless others may be left as they are. */
  mayMove(
    saleId: number,
    ids: readonly number[],
    from: VoucherState,
    leavesOthers = false,
  ): readonly number[] {
    return ids.filter((id) => {
      const voucher = this.#vouchers.get(id)
      if (voucher?.sale === saleId && voucher.state === from) return true
      if (leavesOthers) return false
      throw new GuardError(`voucher ${id} of sale ${saleId} is not ${from}`)
    })
  }

  move(ids: readonly number[], to: VoucherState): void {
    for (const id of ids) {
      const voucher = this.#vouchers.get(id) as VoucherRow
      change(voucher, to)
      if (to === 'available') voucher.sale = undefined
    }
  }

  /** A voucher of no sale, out of stock. */
  takeOut(id: number, to: VoucherState): void {
    const voucher = this.#vouchers.get(id)
    if (voucher?.state !== 'available') throw new GuardError(`voucher ${id} is not in stock`)
    change(voucher, to)
  }

  available(product: string, after: StockCursor, most: number, only?: Sellable): StockPage {
    const found: StockVoucher[] = []
    let cursor = after
    let passedOver = 0
    for (const lot of this.#byProduct.get(Number(product)) ?? []) {
      if (lot.batch.state !== 'released' || lot.counts.available <= 0) continue
      if (after !== undefined && isBefore(lot, after)) continue
      if (only?.held.has(lot.batch.id) === true) continue
      if (only !== undefined && lot.expires < only.day) {
        passedOver = lot.expires
        continue
      }
      const last = takeFrom(lot, cursor?.lot === lot.id ? cursor.id : 0, most, product, found)
      if (last !== undefined) cursor = { lot: lot.id, id: last, expires: lot.expires }
      if (found.length >= most) break
    }
    return { vouchers: found, cursor, passedOver }
  }

  /** One voucher in any state, as a repeat or a reprint needs it. */
  byId(id: number): StockVoucher | undefined {
    const voucher = this.#vouchers.get(id)
    if (voucher === undefined) return undefined
    return stockVoucher(voucher, String(voucher.lot.product).padStart(6, '0'))
  }

  lots(): IterableIterator<LotRow> {
    return this.#lots.values()
  }

  vouchers(): IterableIterator<VoucherRow> {
    return this.#vouchers.values()
  }

  batches(): IterableIterator<BatchRow> {
    return this.#batches.values()
  }

  copy(): MemoryStock {
    const copy = new MemoryStock()
    for (const { id, state } of this.#batches.values()) copy.#batches.set(id, { id, state })
    for (const lot of this.#lots.values()) {
      const vouchers: VoucherRow[] = []
      const batch = copy.#batches.get(lot.batch.id) as BatchRow
      const mine: LotRow = { ...lot, batch, counts: { ...lot.counts }, vouchers }
      for (const voucher of lot.vouchers) {
        const twin = { ...voucher, lot: mine }
        vouchers.push(twin)
        copy.#vouchers.set(twin.id, twin)
      }
      copy.#placeLot(mine)
    }
    return copy
  }

  /** What does not add up; empty when all is well. */
  problems(): string[] {
    const problems: string[] = []
    for (const lot of this.#lots.values()) {
      const seen = noCounts()
      for (const voucher of lot.vouchers) seen[voucher.state]++
      let sum = 0
      for (const state of VOUCHER_STATES) {
        sum += lot.counts[state]
        if (lot.counts[state] === seen[state]) continue
        problems.push(`lot ${lot.id}: ${lot.counts[state]} counted ${state}, ${seen[state]} are`)
      }
      if (sum !== lot.imported) problems.push(`lot ${lot.id}: ${lot.imported} imported, ${sum} are`)
    }
    return problems
  }
}

function change(voucher: VoucherRow, to: VoucherState): void {
  const { lot } = voucher
  lot.counts[voucher.state]--
  lot.counts[to]++
  voucher.state = to
  if (to === 'available' && voucher.at < lot.front) lot.front = voucher.at
}

function isBefore(lot: LotRow, after: NonNullable<StockCursor>): boolean {
  return lot.expires < after.expires || (lot.expires === after.expires && lot.id < after.lot)
}

/** Adds what is available after `id` until there are `most`; gives the last one's id. */
function takeFrom(
  lot: LotRow,
  id: number,
  most: number,
  product: string,
  found: StockVoucher[],
): number | undefined {
  const { vouchers } = lot
  while (vouchers[lot.front] !== undefined && vouchers[lot.front]?.state !== 'available')
    lot.front++
  let last: number | undefined
  for (let at = Math.max(lot.front, placeAfter(vouchers, id)); at < vouchers.length; at++) {
    if (found.length >= most) break
    const voucher = vouchers[at] as VoucherRow
    if (voucher.state !== 'available') continue
    found.push(stockVoucher(voucher, product))
    last = voucher.id
  }
  return last
}

/** The place of the first voucher with a greater id. */
function placeAfter(vouchers: readonly VoucherRow[], id: number): number {
  let from = 0
  let to = vouchers.length
  while (from < to) {
    const middle = (from + to) >> 1
    if ((vouchers[middle] as VoucherRow).id > id) to = middle
    else from = middle + 1
  }
  return from
}

function stockVoucher(voucher: VoucherRow, product: string): StockVoucher {
  const { id, serial, sealed, lot } = voucher
  return { id, batch: lot.batch.id, product, serial, expires: lot.expires, sealedPin: sealed }
}

function noCounts(): LotCounts {
  const counts = { available: 0, reserved: 0, sold: 0, quarantined: 0 }
  return { ...counts, fenced: 0, voided: 0, expired: 0 }
}
