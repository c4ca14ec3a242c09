// Assembles the switch: store, core, card gateway and terminal gateway, each given its ports. This
// is the wiring and nothing else; `serve.ts` opens it to the world and closes it again.

import { randomInt } from 'node:crypto'
import { CardGateway } from '../card-gateway/gateway.ts'
import { systemTimers } from '../protocol/link/timers.ts'
import { DIALECTS, withHexBinary } from '../protocol/message/dialect.ts'
import type { ProductId } from '../protocol/values/identifiers.ts'
import { type Day, tehranTime } from '../protocol/values/moment.ts'
import type { Gateway, GatewayListener } from '../terminal-gateway/gateway.ts'
import { fenceReturned, readFence, readGaps } from '../voucher-store/backup/fence.ts'
import { SqliteCatalogue } from '../voucher-store/reading/catalogue-reader.ts'
import { SqliteTerminalDirectory } from '../voucher-store/reading/terminal-directory.ts'
import type { Store } from '../voucher-store/store.ts'
import type { Config, ListenerConfig } from './config/schema.ts'
import type { Book, SaleSettings } from './core/book.ts'
import { Counter, StanSource } from './core/counters.ts'
import type { Notice } from './core/notice.ts'
import { lateApproval, openBook } from './core/open-book.ts'
import { type Log, logNotice } from './log.ts'
import type { Metrics } from './metrics.ts'

export interface Runtime {
  readonly store: Store
  readonly book: Book
  readonly cardGateway: CardGateway
  readonly gateway: Gateway
  readonly catalogue: SqliteCatalogue
  readonly terminals: SqliteTerminalDirectory
  /** Why no new sale is taken; empty while it sells. */
  readonly reasons: () => string[]
  /** An administrator accepted what a restore may have lost. */
  fenceAccepted(): void
  /** From now on new sales are answered 91. */
  drain(): void
}

const HOUR_MS = 3_600_000
const RANDOM_STEPS = 1_000_000
const TERMINALS_IN_MEMORY = 100_000
const REVERSALS_IN_MEMORY = 50_000

export interface RuntimePorts {
  readonly store: Store
  readonly log: Log
  readonly metrics: Metrics
  readonly onError: (error: unknown) => void
}

/** Changes while the switch runs. */
interface SellingState {
  draining: boolean
  fenced: boolean
}

export async function assemble(config: Config, ports: RuntimePorts): Promise<Runtime> {
  const { store, metrics } = ports
  const state = { draining: false, fenced: readFence(store.database) !== undefined }
  const catalogue = new SqliteCatalogue(store.database, today)
  const terminals = new SqliteTerminalDirectory(store.database, TERMINALS_IN_MEMORY)
  // The card gateway calls back into a core that is built over it.
  const core: { book?: Book } = {}
  const cardGateway = await openCardGateway(config, ports, core)
  const book = await openCore(config, ports, { cardGateway, catalogue, state })
  core.book = book
  await fenceReturned(store, systemTimers.wallMs())
  const gateway: Gateway = {
    book,
    timers: systemTimers,
    directory: terminals,
    catalogue,
    receipts: {
      product: (id) => catalogue.product(id as ProductId, today()),
      ...config.receipts,
    },
    hashCard: (digits) => store.vault.cardHash(digits),
    badFramesMost: config.limits.badFramesPerConnection,
    count: metrics.count,
  }
  return {
    ...{ store, book, cardGateway, gateway, catalogue, terminals },
    reasons: () => reasonsOf(state, cardGateway),
    fenceAccepted: () => {
      state.fenced = false
    },
    drain: () => {
      state.draining = true
    },
  }
}

async function openCardGateway(
  config: Config,
  { store, log, metrics, onError }: RuntimePorts,
  core: { readonly book?: Book },
): Promise<CardGateway> {
  const { timeouts, limits } = config
  const hosts = config.cardHosts.map(async (settings) => {
    const stans = await stanSource(store, settings.name, limits.stanBlockNumbers)
    return { settings, stans }
  })
  const cardGateway = new CardGateway({
    hosts: await Promise.all(hosts),
    timeouts,
    limits,
    timers: systemTimers,
    random: () => randomInt(RANDOM_STEPS) / RANDOM_STEPS,
    openCard: (sealedCard, saleId) => store.vault.openCard(sealedCard, saleId),
    onUp: (link) => core.book?.reversals.hostUp(link),
    onDown: (link) => metrics.count('card host down', link),
    onLateApproval: (host, tid, approval) => {
      if (core.book !== undefined) void lateApproval(core.book, host, tid, approval)
    },
    notice: noticer(log, metrics),
    count: metrics.count,
    onError,
  })
  reopenTraces(store, cardGateway)
  return cardGateway
}

