// What stands on the two copies of a charge receipt, line by line, before any layout: from the
// lines of the switch when it sent some, else in the terminal's own order. The voucher PIN stands
// on the customer copy only, and there for every voucher, come what may.

import { jalaliDateTime } from './jalali.ts'
import { type Language, numberText, RECEIPT_WORDS } from './receipt-words.ts'
import type { DeliveredVoucher } from './replies.ts'
import type { LastSale } from './state.ts'
import { fillLine, readSwitchLines, type SwitchLine } from './switch-lines.ts'
import type { CopyMark } from './terminal.ts'
import { groupedDigits, redeemString } from './voucher-text.ts'

export type ReceiptLine =
  | { readonly kind: 'text'; readonly style: 'N' | 'B' | 'T'; readonly text: string }
  | { readonly kind: 'pair'; readonly label: string; readonly value: string }
  | { readonly kind: 'rule' }

export interface Receipt {
  readonly customer: readonly ReceiptLine[]
  readonly merchant: readonly ReceiptLine[]
}

export interface ReceiptFacts {
  readonly language: Language
  readonly merchantName: string
  readonly terminalId: string
  /** Empty texts and an amount of 0 are unknown (a reprint without our own record): left out. */
  readonly sale: LastSale
  readonly vouchers: readonly DeliveredVoucher[]
  readonly mark: CopyMark
  /** DE 63 as it came. */
  readonly switchLines: string | undefined
  /** Such as `*141*{pin}#`; undefined when not known. */
  readonly redeemPattern: string | undefined
  /** Credit of one voucher after tax; undefined when not known. */
  readonly realCreditRial: number | undefined
  readonly helpline: string | undefined
}

export function composeReceipt(facts: ReceiptFacts): Receipt {
  const lines = readSwitchLines(facts.switchLines)
  const { customer, merchant } = lines === undefined ? ownLines(facts) : sentLines(facts, lines)
  const mark = markLines(facts)
  return {
    customer: [...mark, ...customer, ...mark],
    merchant: [...mark, ...merchant.filter((line) => !reveals(line, facts.vouchers)), ...mark],
  }
}

/** Real credit of a price that includes tax; the rate as a fraction, such as 0.10. */
export function realCredit(priceRial: number, taxRate: number): number {
  return Math.round(priceRial / (1 + taxRate))
}

function sentLines(facts: ReceiptFacts, lines: readonly SwitchLine[]): Receipt {
  const customer: ReceiptLine[] = []
  const merchant: ReceiptLine[] = []
  const shown = new Set<number>()
  for (const { style, copy, text } of lines) {
    const filled = fillLine(text, facts.vouchers, facts.redeemPattern)
    if (filled === undefined) continue
    const secret = filled.shows.length > 0
    const line: ReceiptLine = { kind: 'text', style, text: filled.text }
    if (copy !== 'M' || secret) customer.push(line)
    if (copy !== 'C' && !secret) merchant.push(line)
    for (const index of filled.shows) shown.add(index)
  }
  // A receipt without its PIN is paid for nothing.
  facts.vouchers.forEach((voucher, index) => {
    if (!shown.has(index + 1)) customer.push({ kind: 'rule' }, ...voucherLines(facts, voucher))
  })
  return { customer, merchant }
}

function ownLines(facts: ReceiptFacts): Receipt {
  const words = RECEIPT_WORDS[facts.language]
  const paid = paidLines(facts)
  const rule: ReceiptLine = { kind: 'rule' }
  const customer: ReceiptLine[] = [...titleLines(facts, words.customerCopy), ...paid]
  const merchant: ReceiptLine[] = [...titleLines(facts, words.merchantCopy), ...paid, rule]
  for (const voucher of facts.vouchers) {
    customer.push(rule, ...voucherLines(facts, voucher))
    merchant.push({ kind: 'pair', label: words.serial, value: voucher.serial })
  }
  customer.push(rule, { kind: 'text', style: 'N', text: words.notTransferable })
  if (facts.helpline !== undefined) {
    customer.push({ kind: 'pair', label: words.helpline, value: facts.helpline })
  }
  return { customer, merchant }
}

function titleLines(facts: ReceiptFacts, copy: string): ReceiptLine[] {
  const words = RECEIPT_WORDS[facts.language]
  return [
    { kind: 'text', style: 'T', text: facts.merchantName },
    { kind: 'text', style: 'T', text: `${words.title} - ${copy}` },
    { kind: 'rule' },
  ]
}

function paidLines(facts: ReceiptFacts): ReceiptLine[] {
  const { language, sale } = facts
  const words = RECEIPT_WORDS[language]
  const money = (rial: number): string => `${numberText(rial, language)} ${words.currency}`
  const credit = facts.realCreditRial
  const pairs: [string, string][] = [
    [words.dateTime, sale.stan === '' ? '' : jalaliDateTime(sale.wallMs, language)],
    [words.terminal, facts.terminalId],
    [words.card, sale.maskedCard],
    [words.rrn, sale.rrn ?? ''],
    [words.stan, sale.stan],
    [words.product, sale.productName ?? sale.product],
    [words.count, sale.count > 1 ? numberText(sale.count, language) : ''],
    [words.amount, sale.amountRial > 0 ? money(sale.amountRial) : ''],
    [words.realCredit, credit === undefined ? '' : money(credit * sale.count)],
  ]
  const lines: ReceiptLine[] = []
  for (const [label, value] of pairs) if (value !== '') lines.push({ kind: 'pair', label, value })
  lines.push({ kind: 'text', style: 'B', text: words.successful })
  return lines
}

/** The PIN on a line of its own in Latin digits, under its label. */
function voucherLines(facts: ReceiptFacts, voucher: DeliveredVoucher): ReceiptLine[] {
  const words = RECEIPT_WORDS[facts.language]
  const lines: ReceiptLine[] = [
    { kind: 'text', style: 'N', text: `${words.voucherPin}:` },
    { kind: 'text', style: 'B', text: groupedDigits(voucher.voucherPin) },
  ]
  if (facts.redeemPattern !== undefined) {
    lines.push({ kind: 'text', style: 'N', text: `${words.redeem}:` })
    const text = redeemString(facts.redeemPattern, voucher.voucherPin)
    lines.push({ kind: 'text', style: 'B', text })
  }
  lines.push({ kind: 'pair', label: words.serial, value: voucher.serial })
  return lines
}

function markLines(facts: ReceiptFacts): ReceiptLine[] {
  const words = RECEIPT_WORDS[facts.language]
  const { mark } = facts
  if (mark.kind === 'original') return []
  const text =
    mark.kind === 'again' ? words.again : words.reprint(numberText(mark.number, facts.language))
  return [{ kind: 'text', style: 'B', text: `*** ${text} ***` }]
}

/** Looks at the finished line, so that no way of writing it gets through. */
function reveals(line: ReceiptLine, vouchers: readonly DeliveredVoucher[]): boolean {
  if (line.kind === 'rule') return false
  const plain = (line.kind === 'pair' ? line.value : line.text).replaceAll(/\D/gu, '')
  return vouchers.some(({ voucherPin }) => plain.includes(voucherPin.reveal()))
}
