// Reprint of the terminal's last voucher sale: same card, within the limits of time and number, and
// counted durably before the PIN is given out again. [wire-protocol 3.2]

import { ageOf, type Book, newestStillSold } from './book.ts'
import { bare } from './repeat.ts'
import type { SaleAnswer, StoredSale, Terminal } from './sale-record.ts'

export interface ReprintRequest {
  readonly terminal: Terminal
  readonly cardHash: string
}

export interface ReprintAnswer extends SaleAnswer {
  /** Which reprint of the sale this is, from 1. */
  readonly number: number | undefined
}

/** 0100 / 390000. Undefined: too many of them wait already. */
export function reprint(book: Book, request: ReprintRequest): Promise<ReprintAnswer> | undefined {
  return book.turns.ask(`reprint/${request.terminal.key}`, 'reprint', async () => {
    const last = newestStillSold(book, request.terminal.key)
    if (last === undefined) return refused('25')
    const date = String(last.day).slice(4)
    const place = `${last.terminalKey}/${last.stan}/${date}${last.time}`
    return book.turns.run(place, () => reprintSale(book, request, last.id))
  })
}

async function reprintSale(
  book: Book,
  request: ReprintRequest,
  saleId: number,
): Promise<ReprintAnswer> {
  const sale = book.reader.byId(saleId)
  if (sale === undefined || sale.state !== 'sold' || sale.cancelled) return refused('25')
  if (!mayReprint(book, sale, request.cardHash)) return refused('57')
  const vouchers = book.vault.openVouchers(sale.voucherIds)
  if (vouchers === undefined) {
    book.notice({ level: 'alarm', what: 'sold voucher does not open', saleId: sale.id })
    return refused('96')
  }
  const number = sale.reprints + 1
  const atMs = book.clock.wallMs()
  const result = await book.journal.write({ kind: 'reprint', id: sale.id, number, atMs })
  if (result.kind !== 'written') return refused('96')
  return { ...bare('00'), rrn: sale.rrn, vouchers, number }
}

function mayReprint(book: Book, sale: StoredSale, cardHash: string): boolean {
  const age = ageOf(book, sale.soldMs ?? 0)
  return (
    sale.content?.cardHash === cardHash &&
    age <= book.settings.reprintWindowMs &&
    sale.reprints < book.settings.reprintsPerSale
  )
}

function refused(responseCode: string): ReprintAnswer {
  return { ...bare(responseCode), number: undefined }
}