function openCore(
  config: Config,
  { store, log, metrics }: RuntimePorts,
  parts: { cardGateway: CardGateway; catalogue: SqliteCatalogue; state: SellingState },
): Promise<Book> {
  const { state, catalogue, cardGateway } = parts
  return openBook(
    {
      journal: store.journal,
      reader: store.sales,
      stock: store.stock,
      catalogue,
      vault: store.vault,
      cardHost: cardGateway,
      clock: systemTimers,
      notice: noticer(log, metrics),
      refusing: () => {
        if (state.draining) return '91'
        return state.fenced ? '96' : undefined
      },
    },
    bookSettings(config),
    {
      openIntents: store.sales.openIntents(),
      highestSaleId: store.sales.highestSaleId(),
      highestRrn: store.sales.counter('rrn'),
      gaps: readGaps(store.database),
    },
  )
}

function noticer(log: Log, metrics: Metrics): (notice: Notice) => void {
  return (notice) => {
    logNotice(log, notice)
    if (notice.level === 'alarm') metrics.alarm(notice.what)
  }
}

function reasonsOf(state: SellingState, cardGateway: CardGateway): string[] {
  const reasons: string[] = []
  if (state.draining) reasons.push('the switch is stopping')
  if (state.fenced) reasons.push('a restored copy is not accepted yet')
  if (!cardGateway.status().some((host) => host.signedOn > 0)) {
    reasons.push('no card host is signed on')
  }
  return reasons
}

function today(): Day {
  return tehranTime(systemTimers.wallMs()).day
}

async function stanSource(store: Store, host: string, block: number): Promise<StanSource> {
  const name = `stan/${host}`
  const { journal, sales } = store
  const counter = new Counter({ name, block, journal, clock: systemTimers }, sales.counter(name))
  await counter.lease()
  return new StanSource(counter)
}

/** STANs of what an earlier process left open stay taken until it is closed. */
function reopenTraces(store: Store, cardGateway: CardGateway): void {
  for (const intent of store.sales.openIntents()) cardGateway.reopen(intent.host)
  for (let after = 0; ; ) {
    const page = store.sales.openReversals(after, 1_000)
    for (const reversal of page) {
      after = reversal.id
      cardGateway.reopen(reversal.host, reversal.trace)
    }
    if (page.length < 1_000) return
  }
}

function bookSettings(config: Config): Parameters<typeof openBook>[1] {
  const { timeouts, limits, cardHosts } = config
  return {
    sale: saleSettings(config),
    reversals: {
      window: limits.reversalsInParallel,
      firstDelayMs: timeouts.reversalBackoffFirstMs,
      mostDelayMs: timeouts.reversalBackoffMaxMs,
      suspenseDelayMs: timeouts.suspenseRetryMs,
      cardHostTimeoutMs: timeouts.cardHostMs,
      inMemory: REVERSALS_IN_MEMORY,
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
    disclosureAfterConfirmationMs: limits.disclosureMinutes * 60_000,
    reprintWindowMs: limits.reprintAgeHours * HOUR_MS,
    reprintsPerSale: limits.reprintsPerSale,
    expiryMarginDays: limits.expiryMarginDays,
    salesInFlight: limits.inFlightSales,
    outcomeRetryMs: OUTCOME_RETRY_MS,
  }
}

/** How soon an outcome that did not fit on the disk is written again. */
const OUTCOME_RETRY_MS = 1_000

export function gatewayListener(config: ListenerConfig): GatewayListener {
  const dialect = DIALECTS[config.dialect]
  const { name, kind, keys, insecure, institution, merchants, responseCodes } = config
  return {
    ...{ name, kind, keys, insecure, institution, responseCodes },
    dialect: config.binaryAsHex ? withHexBinary(dialect) : dialect,
    merchants: merchants.includes('*') ? undefined : new Set(merchants),
  }
}
