// Journal records drawn at random for the differential test of the store in memory: a few ids and a
// few vouchers, so that most records meet rows that exist, and often in a state that refuses them.

import fc from 'fast-check'
import type { Rrn, Stan } from '../../../protocol/values/identifiers.ts'
import type { Rial } from '../../../protocol/values/rial.ts'
import type {
  Approval,
  JournalRecord,
  Outcome,
  ReversalStatus,
  SaleKey,
} from '../../../switch/core/journal.ts'
import type { HostTrace } from '../../../switch/core/sale-record.ts'

export const IDS = [1, 2, 3, 4, 5, 6, 7, 8]
export const TERMINAL_KEYS = [1, 2]
export const DAYS = [20260101, 20260102]
export const PRODUCTS = ['091905', '091910']
const AT_MS = Date.UTC(2026, 0, 1, 8)

const voucher = (id: number) => ({ id, serial: `S${id}`, sealed: Buffer.from([id]) })
const [FIRST = '', SECOND = ''] = PRODUCTS
/** Two products, two expiries, and a lot that has expired when the records are written. */
export const BATCHES = [
  {
    id: 1,
    lots: [
      { id: 1, product: FIRST, expires: 20991231, vouchers: [1, 2, 3].map(voucher) },
      { id: 2, product: SECOND, expires: 20991231, vouchers: [4, 5].map(voucher) },
    ],
  },
  { id: 2, lots: [{ id: 3, product: FIRST, expires: 20270101, vouchers: [6, 7, 8].map(voucher) }] },
  {
    id: 3,
    lots: [{ id: 4, product: FIRST, expires: 20251231, vouchers: [9].map(voucher) }],
  },
]

export function keyOf(id: number): SaleKey {
  return {
    terminalKey: 1 + (id % 2),
    day: DAYS[id % 2] as number,
    time: '101010',
    stan: String(id).padStart(6, '0') as Stan,
  }
}

export function traceOf(id: number): HostTrace {
  return {
    link: 'host',
    stan: String(500 + id).padStart(6, '0') as Stan,
    transmission: '0101080000',
    // Some are from before it was kept.
    ...(id % 3 === 0 ? {} : { acquirerId: String(58_100 + (id % 3)) }),
  }
}

const id = fc.constantFrom(...IDS)
const atMs = fc.integer({ min: AT_MS, max: AT_MS + 40 * 3_600_000 })
const merchantKey = fc.constantFrom(1, 2)
const approval: fc.Arbitrary<Approval> = fc.record({
  authCode: fc.constantFrom('111111', '222222'),
  hostDate: fc.option(fc.constant('0101'), { nil: undefined }),
})
const responseCode = fc.constantFrom('51', '68', '94', '96')
const ownTrace = fc
  .constantFrom('000701', '000702')
  .map((stan) => ({ stan: stan as Stan, transmission: '0101090000' }))

/** Mostly a key of the id's own; sometimes another's, which is not unique. */
const key = (own: number): fc.Arbitrary<SaleKey> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(keyOf(own)) },
    { weight: 1, arbitrary: id.map(keyOf) },
  )

const content = fc.record({
  processingCode: fc.constant('150000'),
  amount: fc.constantFrom(50_000 as Rial, 100_000 as Rial),
  order: fc.constant('091905 01'),
  cardHash: fc.constantFrom('aa', 'bb'),
})

const mayBeDeclined = { from: fc.constantFrom(undefined, undefined, 'declined' as const) }
const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  approval.map((each) => ({ kind: 'sold' as const, ...each, hostDate: each.hostDate })),
  responseCode.map((code) => ({ kind: 'declined' as const, responseCode: code })),
  fc.record({
    kind: fc.constant('reversing' as const),
    responseCode,
    reversal: ownTrace,
    approval: fc.option(approval, { nil: undefined }),
  }),
)

const STATUSES: ReversalStatus[] = [
  ...(['pending', 'unfound', 'no-debit', 'closed', 'watched', 'suspense'] as const),
]

