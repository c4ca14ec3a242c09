// The stored answer again: to a repeat and to an inquiry. The same identity always gets the same
// response code, RRN and vouchers; the PINs are opened anew, and each time they are is counted.

import { ageOf, type Book, findSale, turnKey } from './book.ts'
import type { Content, Identity, SaleAnswer, SaleRequest, StoredSale } from './sale-record.ts'

export function sameContent(sale: StoredSale, content: Content): boolean {
  const stored = sale.content
  if (stored === undefined) return false
  return (
    stored.processingCode === content.processingCode &&
    stored.amount === content.amount &&
    stored.order === content.order &&
    stored.cardHash === content.cardHash
  )
}

/** Two sales under one identity: a terminal at fault, or somebody who tries. [nothing-lost, 5] */
export function answerRepeat(
  book: Book,
  sale: StoredSale,
  { identity, content }: Pick<SaleRequest, 'identity' | 'content'>,
): Promise<SaleAnswer> {
  if (sale.cancelled || sameContent(sale, content)) return answerAgain(book, sale, 'repeat')
  const { terminal } = identity
  if (book.told.isNews(`other content/${terminal.key}`)) {
    const what = 'another sale under a known identity'
    const detail = `terminal ${terminal.tid} of merchant ${terminal.mid}`
    book.notice({ level: 'warn', what, saleId: sale.id, detail })
  }
  return Promise.resolve(bare('94'))
}

/** Writes the disclosure first: whatever the answer reveals is durable before it leaves. */
export async function answerAgain(
  book: Book,
  sale: StoredSale,
  by: 'repeat' | 'inquiry',
): Promise<SaleAnswer> {
  if (sale.cancelled) return { ...bare('94'), rrn: sale.rrn }
  const answer: SaleAnswer = {
    responseCode: sale.responseCode,
    rrn: sale.rrn,
    authCode: sale.authCode,
    amount: sale.content?.amount,
    vouchers: [],
  }
  if (sale.state !== 'sold' || !mayDisclose(book, sale)) return answer
  const vouchers = book.vault.openVouchers(sale.voucherIds)
  if (vouchers === undefined) {
    book.notice({ level: 'alarm', what: 'sold voucher does not open', saleId: sale.id })
    return bare('96')
  }
  const atMs = book.clock.wallMs()
  const result = await book.journal.write({ kind: 'disclosure', id: sale.id, by, atMs })
  if (result.kind !== 'written') return bare('96')
  const written = (complete: boolean) => book.answered.note(sale.id, complete)
  book.answered.begin(sale.id)
  return { ...answer, vouchers, createdMs: sale.createdMs, written }
}

/** 0100 / 330000. Undefined: too many of them wait already. */
export async function inquire(book: Book, original: Identity): Promise<SaleAnswer | undefined> {
  const place = turnKey(original)
  if (book.running.has(place)) return bare('09')
  return book.turns.ask(place, 'inquiry', async () => {
    const sale = findSale(book, original)
    if (sale !== undefined) return answerAgain(book, sale, 'inquiry')
    return bare(book.clockBehind?.() === true ? '96' : '25')
  })
}

function mayDisclose(book: Book, sale: StoredSale): boolean {
  if (sale.confirmedMs === undefined) return true
  return ageOf(book, sale.confirmedMs) <= book.settings.disclosureAfterConfirmationMs
}

export function bare(responseCode: string): SaleAnswer {
  return { responseCode, rrn: undefined, authCode: undefined, amount: undefined, vouchers: [] }
}
