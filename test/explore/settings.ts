// The settings of a switch in a small world. The delays are all different, so that a timer can be
// told by its delay; the order among them is the product's.

import type { BookSettings } from '../../switch/core/open-book.ts'

export const HOST_TIMEOUT_MS = 25_000
/** First, second and every later wait of a reversal that is not answered. */
export const BACK_OFF_MS = [3_000, 6_000, 12_000]

export const SETTINGS: BookSettings = {
  sale: {
    switchTimeoutMs: 30_000,
    cardHostTimeoutMs: HOST_TIMEOUT_MS,
    clockSkewMs: 7 * 86_400_000,
    identityDays: 400,
    reversalWindowMs: 86_400_000,
    refundLimits: { terminal: { count: 5, rial: 0 }, merchant: { count: 5, rial: 0 } },
    disclosureAfterConfirmationMs: 600_000,
    reprintWindowMs: 86_400_000,
    reprintsPerSale: 3,
    expiryMarginDays: 0,
    // These limits are not explored: they never move.
    waitingMost: 1_000,
    ...{ salesInFlight: 1_000, salesInFlightLeast: 1_000, slowSaleMs: HOST_TIMEOUT_MS },
    outcomeRetryMs: 2_000,
  },
  reversals: {
    window: 20,
    writingMost: 512,
    firstDelayMs: 3_000,
    mostDelayMs: 12_000,
    suspenseDelayMs: 300_000,
    cardHostTimeoutMs: HOST_TIMEOUT_MS,
    inMemory: 1_000,
    accepted: ['00'],
    lateApproval: () => 'repeat',
  },
  stockWindow: 8,
  rrnBlock: 1_000,
}
