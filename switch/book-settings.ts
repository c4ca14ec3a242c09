// What the core is told of times, limits and ages, from the configuration: in the units that the
// core counts in. Nothing is checked or decided here.

import type { Config } from './config/schema.ts'
import type { SaleSettings } from './core/book.ts'
import type { BookSettings } from './core/open-book.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
/** How soon an outcome that did not fit on the disk is written again. */
const OUTCOME_RETRY_MS = 1_000

export function bookSettings(config: Config): BookSettings {
  const { timeouts, limits, cardHosts } = config
  return {
    sale: saleSettings(config),
    reversals: {
      window: limits.reversalsInParallel,
      writingMost: limits.journalGroupRecords,
      firstDelayMs: timeouts.reversalBackoffFirstMs,
      mostDelayMs: timeouts.reversalBackoffMaxMs,
      suspenseDelayMs: timeouts.suspenseRetryMs,
      cardHostTimeoutMs: timeouts.cardHostMs,
      inMemory: limits.reversalsInMemory,
      accepted: ['00'],
      lateApproval: (link) => {
        const host = cardHosts.find(({ name }) => name === link)
        return host?.profile.lateApproval ?? 'repeat'
      },
    },
    stockWindow: limits.stockWindowVouchers,
    rrnBlock: limits.rrnBlockNumbers,
  }
}

function saleSettings({ timeouts, limits }: Config): SaleSettings {
  return {
    switchTimeoutMs: timeouts.switchTotalMs,
    cardHostTimeoutMs: timeouts.cardHostMs,
    clockSkewMs: limits.clockSkewDays * 24 * HOUR_MS,
    identityDays: limits.identityDays,
    reversalWindowMs: limits.reversalAgeHours * HOUR_MS,
    refundLimits: {
      terminal: { count: limits.terminalRefundsPerDay, rial: limits.terminalRefundsPerDayRial },
      merchant: { count: limits.merchantRefundsPerDay, rial: limits.merchantRefundsPerDayRial },
    },
    disclosureAfterConfirmationMs: limits.disclosureMinutes * MINUTE_MS,
    reprintWindowMs: limits.reprintAgeHours * HOUR_MS,
    reprintsPerSale: limits.reprintsPerSale,
    expiryMarginDays: limits.expiryMarginDays,
    waitingMost: limits.waitingPerSale,
    salesInFlight: limits.inFlightSales,
    salesInFlightLeast: limits.inFlightSalesLeast,
    slowSaleMs: (timeouts.cardHostMs * limits.slowSalePercent) / 100,
    outcomeRetryMs: OUTCOME_RETRY_MS,
  }
}
