// Wires the switch together over its ports: core, card gateway and terminal gateway. Time, chance,
// the store and the connections come from outside, so that a simulation runs this very wiring on
// a clock, a journal and links of its own. Opens nothing and closes nothing.

import { CardGateway } from '../card-gateway/gateway.ts'
import { chipBytesMost } from '../card-gateway/settings.ts'
import type { ZoneKeyState } from '../card-gateway/zone-keys.ts'
import type { Dial } from '../protocol/link/dialer.ts'
import type { DialTls } from '../protocol/link/outgoing.ts'
import type { Timers } from '../protocol/link/timers.ts'
import { DIALECTS, withHexBinary } from '../protocol/message/dialect.ts'
import type { SecurityModule } from '../protocol/security/security-module.ts'
import type { ProductId } from '../protocol/values/identifiers.ts'
import type { Day } from '../protocol/values/moment.ts'
import type { Pan } from '../protocol/values/pan.ts'
import type {
  CatalogueSource,
  Gateway,
  GatewayListener,
  TerminalDirectory,
} from '../terminal-gateway/gateway.ts'
import { KeyDesk } from '../terminal-gateway/key-desk.ts'
import { MacFailures } from '../terminal-gateway/mac-failures.ts'
import type { ReceiptProduct } from '../terminal-gateway/receipt-lines.ts'
import { bookSettings } from './book-settings.ts'
import type { Config, ListenerConfig } from './config/schema.ts'
import type { Book, Catalogue, Vault } from './core/book.ts'
import { Counter, StanSource } from './core/counters.ts'
import type { StockReader } from './core/inventory.ts'
import type { Journal, SaleReader } from './core/journal.ts'
import type { KeyStore } from './core/key-store.ts'
import type { Notice } from './core/notice.ts'
import { lateApproval, openBook } from './core/open-book.ts'
import type { OpenIntent } from './core/recovery.ts'

/** The store as the wiring needs it; everything read here is committed. */
export interface AssemblyStore {
  readonly journal: Journal
  readonly sales: SaleReader & {
    /** Intents that an earlier process left without an outcome. */
    openIntents(): OpenIntent[]
    highestSaleId(): number
    /** The highest number that was ever leased under that name; 0 when none was. */
    counter(name: string): number
  }
  readonly stock: StockReader
  readonly vault: Vault & {
    openCard(sealedCard: Uint8Array, saleId: number): Pan | undefined
    cardHash(digits: string): string
  }
  readonly catalogue: CatalogueSource & {
    product(id: string, day: Day): (ReturnType<Catalogue['product']> & ReceiptProduct) | undefined
  }
  readonly terminals: TerminalDirectory
  /** A restored copy was not accepted yet. */
  readonly fenced: boolean
  readonly gaps: Book['gaps']
}

export interface AssemblyPorts {
  readonly store: AssemblyStore
  /** Undefined: no terminal and no link has keys. */
  readonly keys?: { readonly module: SecurityModule; readonly store: KeyStore }
  readonly timers: Timers
  /** From 0 to below 1, for back-off only. */
  readonly random: () => number
  readonly dial: Dial
  /** Credentials for the link to a card host that is dialled with TLS. */
  readonly dialTls?: (cardHost: string) => DialTls
  readonly notice: (notice: Notice) => void
  /** While it holds no new sale is taken, and everything else goes on. */
  readonly diskFull?: () => boolean
  /** Why keys cannot be used: meanwhile no new sale is taken either. Undefined while they can. */
  readonly keysAway?: () => string | undefined
  /** No new sale is taken, and nothing that is not found is said not to be. */
  readonly clockBehind?: () => boolean
  readonly count: (what: string, label?: string) => void
  readonly seen?: Gateway['seen']
  readonly recorder?: Gateway['recorder']
  /** A bug in a handler. */
  readonly onError: (error: unknown) => void
}

