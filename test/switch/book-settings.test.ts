// Each setting of the core comes from the one that is meant for it, in its own unit. Several have
// the same default, so that nothing but this would see two of them change places.

import { expect, it } from 'vitest'
import { bookSettings } from '../../switch/book-settings.ts'
import { type Config, schema } from '../../switch/config/schema.ts'

const HOST = { acquirerId: '000581', connections: 1 }

const config = schema.parse({
  listeners: [{ name: 'pos', kind: 'terminal', port: 5_000, keys: 'none', insecure: true }],
  cardHosts: [
    { ...HOST, name: 'one', port: 6_000 },
    { ...HOST, name: 'two', port: 6_001, profile: { lateApproval: 'fresh' } },
  ],
  timeouts: {
    ...{ cardHostMs: 20_000, switchTotalMs: 31_000, suspenseRetryMs: 72_000 },
    ...{ reversalBackoffFirstMs: 3_000, reversalBackoffMaxMs: 64_000 },
  },
  limits: {
    ...{ clockSkewDays: 2, identityDays: 401, reversalAgeHours: 3, reprintAgeHours: 4 },
    ...{ terminalRefundsPerDay: 11, terminalRefundsPerDayRial: 12 },
    ...{ merchantRefundsPerDay: 13, merchantRefundsPerDayRial: 14 },
    ...{ disclosureMinutes: 6, reprintsPerSale: 8, expiryMarginDays: 9 },
    ...{ inFlightSales: 17, inFlightSalesLeast: 16, slowSalePercent: 60 },
    ...{ reversalsInParallel: 18, reversalsInMemory: 180, journalGroupRecords: 19 },
    ...{ waitingPerSale: 23, stockWindowVouchers: 21, rrnBlockNumbers: 222 },
  },
}) as unknown as Config

it('reach the core as they are set, each in its place', () => {
  const { sale, reversals, ...book } = bookSettings(config)
  const { lateApproval, ...queue } = reversals
  expect(sale).toEqual({
    switchTimeoutMs: 31_000,
    cardHostTimeoutMs: 20_000,
    clockSkewMs: 2 * 24 * 3_600_000,
    identityDays: 401,
    reversalWindowMs: 3 * 3_600_000,
    refundLimits: { terminal: { count: 11, rial: 12 }, merchant: { count: 13, rial: 14 } },
    disclosureAfterConfirmationMs: 6 * 60_000,
    reprintWindowMs: 4 * 3_600_000,
    reprintsPerSale: 8,
    expiryMarginDays: 9,
    waitingMost: 23,
    salesInFlight: 17,
    salesInFlightLeast: 16,
    slowSaleMs: 12_000,
    outcomeRetryMs: 1_000,
  })
  expect(queue).toEqual({
    window: 18,
    writingMost: 19,
    firstDelayMs: 3_000,
    mostDelayMs: 64_000,
    suspenseDelayMs: 72_000,
    cardHostTimeoutMs: 20_000,
    inMemory: 180,
    accepted: ['00'],
  })
  expect(book).toEqual({ stockWindow: 21, rrnBlock: 222 })
  expect(['one', 'two', 'gone'].map((link) => lateApproval(link))).toEqual([
    'repeat',
    'fresh',
    'repeat',
  ])
})
