// The rows of a sale: intent (C1), outcome (C2), and what a terminal or the card host says later.
// Each statement names the state it starts from. [nothing-lost, Rules]

import type Database from 'better-sqlite3'
import { tehranTime } from '../../protocol/values/moment.ts'
import type {
  Approval,
  CancelRecord,
  IntentRecord,
  OutcomeRecord,
  RefundRecord,
  RefusalRecord,
  ReversalRecord,
  ReversalTrace,
} from '../../switch/core/journal.ts'
import { isEnded } from '../../switch/core/reversal-verdict.ts'
import { reversalCode, saleCode } from '../codes.ts'
import { type GroupSums, USE_OF_DAY } from './group-sums.ts'
import { GuardError, oneRow } from './guard-error.ts'
import { type IntentFacts, OpenIntents } from './open-intents.ts'
import type { StockWriter } from './write-stock.ts'

const INTENT = saleCode('intent')
const SOLD = saleCode('sold')

const USE_GIVEN_BACK = `use_count = use_count - (use_day = ?),
  use_amount = use_amount - (use_day = ?) * ?`

/** Where a sealed card number lies while it is bound, which copies it. */
const CARD = Buffer.alloc(128)

interface RefundedRow {
  readonly vouchers: string
  readonly auth_code: string
  readonly host_date: string | null
  readonly merchant: number
  readonly created_ms: number
}

export class SaleWriter {
  readonly #stock: StockWriter
  readonly #sums: GroupSums
  readonly #insert: Database.Statement
  readonly #sold: Database.Statement
  readonly #facts: Database.Statement
  readonly #intents = new OpenIntents()
  readonly #ended: Database.Statement
  readonly #tally: Database.Statement
  readonly #openReversal: Database.Statement
  readonly #statements: (sql: string) => Database.Statement