export interface Assembly {
  readonly book: Book
  readonly cardGateway: CardGateway
  readonly gateway: Gateway
  /** Why no new sale is taken; empty while it sells. */
  readonly reasons: () => string[]
  /** An administrator accepted what a restore may have lost. */
  fenceAccepted(): void
  /** The store cannot be vouched for: new sales are answered 96, everything else goes on. */
  doubt(reason: string): void
  /** From now on new sales are answered 91. */
  drain(): void
}

/** Changes while the switch runs. */
interface SellingState {
  draining: boolean
  fenced: boolean
  doubts: string[]
}

/** Resolves when what the last process left is recovered: from then on ports may be opened. */
export async function assembleSwitch(config: Config, ports: AssemblyPorts): Promise<Assembly> {
  const { store, timers, count } = ports
  const state: SellingState = { draining: false, fenced: store.fenced, doubts: [] }
  // The card gateway calls back into a core that is built over it.
  const core: { book?: Book } = {}
  const cardGateway = await openCardGateway(config, ports, core)
  const book = await openCore(config, ports, cardGateway, state)
  core.book = book
  const gateway: Gateway = {
    book,
    timers,
    directory: store.terminals,
    catalogue: store.catalogue,
    receipts: {
      product: (id, day) => store.catalogue.product(id as ProductId, day),
      ...config.receipts,
    },
    hashCard: (digits) => store.vault.cardHash(digits),
    badFramesMost: config.limits.badFramesPerConnection,
    chipBytesMost: Math.min(...config.cardHosts.map(chipBytesMost)),
    keyDesk: keyDeskOf(config, ports),
    macFailures: macFailuresOf(config, ports),
    seen: ports.seen,
    recorder: ports.recorder,
    count,
  }
  return {
    ...{ book, cardGateway, gateway },
    reasons: () => reasonsOf(state, cardGateway, ports),
    fenceAccepted: () => {
      state.fenced = false
    },
    doubt: (reason) => state.doubts.push(reason),
    drain: () => {
      state.draining = true
    },
  }
}

function keyDeskOf(config: Config, ports: AssemblyPorts): KeyDesk | undefined {
  const { keys } = ports
  if (keys === undefined) return undefined
  return new KeyDesk({
    ...keys,
    ownersMost: config.limits.keyOwnersInMemory,
    unusedMost: config.limits.logonsUnusedPerTerminal,
    replaced: {
      takenMs: config.timeouts.replacedKeysMs,
      monotonicMs: () => ports.timers.monotonicMs(),
    },
    alarm: keyAlarm(ports),
  })
}

/** Names the owner: whoever is to mend it must know whose keys they are. */
function keyAlarm({ notice }: AssemblyPorts): (what: string, owner: string) => void {
  return (what, owner) => notice({ level: 'alarm', what, detail: owner })
}

function macFailuresOf({ limits }: Config, { timers }: AssemblyPorts): MacFailures {
  const { macFailuresPerConnection, macFailuresPerAddress, addressesInMemory } = limits
  return new MacFailures(
    {
      perConnection: macFailuresPerConnection,
      perAddressAndMinute: macFailuresPerAddress,
      addresses: addressesInMemory,
    },
    timers,
  )
}

async function openCardGateway(
  config: Config,
  ports: AssemblyPorts,
  core: { readonly book?: Book },
): Promise<CardGateway> {
  const { store, keys, timers, random, dial, notice, count, onError } = ports
  const { timeouts, limits } = config
  const hosts = config.cardHosts.map(async ({ tls, ...settings }) => {
    const stans = await stanSource(ports, settings.name, limits.stanBlockNumbers)
    return { settings: { ...settings, tls: tls && hostTls(ports, settings.name) }, stans }
  })
  const cardGateway = new CardGateway({
    hosts: await Promise.all(hosts),
    ...{ timeouts, limits, timers, random, dial, notice, count, onError },
    keys: keys && { ...keys, alarm: keyAlarm(ports) },
    openCard: (sealedCard, saleId) => store.vault.openCard(sealedCard, saleId),
    onUp: (link) => core.book?.reversals.hostUp(link),
    onDown: (link) => count('card host down', link),
    onLateApproval: (host, tid, approval) => {
      if (core.book !== undefined) void lateApproval(core.book, host, tid, approval)
    },
  })
  reopenTraces(store, cardGateway)
  return cardGateway
}

