// A committed record in the judge's words. Says nothing of records that its rules do not need.

import type { JournalRecord } from '../../switch/core/journal.ts'
import type { Fact } from './judge.ts'

export function factOf(record: JournalRecord, sale: number): Fact | undefined {
  switch (record.kind) {
    case 'intent': {
      const { id, voucherIds: vouchers, host } = record
      return { kind: 'intent', id, sale, vouchers, trace: host.stan }
    }
    case 'outcome':
      return { kind: record.outcome.kind, id: record.id }
    case 'refund':
      return { kind: 'refund', id: record.id }
    case 'cancel':
      return { kind: 'cancel', sale }
    case 'reversal':
      return { kind: 'reversal', id: record.id, status: record.status }
    default:
      return undefined
  }
}