  constructor(database: Database.Database, stock: StockWriter, sums: GroupSums) {
    this.#stock = stock
    this.#sums = sums
    const prepared = new Map<string, Database.Statement>()
    this.#statements = (sql) => {
      const known = prepared.get(sql)
      if (known !== undefined) return known
      const statement = database.prepare(sql)
      prepared.set(sql, statement)
      return statement
    }
    this.#insert = database.prepare(
      `insert into sale (id, day, time, terminal, stan, merchant, state, cancelled,
         processing_code, amount, "order", card_hash, product, count, vouchers, response_code, rrn,
         masked_card, sealed_card, host_link, host_stan, host_transmission, host_acquirer,
         created_ms, outcome_ms, jseq)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#sold = database.prepare(
      `update sale set state = ${SOLD}, response_code = '00', auth_code = ?, host_date = ?,
         outcome_ms = ?, jseq = ?,
         sold_before = (select last_sold from terminal_tally where terminal = sale.terminal)
       where id = ? and state = ${INTENT} and cancelled = 0`,
    )
    this.#facts = database.prepare(
      `select vouchers, terminal, merchant, amount, created_ms as createdMs from sale
       where id = ?`,
    )
    this.#ended = database.prepare(
      `update sale set state = ?, response_code = ?, auth_code = ?, outcome_ms = ?, jseq = ?
       where id = ? and state = ${INTENT}`,
    )
    this.#tally = database.prepare(
      `insert into terminal_tally (terminal, last_sold, sales_count, sales_amount, use_day,
         use_count, use_amount)
       values (?, ?, 1, ?, ?, 1, ?)
       on conflict (terminal) do update set last_sold = excluded.last_sold,
         sales_count = sales_count + 1, sales_amount = sales_amount + excluded.sales_amount,
         ${USE_OF_DAY}`,
    )
    this.#openReversal = database.prepare(
      `insert into reversal (sale, status, stan, transmission, auth_code, host_date, approval_seen,
         host_link, host_stan, host_transmission, opened_ms)
       select id, 0, ?, ?, ?, ?, ?, host_link, host_stan, host_transmission, ? from sale
       where id = ?`,
    )
  }

  intent(record: IntentRecord, jseq: number): void {
    const { id, key, content, host, voucherIds, merchantKey, atMs } = record
    const today = tehranTime(atMs).day
    const lots = this.#stock.reserve(id, voucherIds, Number(record.product), today)
    // biome-ignore format: in the order of the columns
    this.#insert.run(
      id, key.day, key.time, key.terminalKey, key.stan, merchantKey, INTENT, 0,
      content.processingCode, content.amount, content.order, content.cardHash,
      record.product, record.count, JSON.stringify(voucherIds), '', record.rrn,
      record.maskedCard, cardBytes(record.sealedCard), host.link, host.stan, host.transmission,
      host.acquirerId ?? null, atMs, null, jseq,
    )
    const { amount } = content
    const [terminal, merchant, createdMs] = [key.terminalKey, merchantKey, atMs]
    this.#intents.opened(id, { voucherIds, lots, terminal, merchant, amount, createdMs })
  }

  /** Some of the intents that were written may be no more. */
  rolledBack(): void {
    this.#intents.forget()
  }

  refusal(record: RefusalRecord, jseq: number): void {
    const { key, content } = record
    this.#insert.run(
      record.id,
      ...[key.day, key.time, key.terminalKey, key.stan, record.merchantKey],
      ...[saleCode('refused'), 0, content.processingCode, content.amount, content.order],
      ...[content.cardHash, record.product, record.count, '[]', record.responseCode, record.rrn],
      ...[record.maskedCard, null, null, null, null, null, record.atMs, record.atMs, jseq],
    )
  }

  outcome(record: OutcomeRecord, jseq: number): void {
    const { id, outcome, atMs } = record
    if (record.from !== undefined) return this.#approvedAfterAll(record, jseq)
    if (outcome.kind === 'sold') return this.#writeSold(id, outcome, atMs, jseq)
    const state = saleCode(outcome.kind)
    const authCode = outcome.kind === 'reversing' ? (outcome.approval?.authCode ?? null) : null
    const ended = this.#ended.run(state, outcome.responseCode, authCode, atMs, jseq, id).changes
    if (ended !== 1) throw new GuardError(`sale ${id} is not an intent`)
    const { voucherIds, lots } = this.#factsOf(id)
    const leavesOthers = record.leavesStock === true
    this.#stock.move(id, voucherIds, ['reserved', 'available'], { lots, leavesOthers })
    if (outcome.kind !== 'reversing') return
    this.#insertReversal(id, outcome.reversal, outcome.approval, atMs)
  }

  /** Its vouchers went back to stock, and may be sold again by now. */
  #approvedAfterAll({ id, outcome, atMs }: OutcomeRecord, jseq: number): void {
    if (outcome.kind !== 'reversing') throw new GuardError(`sale ${id} can only be reversed`)
    const changed = this.#statements(
      `update sale set state = ${saleCode('reversing')}, auth_code = ?, jseq = ?
       where id = ? and state = ${saleCode('declined')}`,
    ).run(outcome.approval?.authCode ?? null, jseq, id)
    oneRow(changed.changes, `reversal of declined sale ${id}`)
    this.#insertReversal(id, outcome.reversal, outcome.approval, atMs)
  }

  #writeSold(id: number, approval: Approval, atMs: number, jseq: number): void {
    const { authCode, hostDate = null } = approval
    const sold = this.#sold.run(authCode, hostDate, atMs, jseq, id).changes
    if (sold !== 1) throw new GuardError(`sale ${id} is not an intent, or was reversed`)
    const { voucherIds, lots, terminal, merchant, amount, createdMs } = this.#factsOf(id)
    this.#stock.move(id, voucherIds, ['reserved', 'sold'], { lots })
    const { day } = tehranTime(createdMs)
    this.#tally.run(terminal, id, amount, day, amount)
    this.#sums.sold(merchant, day, amount)
  }

  #factsOf(id: number): Omit<IntentFacts, 'lots'> & { readonly lots?: readonly number[] } {
    const known = this.#intents.take(id)
    if (known !== undefined) return known
    const row = this.#facts.get(id) as Omit<IntentFacts, 'lots' | 'voucherIds'>
    return { ...row, voucherIds: voucherIdsOf(row) }
  }

  cancel(record: CancelRecord, jseq: number): void {
    const { id, key, atMs } = record
    if (record.isTombstone) {
      this.#insert.run(
        id,
        ...[key.day, key.time, key.terminalKey, key.stan, record.merchantKey],
        ...[saleCode('tombstone'), 1, null, null, null, null, null, null, '[]', '94', null],
        ...[null, null, null, null, null, null, atMs, atMs, jseq],
      )
      return
    }
    const changed = this.#statements(
      `update sale set cancelled = 1, jseq = ? where id = ? and state <> ${SOLD}`,
    ).run(jseq, id)
    oneRow(changed.changes, `cancel of sale ${id}`)
  }

  refund(record: RefundRecord, jseq: number): void {
    const { id, atMs } = record
    const row = this.#statements(
      `update sale set state = ${saleCode('refunding')}, cancelled = 1, jseq = ?
       where id = ? and state = ${SOLD} and confirmed_ms is null and reprints = 0
         and not exists (select 1 from claim where claim.sale = sale.id and reason = 'revealed')
       returning vouchers, auth_code, host_date, merchant, created_ms`,
    ).get(jseq, id) as RefundedRow | undefined
    if (row === undefined) throw new GuardError(`sale ${id} cannot be reversed any more`)
    const leavesOthers = record.leavesStock === true
    this.#stock.move(id, voucherIdsOf(row), ['sold', 'quarantined'], { leavesOthers })
    const approval = { authCode: row.auth_code, hostDate: row.host_date ?? undefined }
    this.#insertReversal(id, record.reversal, approval, atMs)
    this.#statements(
      `insert into refund (sale, day, terminal, merchant, amount, counted)
       values (?, ?, ?, ?, ?, ?)`,
    ).run(id, record.day, record.terminalKey, record.merchantKey, record.amount, +record.counted)
    const { day } = tehranTime(row.created_ms)
    const tally = this.#statements(
      `update terminal_tally set reversals_count = reversals_count + 1,
         reversals_amount = reversals_amount + ?, ${USE_GIVEN_BACK} where terminal = ?`,
    ).run(record.amount, day, day, record.amount, record.terminalKey)
    oneRow(tally.changes, `tally of terminal ${record.terminalKey}`)
    this.#statements(`update merchant_use set ${USE_GIVEN_BACK} where merchant = ?`).run(
      ...[day, day, record.amount, row.merchant],
    )
  }

  #insertReversal(
    id: number,
    trace: ReversalTrace,
    approval: Approval | undefined,
    atMs: number,
  ): void {
    const seen = approval === undefined ? 0 : 1
    const { authCode = null, hostDate = null } = approval ?? {}
    const values = [trace.stan, trace.transmission, authCode, hostDate ?? null, seen, atMs, id]
    oneRow(this.#openReversal.run(...values).changes, `reversal of sale ${id}`)
  }

  confirm(id: number, atMs: number, jseq: number): void {
    const changed = this.#statements(
      `update sale set confirmed_ms = ?, jseq = ?
       where id = ? and state = ${SOLD} and confirmed_ms is null`,
    ).run(atMs, jseq, id)
    oneRow(changed.changes, `confirmation of sale ${id}`)
  }

  disclosure(id: number, jseq: number): void {
    const changed = this.#statements(
      `update sale set disclosures = disclosures + 1, jseq = ? where id = ? and state = ${SOLD}`,
    ).run(jseq, id)
    oneRow(changed.changes, `disclosure of sale ${id}`)
  }

  reprint(id: number, number: number, jseq: number): void {
    const changed = this.#statements(
      `update sale set reprints = ?, jseq = ? where id = ? and state = ${SOLD} and reprints = ?`,
    ).run(number, jseq, id, number - 1)
    oneRow(changed.changes, `reprint of sale ${id}`)
  }

  /** Sales that follow one another are one statement. */
  answered(ids: readonly number[]): void {
    const statement = this.#statements('update sale set answered = 1 where id between ? and ?')
    const sorted = ids.toSorted((one, other) => one - other)
    for (let at = 0; at < sorted.length; ) {
      const first = sorted[at] as number
      let last = first
      while (sorted[++at] === last + 1) last++
      statement.run(first, last)
    }
  }

  claim(id: number, reason: string, atMs: number): void {
    this.#statements(
      'insert into claim (sale, reason, at_ms) values (?, ?, ?) on conflict do nothing',
    ).run(id, reason, atMs)
  }

  /** A person, or a ledger, has judged what was read before this record had its turn. */
  #unmoved(id: number, from: NonNullable<ReversalRecord['from']>): void {
    const found = this.#statements(
      'select 1 from reversal where sale = ? and status = ? and approval_seen = ?',
    ).get(id, reversalCode(from.status), +from.approvalSeen)
    if (found === undefined) throw new GuardError(`the reversal of sale ${id} has moved meanwhile`)
  }

  reversal(record: ReversalRecord, jseq: number): void {
    const { id, status, approval, fresh, atMs } = record
    const ended = isEnded(status)
    if (record.from !== undefined) this.#unmoved(id, record.from)
    const changed = this.#statements(
      `update reversal set status = ?, tries = ?, response_code = coalesce(?, response_code),
         auth_code = coalesce(?, auth_code), host_date = coalesce(?, host_date),
         reopened = max(reopened, ? > approval_seen), approval_seen = max(approval_seen, ?),
         stan = coalesce(?, stan), transmission = coalesce(?, transmission), ended_ms = ?
       where sale = ? and approval_seen <= ?`,
    ).run(
      ...[reversalCode(status), record.tries, record.responseCode ?? null],
      ...[approval?.authCode ?? null, approval?.hostDate ?? null],
      ...[approval === undefined ? 0 : 1, approval === undefined ? 0 : 1],
      ...[fresh?.stan ?? null, fresh?.transmission ?? null, ended ? atMs : null, id],
      record.unapproved === true ? 0 : 1,
    )
    oneRow(changed.changes, `reversal of sale ${id}`)
    this.#statements(
      `update sale set jseq = ?, state = case
         when ${+ended} and state = ${saleCode('reversing')} then ${saleCode('reversed')}
         when ${+ended} and state = ${saleCode('refunding')} then ${saleCode('refunded')}
         when ${+!ended} and state = ${saleCode('reversed')} then ${saleCode('reversing')}
         when ${+!ended} and state = ${saleCode('refunded')} then ${saleCode('refunding')}
         else state end
       where id = ?`,
    ).run(jseq, id)
  }
}

function cardBytes(sealed: string | undefined): Buffer | null {
  if (sealed === undefined) return null
  if (sealed.length > CARD.length) return Buffer.from(sealed, 'latin1')
  return CARD.subarray(0, CARD.write(sealed, 'latin1'))
}

function voucherIdsOf(row: unknown): number[] {
  return JSON.parse((row as { vouchers: string }).vouchers) as number[]
}
