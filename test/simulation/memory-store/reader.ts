// The sales in memory as the core reads them: the twin of the store's sale reader. Every answer is
// a new object, as from the database: what the core holds never changes under its hands.

import type { MerchantId, Rrn, Stan, TerminalId } from '../../../protocol/values/identifiers.ts'
import type { Day } from '../../../protocol/values/moment.ts'
import type { DayUse, UseOf } from '../../../switch/core/daily-use.ts'
import type {
  ClaimRecord,
  OpenReversal,
  RefundTally,
  SaleKey,
  SaleReader,
  StoredDayEnd,
} from '../../../switch/core/journal.ts'
import type { OpenIntent } from '../../../switch/core/recovery.ts'
import type { HostTrace, StoredSale } from '../../../switch/core/sale-record.ts'
import { idsAbout } from '../../../voucher-store/reading/ids-about.ts'
import type { MemoryLedger } from './ledger.ts'
import { hostKeyOf, identityOf, type ReversalRow, type SaleRow } from './rows.ts'

export interface MemoryTerminal {
  readonly tid: TerminalId
  readonly mid: MerchantId
}

export class MemorySaleReader implements SaleReader {
  readonly #ledger: MemoryLedger
  readonly #terminals: ReadonlyMap<number, MemoryTerminal>

  constructor(ledger: MemoryLedger, terminals: ReadonlyMap<number, MemoryTerminal>) {
    this.#ledger = ledger
    this.#terminals = terminals
  }

  find(key: SaleKey): StoredSale | undefined {
    const row = this.#ledger.byIdentity.get(identityOf(key))
    return row === undefined ? undefined : storedSale(row)
  }

  identitiesAfter(day: Day, time: string, most: number): SaleKey[] {
    const found: SaleKey[] = []
    for (const { key } of this.#ledger.sales.values()) {
      if (found.length >= most) break
      if (key.day > day || (key.day === day && key.time > time)) found.push(key)
    }
    return found
  }

  firstDay(): Day | undefined {
    let first: Day | undefined
    for (const { key } of this.#ledger.sales.values()) {
      if (first === undefined || key.day < first) first = key.day
    }
    return first
  }

  byId(id: number): StoredSale | undefined {
    const row = this.#ledger.sales.get(id)
    return row === undefined ? undefined : storedSale(row)
  }

  newestSold(terminalKey: number, most: number): StoredSale[] {
    const found: StoredSale[] = []
    let id = this.#ledger.tallies.get(terminalKey)?.lastSold
    while (id !== undefined && found.length < most) {
      const row = this.#ledger.sales.get(id)
      if (row === undefined) break
      found.push(storedSale(row))
      id = row.soldBefore
    }
    return found
  }

  dayEnd(key: SaleKey): StoredDayEnd | undefined {
    const row = this.#ledger.dayEnds.get(identityOf(key))
    if (row === undefined) return undefined
    return { claimed: row.claimed, actual: row.actual, agreed: row.agreed }
  }

  openReversal(id: number): OpenReversal | undefined {
    const row = this.#ledger.reversals.get(id)
    return row === undefined ? undefined : this.#open(row)
  }

  openReversals(afterId: number, most: number): OpenReversal[] {
    const ids = [...this.#ledger.openReversals].filter((id) => id > afterId).sort((a, b) => a - b)
    const found: OpenReversal[] = []
    for (const id of ids) {
      if (found.length >= most) break
      const open = this.openReversal(id)
      if (open !== undefined) found.push(open)
    }
    return found
  }

  reversalByHost(host: HostTrace, tid: TerminalId): OpenReversal | undefined {
    for (const row of this.#ledger.byHost.get(hostKeyOf(host)) ?? []) {
      const open = this.#open(row)
      if (open?.tid === tid) return open
    }
    return undefined
  }

  sentAbout(sentMs: number, host: HostTrace, tid: TerminalId): StoredSale | undefined {
    const rows = [...this.#ledger.sales.values()].sort((one, other) => one.id - other.id)
    const { first, last } = idsAbout(sentMs, rows.at(-1)?.id ?? 0, (id) => {
      return rows.find((row) => row.id >= id)?.createdMs
    })
    let newest: SaleRow | undefined
    for (const row of rows) {
      if (row.id < first || row.id > last) continue
      if (row.host === undefined || hostKeyOf(row.host) !== hostKeyOf(host)) continue
      if (this.#terminals.get(row.key.terminalKey)?.tid !== tid) continue
      newest = row
    }
    return newest === undefined ? undefined : storedSale(newest)
  }

  hasClaim(id: number, reason: ClaimRecord['reason']): boolean {
    return this.#ledger.claims.has(`${id} ${reason}`)
  }

  refundTally(day: number, by: { terminalKey: number } | { merchantKey: number }): RefundTally {
    const who = 'terminalKey' in by ? `terminal ${by.terminalKey}` : by.merchantKey
    const tally = this.#ledger.refundTallies.get(`${day} ${who}`)
    return { count: tally?.count ?? 0, amount: tally?.amount ?? 0 }
  }

  dayUse(of: UseOf): DayUse | undefined {
    const { terminalUses, merchantUses } = this.#ledger
    return 'terminalKey' in of ? terminalUses.get(of.terminalKey) : merchantUses.get(of.merchantKey)
  }

  /** Intents that an earlier process left without an outcome. */
  openIntents(): OpenIntent[] {
    const ids = [...this.#ledger.intents].sort((a, b) => a - b)
    return ids.map((id) => {
      const { cancelled, host } = this.#ledger.sales.get(id) as SaleRow
      return { id, cancelled, host: host as HostTrace }
    })
  }

  highestSaleId(): number {
    return this.#ledger.highestId
  }

  counter(name: string): number {
    return this.#ledger.counters.get(name) ?? 0
  }

  #open(row: ReversalRow): OpenReversal | undefined {
    const sale = this.#ledger.sales.get(row.sale)
    const terminal = this.#terminals.get(sale?.key.terminalKey ?? 0)
    if (sale?.content === undefined || terminal === undefined) return undefined
    return {
      id: row.sale,
      status: row.status,
      trace: { stan: row.stan as Stan, transmission: row.transmission },
      approval: row.approvalSeen
        ? { authCode: row.authCode ?? '', hostDate: row.hostDate }
        : undefined,
      wasReopened: row.reopened,
      tries: row.tries,
      host: row.host,
      amount: sale.content.amount,
      time: sale.key.time,
      day: sale.key.day,
      rrn: sale.rrn as Rrn,
      tid: terminal.tid,
      mid: terminal.mid,
      sealedCard: Buffer.from(sale.sealedCard ?? '', 'latin1'),
    }
  }
}

function storedSale(row: SaleRow): StoredSale {
  return {
    id: row.id,
    terminalKey: row.key.terminalKey,
    day: row.key.day,
    time: row.key.time,
    stan: row.key.stan,
    state: row.state,
    content: row.content,
    responseCode: row.responseCode,
    rrn: row.rrn as Rrn | undefined,
    authCode: row.authCode,
    voucherIds: row.voucherIds,
    cancelled: row.cancelled,
    createdMs: row.createdMs,
    soldMs: row.outcomeMs,
    confirmedMs: row.confirmedMs,
    answered: row.answered,
    reprints: row.reprints,
    host: row.host,
  }
}
