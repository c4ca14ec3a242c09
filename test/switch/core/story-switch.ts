// A whole switch in one process on virtual time: the product's core, gateway, store and recovery,
// between simulated terminals and a simulated card host. It can be killed and started again on what
// its store and the host's ledger kept.

import type Database from 'better-sqlite3'
import { DIALECTS } from '../../../protocol/message/dialect.ts'
import { tehranTime } from '../../../protocol/values/moment.ts'
import type { Rial } from '../../../protocol/values/rial.ts'
import type { Book, SaleSettings } from '../../../switch/core/book.ts'
import type { Notice } from '../../../switch/core/notice.ts'
import { lateApproval, openBook } from '../../../switch/core/open-book.ts'
import type { Gateway, GatewayListener } from '../../../terminal-gateway/gateway.ts'
import { MacFailures } from '../../../terminal-gateway/mac-failures.ts'
import { SqliteSaleReader } from '../../../voucher-store/reading/sale-reader.ts'
import { SqliteStockReader } from '../../../voucher-store/reading/stock-reader.ts'
import { SqliteTerminalDirectory } from '../../../voucher-store/reading/terminal-directory.ts'
import { type KeyRing, SqliteVault } from '../../../voucher-store/vault/vault.ts'
import { GroupCommit } from '../../../voucher-store/writer/group-commit.ts'
import type { Seeded } from '../../simulation/seeded.ts'
import { SimJournal } from '../../simulation/sim-journal.ts'
import type { VirtualTime } from '../../simulation/virtual-time.ts'
import { HOST_TIMEOUT_MS, SimCardHost, type SimLedger } from './story-host.ts'

export const PRICE = 50_000

const SETTINGS: SaleSettings = {
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
  waitingMost: 16,
  salesInFlight: 1_000,
  salesInFlightLeast: 32,
  slowSaleMs: HOST_TIMEOUT_MS * 0.7,
  outcomeRetryMs: 1_000,
}

export interface WriteFaults {
  /** The group is refused as if the disk were full. */
  readonly full: () => boolean
  readonly delayMs: () => number
}

export interface WorldPorts {
  readonly time: VirtualTime
  readonly database: Database.Database
  readonly ring: KeyRing
  readonly ledger: SimLedger
  readonly random: Seeded
  readonly writeFaults: WriteFaults
  readonly settings?: Partial<SaleSettings>
}

export interface RunningSwitch {
  readonly book: Book
  readonly gateway: Gateway
  readonly listener: GatewayListener
  readonly cardHost: SimCardHost
  readonly journal: SimJournal
  readonly notices: Notice[]
  /** Kinds of messages that were not answered, because too many of them waited. */
  readonly dropped: string[]
  readonly vault: SqliteVault
  kill(): void
}

export async function startSwitch(ports: WorldPorts): Promise<RunningSwitch> {
  const { time, database, ring, ledger, random } = ports
  let dead = false
  const groups = new GroupCommit(database)
  const journal = new SimJournal({
    timers: time,
    faults: { ...ports.writeFaults, busy: () => false, fate: () => 'commits' },
    commit: (records) => {
      const result = groups.write(records)
      if (result.kind === 'fatal') throw new Error(result.why)
      return result.results
    },
    effect: () => !dead,
    fatal: (why) => {
      throw new Error(why)
    },
    seen: () => undefined,
  })
  const reader = new SqliteSaleReader(database)
  const stockReader = new SqliteStockReader(database)
  const vault = new SqliteVault(ring, (id) => stockReader.byId(id))
  const cardHost = new SimCardHost(ledger, time, random)
  const notices: Notice[] = []
  const dropped: string[] = []
  const clock = {
    monotonicMs: () => time.monotonicMs(),
    wallMs: () => time.wallMs(),
    after: (ms: number, run: () => void) => time.after(ms, () => (dead ? undefined : run())),
  }
  const book = await openBook(
    {
      journal,
      reader,
      stock: stockReader,
      catalogue: {
        product: (id) => ({ id, priceRial: PRICE as Rial, enabled: id !== '091999' }),
      },
      vault,
      cardHost,
      clock,
      notice: (notice) => notices.push(notice),
      refusing: () => undefined,
      dropped: (kind) => dropped.push(kind),
    },
    {
      sale: { ...SETTINGS, ...ports.settings },
      reversals: {
        window: 20,
        writingMost: 512,
        firstDelayMs: 1_000,
        mostDelayMs: 60_000,
        suspenseDelayMs: 300_000,
        cardHostTimeoutMs: HOST_TIMEOUT_MS,
        inMemory: 10_000,
        accepted: ['00'],
        lateApproval: () => 'repeat',
      },
      stockWindow: 8,
      rrnBlock: 1_000,
    },
    {
      openIntents: reader.openIntents(),
      highestSaleId: reader.highestSaleId(),
      highestRrn: reader.counter('rrn'),
      gaps: [],
    },
  )
  cardHost.onLate = (host, tid, approval) => void lateApproval(book, host, tid, approval)
  const gateway: Gateway = {
    book,
    timers: clock,
    directory: new SqliteTerminalDirectory(database, 1_000),
    catalogue: { version: 12, products: () => [] },
    receipts: { product: () => undefined, phone: '', footer: '' },
    hashCard: (digits) => vault.cardHash(digits),
    badFramesMost: 5,
    chipBytesMost: 499,
    keyDesk: undefined,
    macFailures: new MacFailures(
      { perConnection: 5, perAddressAndMinute: 60, addresses: 100 },
      clock,
    ),
    count: () => undefined,
  }
  const listener: GatewayListener = {
    name: 'pos',
    kind: 'terminal',
    dialect: DIALECTS.iso87binary,
    keys: 'none',
    insecure: true,
    tls: false,
    institution: 0,
    merchants: undefined,
    responseCodes: {},
  }
  const kill = (): void => {
    dead = true
    cardHost.crash()
    book.reversals.stop()
  }
  return { book, gateway, listener, cardHost, journal, notices, dropped, vault, kill }
}

/** Local date and time of a terminal whose clock is right. */
export function localTime(time: VirtualTime): { time: string; date: string } {
  return tehranTime(time.wallMs())
}
