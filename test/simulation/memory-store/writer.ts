// One journal record at a time into the rows in memory: the twin of voucher-store/writer. Every
// record is judged before anything is changed; a refusal is thrown and leaves no trace.

import { tehranTime } from '../../../protocol/values/moment.ts'
import { totalsAgree } from '../../../switch/core/day-end-desk.ts'
import type {
  Approval,
  CancelRecord,
  EndOfDayRecord,
  IntentRecord,
  JournalRecord,
  OutcomeRecord,
  RefundRecord,
  RefusalRecord,
  ReversalRecord,
  ReversalTrace,
  SaleKey,
  WriteResult,
} from '../../../switch/core/journal.ts'
import { isEnded } from '../../../switch/core/reversal-verdict.ts'
import type { SaleState } from '../../../switch/core/sale-record.ts'
import { GuardError } from '../../../voucher-store/writer/guard-error.ts'
import type { MemoryLedger } from './ledger.ts'
import { identityOf, type ReversalRow, type SaleRow, type UseRow } from './rows.ts'
import type { MemoryStock } from './stock.ts'

const WRITTEN: WriteResult = { kind: 'written' }

export class MemoryWriter {
  readonly #ledger: MemoryLedger
  readonly #stock: MemoryStock
  #halfHour = -1
  #day = 0

  constructor(ledger: MemoryLedger, stock: MemoryStock) {
    this.#ledger = ledger
    this.#stock = stock
  }

  write(record: JournalRecord): WriteResult {
    switch (record.kind) {
      case 'intent':
        return this.#intent(record)
      case 'outcome':
        return this.#outcome(record)
      case 'refusal':
        return this.#refusal(record)
      case 'cancel':
        return this.#cancel(record)
      case 'refund':
        return this.#refund(record)
      case 'reversal':
        return this.#reversal(record)
      case 'end-of-day':
        return this.#endOfDay(record)
      case 'quarantine':
        this.#stock.takeOut(record.voucherId, 'quarantined')
        return WRITTEN
      default:
        return this.#remark(record)
    }
  }