const totals = fc.record({
  salesCount: fc.constantFrom(0, 1, 2),
  salesAmount: fc.constantFrom(0, 50_000, 100_000),
  reversalsCount: fc.constantFrom(0, 1),
  reversalsAmount: fc.constantFrom(0, 50_000),
})

function recordOf(own: number): Record<JournalRecord['kind'], fc.Arbitrary<JournalRecord>> {
  const same = { id: fc.constant(own), atMs }
  const kind = <Kind extends string>(name: Kind) => ({ kind: fc.constant(name) })
  const sale = {
    ...{ ...same, key: key(own), merchantKey, content, count: fc.constant(1) },
    rrn: fc.constant(`6001${String(own).padStart(8, '0')}` as Rrn),
    ...{ maskedCard: fc.constant('603799******0014'), product: fc.constantFrom(...PRODUCTS) },
  }
  const voucherIds = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom([own % 4], [own], [own % 3, 4], []) },
    { weight: 1, arbitrary: fc.array(fc.integer({ min: 0, max: 10 }), { maxLength: 3 }) },
  )
  return {
    intent: fc.record({
      ...{ ...kind('intent'), ...sale, voucherIds, host: fc.constant(traceOf(own)) },
      sealedCard: fc.constant(String.fromCharCode(own)),
    }),
    outcome: fc.record({ ...kind('outcome'), ...same, outcome, ...mayBeDeclined }),
    refusal: fc.record({ ...kind('refusal'), ...sale, responseCode }),
    cancel: fc.record({
      ...{ ...kind('cancel'), ...same, key: key(own), merchantKey, isTombstone: fc.boolean() },
    }),
    refund: fc.record({
      ...{ ...kind('refund'), ...same, merchantKey, amount: fc.constant(50_000 as Rial) },
      ...{ terminalKey: fc.constantFrom(...TERMINAL_KEYS), day: fc.constantFrom(...DAYS) },
      ...{ counted: fc.boolean(), reversal: ownTrace },
    }),
    claim: fc.record({
      ...{ ...kind('claim'), ...same, reason: fc.constantFrom('too late', 'daily limit') },
    }),
    confirm: fc.record({ ...kind('confirm'), ...same, by: fc.constant('0220' as const) }),
    disclosure: fc.record({ ...kind('disclosure'), ...same, by: fc.constant('repeat' as const) }),
    reprint: fc.record({ ...kind('reprint'), ...same, number: fc.constantFrom(1, 2) }),
    answered: fc.record({ ...kind('answered'), ids: fc.array(id, { maxLength: 3 }), atMs }),
    reversal: fc.record({
      ...{ ...kind('reversal'), ...same, status: fc.constantFrom(...STATUSES) },
      responseCode: fc.option(responseCode, { nil: undefined }),
      ...{ tries: fc.nat(3), approval: fc.option(approval, { nil: undefined }) },
      ...{ fresh: fc.option(ownTrace, { nil: undefined }), why: fc.constant('drawn') },
      unapproved: fc.constantFrom(true, undefined),
    }),
    'end-of-day': fc.record({
      ...{ ...kind('end-of-day'), ...same, key: key(own), merchantKey, claimed: totals },
    }),
    quarantine: fc.record({
      ...{ ...kind('quarantine'), voucherId: fc.integer({ min: 1, max: 10 }) },
      ...{ why: fc.constant('drawn'), atMs },
    }),
    lease: fc.record({
      ...{ ...kind('lease'), counter: fc.constantFrom('rrn', 'stan'), high: fc.nat(50), atMs },
    }),
  }
}

/** A few records that share a commit; of one kind alone when it is named. */
export function groupOf(only?: JournalRecord['kind']): fc.Arbitrary<JournalRecord[]> {
  const one = id.chain((own) => {
    const kinds = recordOf(own)
    if (only !== undefined) return kinds[only]
    const often = { intent: 6, outcome: 6, refund: 3, reversal: 4 } as Record<string, number>
    return fc.oneof(
      ...Object.entries(kinds).map(([name, arbitrary]) => ({
        weight: often[name] ?? 1,
        arbitrary,
      })),
    )
  })
  return fc.array(one, { minLength: 1, maxLength: 5 })
}
