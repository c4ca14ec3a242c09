// A store on disk with something of everything: batches in several states, sales at every end and
// at none, reversals in every status, refunds, claims, ends of day, leases. Made through the
// records that the product writes.

import type { Rrn, Stan } from '../../protocol/values/identifiers.ts'
import { Pan } from '../../protocol/values/pan.ts'
import { isReason } from '../../protocol/values/reason.ts'
import type { Rial } from '../../protocol/values/rial.ts'
import type { JournalRecord } from '../../switch/core/journal.ts'
import { moveBatch } from '../../voucher-store/admin/batches.ts'
import { SqliteVault } from '../../voucher-store/vault/vault.ts'
import {
  addTerminal,
  endReversal,
  genericFile,
  importFile,
  intentOf,
  must,
  NOW,
  type TemporaryStore,
  TODAY,
  temporaryStore,
  vouchersFrom,
} from '../voucher-store/temporary-store.ts'

const SALES = 90
const VOUCHERS = 160
const CARD = '6037990000000014'
const REVERSAL = { stan: '900000' as Stan, transmission: '0701080001' }
const APPROVAL = { authCode: '004711', hostDate: '0701' }
const STATUSES = ['closed', 'no-debit', 'watched', 'suspense', 'unfound'] as const

export async function filledStore(): Promise<TemporaryStore> {
  const store = await temporaryStore()
  await addTerminal(store)
  await importFile(store, genericFile(vouchersFrom(0, VOUCHERS)))
  await importFile(store, genericFile(vouchersFrom(1_000, 20)), { fileName: 'second.csv' })
  const move = { action: 'hold', from: ['released'], to: 'held' } as const
  await moveBatch(store.journal, 2, move, { by: 'test', atMs: NOW })
  const pan = Pan.parse(CARD)
  if (isReason(pan)) throw new Error(pan.reason)
  const vault = new SqliteVault(store.ring, () => undefined)
  for (let id = 1; id <= SALES; id++) {
    const sealedCard = vault.sealCard(pan, id)
    for (const record of saleRecords(id, sealedCard)) await must(store.journal.write(record))
    if (id % 9 === 5 || id % 9 === 6) {
      await endReversal(store, id, STATUSES[id % STATUSES.length] ?? 'closed')
    }
  }
  for (const record of others()) await must(store.journal.write(record))
  return store
}

/** Nine kinds of sales, one after another. */
function saleRecords(id: number, sealedCard: string): JournalRecord[] {
  const number = String(id).padStart(6, '0')
  const key = { terminalKey: 1, day: TODAY, time: '113000', stan: number as Stan }
  const intent = { ...intentOf({ id, voucherIds: [id] }), sealedCard } as JournalRecord
  const outcome = (outcome: Extract<JournalRecord, { kind: 'outcome' }>['outcome']) =>
    ({ kind: 'outcome', id, outcome, atMs: NOW }) as const
  const sold = outcome({ kind: 'sold', ...APPROVAL })
  const reversing = { kind: 'reversing', responseCode: '68', reversal: REVERSAL } as const
  const refund: JournalRecord = {
    ...{ kind: 'refund' as const, id, terminalKey: 1, merchantKey: 1, day: TODAY, counted: true },
    ...{ amount: 50_000 as Rial, reversal: REVERSAL, atMs: NOW },
  }
  switch (id % 9) {
    case 0:
      return [intent, sold, { kind: 'answered', ids: [id], atMs: NOW }]
    case 1:
      return [intent, sold, { kind: 'confirm', id, by: '0220', atMs: NOW }]
    case 2:
      return [intent, sold, { kind: 'disclosure', id, by: 'repeat', atMs: NOW }]
    case 3:
      return [intent, sold, { kind: 'reprint', id, number: 1, atMs: NOW }]
    case 4:
      return [intent, outcome({ kind: 'declined', responseCode: '51' })]
    case 5:
      return [intent, outcome({ ...reversing, approval: id % 2 === 0 ? APPROVAL : undefined })]
    case 6:
      return [intent, sold, refund]
    case 7:
      return [
        refusal(id, key),
        { kind: 'cancel', id, key, merchantKey: 1, isTombstone: false, atMs: NOW },
      ]
    default:
      return id > SALES - 20
        ? [intent]
        : [{ kind: 'cancel', id, key, merchantKey: 1, isTombstone: true, atMs: NOW }]
  }
}

function refusal(
  id: number,
  key: Extract<JournalRecord, { kind: 'refusal' }>['key'],
): JournalRecord {
  return {
    ...{ kind: 'refusal', id, key, merchantKey: 1, product: '093205', count: 1 },
    content: {
      ...{ processingCode: '150000', amount: 50_000 as Rial, order: '093205 01' },
      cardHash: 'ab',
    },
    ...{ responseCode: '44', rrn: `6182${String(id).padStart(8, '0')}` as Rrn },
    ...{ maskedCard: '603799******0014', atMs: NOW },
  }
}

function others(): JournalRecord[] {
  const day = (stan: string, salesCount: number): JournalRecord => ({
    ...{ kind: 'end-of-day', id: SALES + Number(stan), merchantKey: 1, atMs: NOW },
    key: { terminalKey: 1, day: TODAY, time: '235900', stan: stan as Stan },
    claimed: { salesCount, salesAmount: 0, reversalsCount: 0, reversalsAmount: 0 },
  })
  return [
    { kind: 'claim', id: 1, reason: 'too late', atMs: NOW },
    { kind: 'claim', id: 3, reason: 'after a reprint', atMs: NOW },
    day('000001', 3),
    day('000002', 4),
    { kind: 'lease', counter: 'stan/bank', high: 20_000, atMs: NOW },
    { kind: 'lease', counter: 'rrn', high: 20_000, atMs: NOW },
    { kind: 'quarantine', voucherId: VOUCHERS, why: 'its PIN does not open', atMs: NOW },
  ]
}