  /** What changes a mark of a sale and no state. */
  #remark(
    record: Extract<
      JournalRecord,
      { kind: 'claim' | 'confirm' | 'disclosure' | 'reprint' | 'answered' | 'lease' }
    >,
  ): WriteResult {
    const { sales, claims, counters } = this.#ledger
    switch (record.kind) {
      case 'claim': {
        const key = `${record.id} ${record.reason}`
        const { id: sale, reason, atMs } = record
        if (!claims.has(key)) claims.set(key, { sale, reason, atMs })
        break
      }
      case 'confirm': {
        const sale = this.#sold(record.id)
        if (sale.confirmedMs !== undefined) throw refusal(record.id, 'is confirmed already')
        sale.confirmedMs = record.atMs
        break
      }
      case 'disclosure':
        this.#sold(record.id).disclosures++
        break
      case 'reprint': {
        const sale = this.#sold(record.id)
        if (sale.reprints !== record.number - 1) throw refusal(record.id, 'was reprinted otherwise')
        sale.reprints = record.number
        break
      }
      case 'answered':
        for (const id of record.ids) {
          const sale = sales.get(id)
          if (sale !== undefined) sale.answered = true
        }
        break
      case 'lease':
        counters.set(record.counter, Math.max(record.high, counters.get(record.counter) ?? 0))
        break
    }
    return WRITTEN
  }

  #intent(record: IntentRecord): WriteResult {
    const { id, key, content, voucherIds, rrn, atMs } = record
    this.#stock.mayReserve(voucherIds, Number(record.product), this.#dayOf(atMs))
    this.#mayInsert(id, key)
    this.#stock.reserve(id, voucherIds)
    const made = { content, rrn, responseCode: '' }
    this.#ledger.addSale(newSale(record, 'intent', made, record))
    return WRITTEN
  }

  #refusal(record: RefusalRecord): WriteResult {
    this.#mayInsert(record.id, record.key)
    this.#ledger.addSale(newSale(record, 'refused', record, NO_INTENT))
    return WRITTEN
  }

  #outcome(record: OutcomeRecord): WriteResult {
    const { id, outcome, atMs } = record
    const sale = this.#ledger.sales.get(id)
    if (record.from !== undefined) return this.#approvedAfterAll(record)
    if (sale?.state !== 'intent') throw refusal(id, 'is not an intent')
    const isSold = outcome.kind === 'sold'
    if (isSold && sale.cancelled) throw refusal(id, 'was reversed')
    const leavesOthers = !isSold && record.leavesStock
    const voucherIds = this.#stock.mayMove(id, sale.voucherIds, 'reserved', leavesOthers)
    if (outcome.kind === 'reversing') this.#mayOpenReversal(id)
    this.#stock.move(voucherIds, isSold ? 'sold' : 'available')
    this.#ledger.intents.delete(id)
    sale.state = outcome.kind
    sale.outcomeMs = atMs
    if (isSold) {
      this.#sell(sale, outcome)
      return WRITTEN
    }
    sale.responseCode = outcome.responseCode
    if (outcome.kind === 'reversing') {
      sale.authCode = outcome.approval?.authCode
      this.#openReversal(sale, outcome.reversal, outcome.approval, atMs)
    } else sale.authCode = undefined
    return WRITTEN
  }

  #approvedAfterAll({ id, outcome, atMs }: OutcomeRecord): WriteResult {
    const sale = this.#ledger.sales.get(id)
    if (sale?.state !== 'declined') throw refusal(id, 'is not declined')
    if (outcome.kind !== 'reversing') throw refusal(id, 'can only be reversed')
    this.#mayOpenReversal(id)
    sale.state = 'reversing'
    sale.authCode = outcome.approval?.authCode
    this.#openReversal(sale, outcome.reversal, outcome.approval, atMs)
    return WRITTEN
  }

  #sell(sale: SaleRow, approval: Approval): void {
    sale.responseCode = '00'
    sale.authCode = approval.authCode
    sale.hostDate = approval.hostDate
    const { tallies } = this.#ledger
    const amount = sale.content?.amount ?? 0
    for (const [uses, key] of this.#usesOf(sale.key.terminalKey, sale.merchantKey))
      addUse(uses, key, this.#dayOf(sale.createdMs), amount)
    const tally = tallies.get(sale.key.terminalKey)
    if (tally === undefined) {
      const reversals = { reversalsCount: 0, reversalsAmount: 0 }
      const sales = { lastSold: sale.id, salesCount: 1, salesAmount: amount }
      tallies.set(sale.key.terminalKey, { ...sales, ...reversals })
      return
    }
    sale.soldBefore = tally.lastSold
    tally.lastSold = sale.id
    tally.salesCount++
    tally.salesAmount += amount
  }

  #cancel(record: CancelRecord): WriteResult {
    const { id, key } = record
    if (record.isTombstone) {
      this.#mayInsert(id, key)
      const made = { content: undefined, rrn: undefined, responseCode: '94' }
      this.#ledger.addSale(newSale(record, 'tombstone', made, NO_INTENT))
      return WRITTEN
    }
    const sale = this.#ledger.sales.get(id)
    if (sale === undefined || sale.state === 'sold') throw refusal(id, 'cannot be cancelled')
    sale.cancelled = true
    return WRITTEN
  }

  #refund(record: RefundRecord): WriteResult {
    const { id, day, terminalKey, merchantKey, amount, counted, atMs } = record
    const sale = this.#sold(id)
    if (sale.confirmedMs !== undefined || sale.reprints !== 0) {
      throw refusal(id, 'cannot be reversed any more')
    }
    const { tallies, refunds } = this.#ledger
    const tally = tallies.get(terminalKey)
    if (tally === undefined || refunds.has(id)) throw refusal(id, 'has no tally, or a refund')
    this.#mayOpenReversal(id)
    const moved = this.#stock.mayMove(id, sale.voucherIds, 'sold', record.leavesStock)
    this.#stock.move(moved, 'quarantined')
    sale.state = 'refunding'
    sale.cancelled = true
    const approval = { authCode: sale.authCode ?? '', hostDate: sale.hostDate }
    this.#openReversal(sale, record.reversal, approval, atMs)
    this.#ledger.addRefund({ sale: id, day, terminalKey, merchantKey, amount, counted })
    tally.reversalsCount++
    tally.reversalsAmount += amount
    for (const [uses, key] of this.#usesOf(terminalKey, sale.merchantKey)) {
      const use = uses.get(key)
      if (use?.day !== this.#dayOf(sale.createdMs)) continue
      use.count--
      use.amount -= amount
    }
    return WRITTEN
  }

  #usesOf(terminalKey: number, merchantKey: number): [Map<number, UseRow>, number][] {
    const { terminalUses, merchantUses } = this.#ledger
    return [
      [terminalUses, terminalKey],
      [merchantUses, merchantKey],
    ]
  }

  #mayOpenReversal(id: number): void {
    if (this.#ledger.reversals.has(id)) throw refusal(id, 'has a reversal already')
  }

  #openReversal(
    sale: SaleRow,
    { stan, transmission }: ReversalTrace,
    approval: Approval | undefined,
    openedMs: number,
  ): void {
    if (sale.host === undefined) throw refusal(sale.id, 'was never sent')
    this.#ledger.addReversal({
      sale: sale.id,
      host: sale.host,
      openedMs,
      status: 'pending',
      stan,
      transmission,
      authCode: approval?.authCode,
      hostDate: approval?.hostDate,
      approvalSeen: approval !== undefined,
      reopened: false,
      tries: 0,
      responseCode: undefined,
      endedMs: undefined,
    })
  }

  #reversal(record: ReversalRecord): WriteResult {
    const { id, status, approval, fresh, atMs } = record
    const row = this.#ledger.reversals.get(id)
    if (row === undefined) throw refusal(id, 'has no reversal')
    const { from = row } = record
    const hasMoved = row.status !== from.status || row.approvalSeen !== from.approvalSeen
    if (hasMoved) throw refusal(id, 'has moved')
    if (record.unapproved === true && row.approvalSeen) throw refusal(id, 'was approved meanwhile')
    row.status = status
    row.tries = record.tries
    row.responseCode = record.responseCode ?? row.responseCode
    if (approval !== undefined) takeApproval(row, approval)
    row.stan = fresh?.stan ?? row.stan
    row.transmission = fresh?.transmission ?? row.transmission
    row.endedMs = isEnded(status) ? atMs : undefined
    this.#ledger.reversalChanged(row)
    const sale = this.#ledger.sales.get(id)
    if (sale !== undefined) sale.state = afterReversal(sale.state, isEnded(status))
    return WRITTEN
  }

  #endOfDay(record: EndOfDayRecord): WriteResult {
    const { id, key, claimed, atMs } = record
    const { dayEnds, dayEndIds, tallies } = this.#ledger
    if (dayEndIds.has(id) || dayEnds.has(identityOf(key))) throw refusal(id, 'is an end of day')
    const tally = tallies.get(key.terminalKey)
    const actual = {
      salesCount: tally?.salesCount ?? 0,
      salesAmount: tally?.salesAmount ?? 0,
      reversalsCount: tally?.reversalsCount ?? 0,
      reversalsAmount: tally?.reversalsAmount ?? 0,
    }
    const agreed = totalsAgree(claimed, actual)
    this.#ledger.addDayEnd({ id, key, claimed, actual, agreed, atMs })
    if (agreed && tally !== undefined) {
      tally.salesCount = 0
      tally.salesAmount = 0
      tally.reversalsCount = 0
      tally.reversalsAmount = 0
    }
    return { kind: 'written', totals: actual, agreed }
  }

  #sold(id: number): SaleRow {
    const sale = this.#ledger.sales.get(id)
    if (sale?.state !== 'sold') throw refusal(id, 'is not sold')
    return sale
  }

  /** Ids and identities are unique. */
  #mayInsert(id: number, key: SaleKey): void {
    const { sales, byIdentity } = this.#ledger
    if (sales.has(id)) throw refusal(id, 'is there already')
    if (byIdentity.has(identityOf(key))) throw refusal(id, 'has the identity of another')
  }

  /** Midnight in Tehran is a full or a half hour everywhere in the calendar. */
  #dayOf(atMs: number): number {
    const halfHour = Math.floor(atMs / 1_800_000)
    if (halfHour !== this.#halfHour) {
      this.#halfHour = halfHour
      this.#day = tehranTime(atMs).day
    }
    return this.#day
  }
}

