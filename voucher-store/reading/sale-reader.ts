// Synchronous point reads of sales and reversals on a read-only connection: what the core needs to
// recognise a repeat, judge a reversal, or go on after a start. Every read is by an index.

import type Database from 'better-sqlite3'
import type { MerchantId, Rrn, Stan, TerminalId } from '../../protocol/values/identifiers.ts'
import type { Day } from '../../protocol/values/moment.ts'
import type { Rial } from '../../protocol/values/rial.ts'
import type { DayUse, UseOf } from '../../switch/core/daily-use.ts'
import type {
  ClaimRecord,
  OpenReversal,
  RefundTally,
  SaleKey,
  SaleReader,
  StoredDayEnd,
} from '../../switch/core/journal.ts'
import type { OpenIntent } from '../../switch/core/recovery.ts'
import type { HostTrace, StoredSale } from '../../switch/core/sale-record.ts'
import { reversalStatus, saleState } from '../codes.ts'
import { idsAbout } from './ids-about.ts'

const SALE = `select id, day, time, terminal, stan, state, cancelled, processing_code, amount,
  "order", card_hash, vouchers, response_code, rrn, auth_code, host_link, host_stan,
  host_transmission, host_acquirer, created_ms, outcome_ms, confirmed_ms, answered, reprints,
  sold_before from sale`

const REVERSAL = `select r.sale, r.status, r.stan as own_stan, r.transmission, r.auth_code,
  r.host_date, r.approval_seen, r.reopened, r.tries, r.host_link, r.host_stan, r.host_transmission,
  s.host_acquirer, s.amount, s.time, s.day, s.rrn, s.sealed_card, t.tid, m.mid
  from reversal r join sale s on s.id = r.sale join terminal t on t.id = s.terminal
  join merchant m on m.id = t.merchant`

export class SqliteSaleReader implements SaleReader {
  readonly #find: Database.Statement
  readonly #byId: Database.Statement
  readonly #after: Database.Statement
  readonly #firstDay: Database.Statement
  readonly #lastSold: Database.Statement
  readonly #dayEnd: Database.Statement
  readonly #reversal: Database.Statement
  readonly #reversals: Database.Statement
  readonly #oldestReversal: Database.Statement
  readonly #byHost: Database.Statement
  readonly #sentAmong: Database.Statement
  readonly #createdFrom: Database.Statement
  readonly #highestSale: Database.Statement
  readonly #claim: Database.Statement
  readonly #byTerminal: Database.Statement
  readonly #byMerchant: Database.Statement
  readonly #terminalUse: Database.Statement
  readonly #merchantUse: Database.Statement
  readonly #intents: Database.Statement
  readonly #highestId: Database.Statement
  readonly #newestSoldId: Database.Statement
  readonly #counter: Database.Statement

