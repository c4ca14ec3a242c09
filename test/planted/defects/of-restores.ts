// Defects of a restore from a backup, and of what the switch does with the time it forgot.

import { type Defect, defect } from './defect.ts'

const RESTORE = 'voucher-store/backup/restore.ts'
const FENCE = 'voucher-store/backup/fence.ts'
const REVERSALS = 'switch/core/reversal-desk.ts'

export const OF_RESTORES: readonly Defect[] = [
  defect(
    'a restore fences nothing',
    RESTORE,
    '    const fence = gap === undefined ? [] : fenceStatements(database, gap)\n',
    '    const fence = gap === undefined ? [] : fenceStatements(database, gap).slice(2)\n',
  ),
  defect(
    'the mark of a running switch proves that nothing was lost',
    RESTORE,
    '  if (mark.final && mark.jseq === header.jseq',
    '  if (mark.jseq === header.jseq',
  ),
  defect(
    'the numbers of the lost time come again',
    RESTORE,
    '...counters(header, atMs), ...fence]',
    '...fence]',
  ),
  defect(
    'two restores of a copy begin with the same numbers',
    RESTORE,
    'createdMs ? atMs + RRN_STEP : 0',
    'createdMs ? createdMs + RRN_STEP : 0',
  ),
  defect(
    'vouchers that the copy had reserved are for sale again',
    FENCE,
    "  const voucher = { state: voucherCode('quarantined'), sale }\n",
    "  if (id > 0) return []\n  const voucher = { state: voucherCode('quarantined'), sale }\n",
  ),
  defect(
    'it sells before the gap is accepted',
    'switch/assembly.ts',
    'fenced: store.fenced, doubts: []',
    'fenced: false, doubts: []',
  ),
  defect(
    'a sale of the gap is taken as a new one',
    'switch/core/sale-desk.ts',
    "inGap(book, key) ? '94' : (refusing",
    "inGap(book, key) && false ? '94' : (refusing",
  ),
  defect(
    'a sale that was dated before the gap is taken as a new one',
    'switch/core/book.ts',
    'gap.fromMs - clockSkewMs <= moment',
    'gap.fromMs <= moment + 0 * clockSkewMs',
  ),
  defect(
    'the claim of a reversal in the gap is not written',
    REVERSALS,
    "  const result = await book.journal.write({ kind: 'claim', id, reason: 'in the gap'," +
      ' atMs })\n',
    "  const result = await Promise.resolve({ kind: 'written', id, atMs })\n",
  ),
  defect(
    'a reversal in the gap after a refused repeat opens no claim',
    REVERSALS,
    "  return sale.state === 'refused' && sale.responseCode === '94'\n",
    '  return false\n',
  ),
]