function addUse(uses: Map<number, UseRow>, key: number, day: number, amount: number): void {
  const use = uses.get(key)
  if (use === undefined || day > use.day) uses.set(key, { day, count: 1, amount })
  else if (day === use.day) {
    use.count++
    use.amount += amount
  }
}

function takeApproval(row: ReversalRow, approval: Approval): void {
  row.authCode = approval.authCode
  row.hostDate = approval.hostDate ?? row.hostDate
  if (!row.approvalSeen) row.reopened = true
  row.approvalSeen = true
}

function afterReversal(state: SaleState, ended: boolean): SaleState {
  switch (state) {
    case 'reversing':
    case 'reversed':
      return ended ? 'reversed' : 'reversing'
    case 'refunding':
    case 'refunded':
      return ended ? 'refunded' : 'refunding'
    default:
      return state
  }
}

/** What a row begins as; made in one piece, so that all rows have one shape. */
function newSale(
  { id, key, merchantKey, atMs }: Pick<IntentRecord, 'id' | 'key' | 'merchantKey' | 'atMs'>,
  state: SaleState,
  made: Pick<SaleRow, 'content' | 'rrn' | 'responseCode'>,
  intent: Pick<SaleRow, 'voucherIds' | 'host' | 'sealedCard'>,
): SaleRow {
  return {
    id,
    key,
    merchantKey,
    content: made.content,
    voucherIds: intent.voucherIds,
    rrn: made.rrn,
    host: intent.host,
    sealedCard: intent.sealedCard,
    createdMs: atMs,
    state,
    cancelled: state === 'tombstone',
    responseCode: made.responseCode,
    authCode: undefined,
    hostDate: undefined,
    outcomeMs: state === 'intent' ? undefined : atMs,
    confirmedMs: undefined,
    answered: false,
    reprints: 0,
    disclosures: 0,
    soldBefore: undefined,
  }
}

const NO_INTENT = { voucherIds: [], host: undefined, sealedCard: undefined }

function refusal(id: number, why: string): GuardError {
  return new GuardError(`sale ${id} ${why}`)
}