  constructor(database: Database.Database) {
    this.#find = database.prepare(
      `${SALE} where day = ? and time = ? and terminal = ? and stan = ?`,
    )
    this.#byId = database.prepare(`${SALE} where id = ?`)
    // By the index of identities alone.
    this.#after = database.prepare(
      `select day, time, terminal as terminalKey, stan from sale
       where (day, time) > (?, ?) order by day, time limit ?`,
    )
    this.#firstDay = database.prepare('select min(day) from sale').pluck()
    this.#lastSold = database
      .prepare('select last_sold from terminal_tally where terminal = ?')
      .pluck()
    this.#dayEnd = database.prepare(
      'select * from day_end where day = ? and time = ? and terminal = ? and stan = ?',
    )
    this.#reversal = database.prepare(`${REVERSAL} where r.sale = ?`)
    this.#reversals = database.prepare(
      `${REVERSAL} where r.status in (0, 1, 5) and r.sale > ? order by r.sale limit ?`,
    )
    this.#byHost = database.prepare(
      `${REVERSAL} where r.host_transmission = ? and r.host_stan = ? and r.host_link = ?
         and t.tid = ?`,
    )
    // Read one by one, for no index has the DE 7 of sales: some milliseconds, for what hardly is.
    this.#sentAmong = database.prepare(
      `${SALE} where id between ? and ? and host_transmission = ?
         and host_stan = ? and host_link = ?
         and terminal in (select id from terminal where tid = ?) order by id desc limit 1`,
    )
    this.#createdFrom = database
      .prepare('select created_ms from sale where id >= ? order by id limit 1')
      .pluck()
    this.#highestSale = database.prepare('select coalesce(max(id), 0) from sale').pluck()
    // By the index of the open ones, which is in the order of the sales: a refund may be of an old
    // one. So many rows are looked at and no more, beside those in suspense.
    this.#oldestReversal = database
      .prepare(
        `select min(opened_ms) from (select opened_ms from reversal
         where status in (0, 1, 5) and status <> 5 order by sale limit 1000)`,
      )
      .pluck()
    this.#claim = database.prepare('select 1 from claim where sale = ? and reason = ?')
    const tally = 'select count(*) as count, coalesce(sum(amount), 0) as amount from refund'
    this.#byTerminal = database.prepare(`${tally} where day = ? and terminal = ? and counted = 1`)
    this.#byMerchant = database.prepare(`${tally} where day = ? and merchant = ? and counted = 1`)
    const use = 'select use_day as day, use_count as count, use_amount as amount from'
    this.#terminalUse = database.prepare(`${use} terminal_tally where terminal = ? and use_day > 0`)
    this.#merchantUse = database.prepare(`${use} merchant_use where merchant = ?`)
    this.#intents = database.prepare(
      `select id, cancelled, host_link, host_stan, host_transmission, host_acquirer from sale
       where state = 0 order by id`,
    )
    this.#highestId = database
      .prepare(
        `select max(coalesce((select max(id) from sale), 0),
           coalesce((select max(id) from day_end), 0))`,
      )
      .pluck()
    this.#newestSoldId = database
      .prepare('select coalesce(max(last_sold), 0) from terminal_tally')
      .pluck()
    this.#counter = database.prepare('select high from counter where name = ?').pluck()
  }

  find(key: SaleKey): StoredSale | undefined {
    return storedSale(this.#find.get(key.day, key.time, key.terminalKey, key.stan))
  }

  byId(id: number): StoredSale | undefined {
    return storedSale(this.#byId.get(id))
  }

  identitiesAfter(day: Day, time: string, most: number): SaleKey[] {
    return this.#after.all(day, time, most) as SaleKey[]
  }

  firstDay(): Day | undefined {
    return (this.#firstDay.get() as number | null) ?? undefined
  }

  /** Follows the chain of the terminal's sold sales, so that no index is needed for it. */
  newestSold(terminalKey: number, most: number): StoredSale[] {
    const sales: StoredSale[] = []
    let id = this.#lastSold.get(terminalKey) as number | null | undefined
    while (id !== undefined && id !== null && sales.length < most) {
      const row = this.#byId.get(id) as SaleRow | undefined
      const sale = storedSale(row)
      if (row === undefined || sale === undefined) break
      sales.push(sale)
      id = row.sold_before
    }
    return sales
  }

  /** 0 while nothing was sold. Looks at every terminal. */
  newestSoldId(): number {
    return this.#newestSoldId.get() as number
  }

  dayEnd(key: SaleKey): StoredDayEnd | undefined {
    const row = this.#dayEnd.get(key.day, key.time, key.terminalKey, key.stan) as
      | Record<string, number>
      | undefined
    if (row === undefined) return undefined
    const totals = (side: string) => ({
      salesCount: row[`${side}_sales_count`] ?? 0,
      salesAmount: row[`${side}_sales_amount`] ?? 0,
      reversalsCount: row[`${side}_reversals_count`] ?? 0,
      reversalsAmount: row[`${side}_reversals_amount`] ?? 0,
    })
    return { claimed: totals('claimed'), actual: totals('actual'), agreed: row.agreed === 1 }
  }

  openReversal(id: number): OpenReversal | undefined {
    const row = this.#reversal.get(id) as ReversalRow | undefined
    return row === undefined ? undefined : openReversal(row)
  }

  openReversals(afterId: number, most: number): OpenReversal[] {
    return (this.#reversals.all(afterId, most) as ReversalRow[]).map(openReversal)
  }

  /** When the one was opened that is open for longest, those in suspense aside. */
  oldestReversalMs(): number | undefined {
    return (this.#oldestReversal.get() as number | null) ?? undefined
  }

  reversalByHost(host: HostTrace, tid: TerminalId): OpenReversal | undefined {
    const row = this.#byHost.get(host.transmission, host.stan, host.link, tid) as
      | ReversalRow
      | undefined
    return row === undefined ? undefined : openReversal(row)
  }

  sentAbout(sentMs: number, host: HostTrace, tid: TerminalId): StoredSale | undefined {
    const { first, last } = idsAbout(sentMs, this.#highestSale.get() as number, (id) => {
      return this.#createdFrom.get(id) as number | undefined
    })
    const { transmission, stan, link } = host
    return storedSale(this.#sentAmong.get(first, last, transmission, stan, link, tid))
  }

  hasClaim(id: number, reason: ClaimRecord['reason']): boolean {
    return this.#claim.get(id, reason) !== undefined
  }

  refundTally(day: number, by: { terminalKey: number } | { merchantKey: number }): RefundTally {
    if ('terminalKey' in by) return this.#byTerminal.get(day, by.terminalKey) as RefundTally
    return this.#byMerchant.get(day, by.merchantKey) as RefundTally
  }

  dayUse(of: UseOf): DayUse | undefined {
    if ('terminalKey' in of) return this.#terminalUse.get(of.terminalKey) as DayUse | undefined
    return this.#merchantUse.get(of.merchantKey) as DayUse | undefined
  }

  /** Intents that an earlier process left without an outcome. */
  openIntents(): OpenIntent[] {
    return (this.#intents.all() as SaleRow[]).map((row) => ({
      id: row.id,
      cancelled: row.cancelled === 1,
      host: hostOf(row) as HostTrace,
    }))
  }

  highestSaleId(): number {
    return (this.#highestId.get() as number | null) ?? 0
  }

  counter(name: string): number {
    return (this.#counter.get(name) as number | undefined) ?? 0
  }
}

/** Opens to nothing, so a reversal that needs the card number says that it cannot be built. */
const NO_CARD = Buffer.alloc(0)

interface SaleRow {
  id: number
  day: number
  time: string
  terminal: number
  stan: string
  state: number
  cancelled: number
  processing_code: string | null
  amount: number | null
  order: string | null
  card_hash: string | null
  vouchers: string
  response_code: string
  rrn: string | null
  auth_code: string | null
  host_link: string | null
  host_stan: string | null
  host_transmission: string | null
  host_acquirer: string | null
  created_ms: number
  outcome_ms: number | null
  confirmed_ms: number | null
  answered: number
  reprints: number
  sold_before: number | null
}

function storedSale(found: unknown): StoredSale | undefined {
  if (found === undefined) return undefined
  const row = found as SaleRow
  return {
    id: row.id,
    terminalKey: row.terminal,
    day: row.day,
    time: row.time,
    stan: row.stan as Stan,
    state: saleState(row.state),
    content:
      row.processing_code === null
        ? undefined
        : {
            processingCode: row.processing_code,
            amount: row.amount as Rial,
            order: row.order ?? '',
            cardHash: row.card_hash ?? '',
          },
    responseCode: row.response_code,
    rrn: (row.rrn ?? undefined) as Rrn | undefined,
    authCode: row.auth_code ?? undefined,
    voucherIds: JSON.parse(row.vouchers) as number[],
    cancelled: row.cancelled === 1,
    createdMs: row.created_ms,
    soldMs: row.outcome_ms ?? undefined,
    confirmedMs: row.confirmed_ms ?? undefined,
    answered: row.answered === 1,
    reprints: row.reprints,
    host: hostOf(row),
  }
}

function hostOf(row: {
  host_link: string | null
  host_stan: string | null
  host_transmission: string | null
  host_acquirer: string | null
}): HostTrace | undefined {
  if (row.host_link === null) return undefined
  const { host_link: link, host_stan: stan, host_transmission: transmission } = row
  const acquirerId = row.host_acquirer ?? undefined
  return { link, stan: stan as Stan, transmission: transmission as string, acquirerId }
}

interface ReversalRow {
  sale: number
  status: number
  own_stan: string
  transmission: string
  auth_code: string | null
  host_date: string | null
  approval_seen: number
  reopened: number
  tries: number
  host_link: string
  host_stan: string
  host_transmission: string
  host_acquirer: string | null
  amount: number
  time: string
  day: number
  rrn: string
  /** Null once the sale is settled and the card number destroyed. */
  sealed_card: Buffer | null
  tid: string
  mid: string
}

function openReversal(row: ReversalRow): OpenReversal {
  const approval = {
    authCode: row.auth_code ?? '',
    hostDate: row.host_date ?? undefined,
  }
  return {
    id: row.sale,
    status: reversalStatus(row.status),
    trace: { stan: row.own_stan as Stan, transmission: row.transmission },
    approval: row.approval_seen === 1 ? approval : undefined,
    wasReopened: row.reopened === 1,
    tries: row.tries,
    host: hostOf(row) as HostTrace,
    amount: row.amount as Rial,
    time: row.time,
    day: row.day,
    rrn: row.rrn as Rrn,
    tid: row.tid as TerminalId,
    mid: row.mid as MerchantId,
    sealedCard: row.sealed_card ?? NO_CARD,
  }
}
