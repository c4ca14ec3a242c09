// Writes the outcome of a sale, and its refund. That a debit is undone never waits for stock: where
// a voucher is not as the sale left it, all is written without that one, and somebody is told.

import type { Journal, OutcomeRecord, RefundRecord, WriteResult } from './journal.ts'
import type { Notice } from './notice.ts'

interface OutcomePorts {
  readonly journal: Journal
  readonly notice: (notice: Notice) => void
}

export async function writeEnd(
  { journal, notice }: OutcomePorts,
  record: OutcomeRecord | RefundRecord,
): Promise<WriteResult> {
  const result = await journal.write(record)
  if (result.kind === 'written' || result.reason !== 'guard') return result
  if (record.kind === 'outcome' && record.outcome.kind !== 'reversing') return result
  const alone = await journal.write({ ...record, leavesStock: true })
  // The sale itself is not what it was taken for.
  if (alone.kind !== 'written') return result
  const { id: saleId } = record
  const what = 'vouchers of a reversed sale are left as they are'
  notice({ level: 'alarm', what, saleId, detail: result.detail })
  return alone
}