/** What is to be enciphered never goes out in clear because somebody forgot the credentials. */
function hostTls({ dialTls }: AssemblyPorts, cardHost: string): DialTls {
  if (dialTls === undefined) throw new Error(`no TLS credentials for card host ${cardHost}`)
  return dialTls(cardHost)
}

function openCore(
  config: Config,
  { store, timers, notice, count, diskFull, keysAway, clockBehind }: AssemblyPorts,
  cardHost: CardGateway,
  state: SellingState,
): Promise<Book> {
  const { journal, sales, stock, vault, catalogue } = store
  return openBook(
    {
      ...{ journal, reader: sales, stock, catalogue, vault, cardHost, clock: timers, notice },
      refusing: () => {
        // What is not found by such a clock may be sold: 91 would be remembered as its end.
        const isBehind = clockBehind?.() === true
        if (state.draining && !isBehind) return '91'
        const isDoubted = state.fenced || state.doubts.length > 0 || isBehind
        const isUnfit = diskFull?.() === true || keysAway?.() !== undefined
        return isDoubted || isUnfit ? '96' : undefined
      },
      clockBehind,
      dropped: (kind) => count('messages dropped', kind),
    },
    bookSettings(config),
    {
      openIntents: sales.openIntents(),
      highestSaleId: sales.highestSaleId(),
      highestRrn: sales.counter('rrn'),
      gaps: store.gaps,
    },
  )
}

function reasonsOf(
  state: SellingState,
  cardGateway: CardGateway,
  { diskFull, keysAway, clockBehind }: AssemblyPorts,
): string[] {
  const reasons = [...state.doubts]
  if (state.draining) reasons.push('the switch is stopping')
  if (state.fenced) reasons.push('a restored copy is not accepted yet')
  if (diskFull?.() === true) reasons.push('the disk is full')
  if (clockBehind?.() === true) reasons.push('the clock is behind')
  const away = keysAway?.()
  if (away !== undefined) reasons.push(`the hardware security module is away: ${away}`)
  const signedOn = cardGateway.status().filter((host) => host.signedOn > 0)
  if (signedOn.length === 0) reasons.push('no card host is signed on')
  // A link that is to have keys and has none carries no sale, however well it is connected.
  else if (!signedOn.some(({ keys }) => keys === 'none' || keys === 'in force')) {
    for (const { name, keys } of signedOn) reasons.push(`the zone keys of ${name} ${fault(keys)}`)
  }
  return reasons
}

function fault(keys: ZoneKeyState): string {
  return keys === 'do not open' ? keys : 'are missing'
}

async function stanSource(
  { store, timers }: AssemblyPorts,
  host: string,
  block: number,
): Promise<StanSource> {
  const name = `stan/${host}`
  const { journal, sales } = store
  const counter = new Counter({ name, block, journal, clock: timers }, sales.counter(name))
  await counter.lease()
  return new StanSource(counter)
}

/** STANs of what an earlier process left open stay taken until it is closed. */
function reopenTraces({ sales }: AssemblyStore, cardGateway: CardGateway): void {
  for (const intent of sales.openIntents()) cardGateway.reopen(intent.host)
  for (let after = 0; ; ) {
    const page = sales.openReversals(after, 1_000)
    for (const reversal of page) {
      after = reversal.id
      cardGateway.reopen(reversal.host, reversal.trace)
    }
    if (page.length < 1_000) return
  }
}

export function gatewayListener(config: ListenerConfig): GatewayListener {
  const dialect = DIALECTS[config.dialect]
  const { name, kind, keys, insecure, institution, merchants, responseCodes } = config
  return {
    ...{ name, kind, keys, insecure, institution, responseCodes },
    tls: config.tls !== undefined,
    dialect: config.binaryAsHex ? withHexBinary(dialect) : dialect,
    merchants: merchants.includes('*') ? undefined : new Set(merchants),
  }
}
