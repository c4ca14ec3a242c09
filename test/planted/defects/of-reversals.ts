// Defects of what a terminal takes back or confirms.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what is planted is source text

import { type Defect, defect } from './defect.ts'

const REVERSALS = 'switch/core/reversal-desk.ts'
const SALES = 'voucher-store/writer/write-sales.ts'

export const OF_REVERSALS: readonly Defect[] = [
  defect(
    'the tombstone is missing',
    REVERSALS,
    '    return cancelSale(book, undefined, key, merchantKey)',
    "    return { responseCode: '00', rrn: undefined }",
  ),
  defect(
    'a reversal is accepted before it is durable',
    REVERSALS,
    '  const result = await book.journal.write(cancel)\n',
    "  void book.journal.write(cancel)\n  const result = { kind: 'written' }\n",
  ),
  defect(
    'a confirmation is answered before it is durable',
    REVERSALS,
    "  const result = await book.journal.write({ kind: 'confirm', id: sale.id, by," +
      ' atMs })\n' +
      "  return result.kind === 'written'",
    "  void book.journal.write({ kind: 'confirm', id: sale.id, by, atMs })\n  return true",
  ),
  defect(
    'a confirmed sale can be reversed',
    REVERSALS,
    "  if (sale.confirmedMs !== undefined) return { responseCode: '21', rrn }\n",
    '',
  ),
  defect(
    'a reversed sale can be confirmed',
    REVERSALS,
    "    if (sale === undefined || sale.state !== 'sold' || sale.cancelled) {",
    '    if (sale === undefined) {',
  ),
  defect(
    'a refund is written and never sent',
    REVERSALS,
    "  book.reversals.open(sale.id)\n  return { responseCode: '00', rrn }",
    "  return { responseCode: '00', rrn }",
  ),
  defect(
    'the daily limit of reversals is not kept',
    REVERSALS,
    '  if (counted && overLimit(book, sale, merchantKey)) return claim(book, sale,' +
      " 'daily limit', '61')\n",
    '',
  ),
  defect(
    'a reversal with another amount is accepted',
    REVERSALS,
    '  return request.amount !== undefined && request.amount !== content.amount',
    '  return false',
  ),
  defect(
    'the refunded voucher goes back to stock',
    SALES,
    "    this.#stock.move(id, voucherIdsOf(row), ['sold', 'quarantined'], { leavesOthers })",
    "    this.#stock.move(id, voucherIdsOf(row), ['sold', 'available'], { leavesOthers })",
  ),
]
