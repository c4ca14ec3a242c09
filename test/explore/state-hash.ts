// One hash for everything that can influence what a small world does next: store, host, terminals,
// messages, timers by the time that is left, budgets, the judge's memory, and the core's own memory
// as `running-switch.ts` keeps it. Numbers that are only new each time (STAN, RRN, ids) are left
// out where they are the sale's own; messages are a set, except that a host gets a sale's in order.

import type { JournalRecord } from '../../switch/core/journal.ts'
import { Digest } from '../simulation/memory-store/digest.ts'
import type { SaleRow } from '../simulation/memory-store/rows.ts'
import type { Message } from './messages.ts'
import type { RunningSwitch } from './running-switch.ts'
import type { Scene } from './scene.ts'

export function hashState(scene: Scene, running: RunningSwitch): Digest {
  const rows = new Map<number, SaleRow>()
  for (const row of scene.store.saleRows()) rows.set(Number(row.key.stan), row)
  const names = new Names(rows)
  const digest = new Digest()
  digest.num(scene.faults).num(scene.crashes)
  for (const [at, { at: sale, doing, outcomes }] of scene.tills.entries()) {
    digest.num(sale).text(doing).text(outcomes.join())
    digest.num((scene.tillDue[at] ?? scene.nowMs - 1) - scene.nowMs)
  }
  digest.text(messagesOf(scene, names))
  digest.text(scene.host.memory((trace) => names.trace(trace)))
  digest.text(scene.judge.memory())
  addStore(digest, scene, rows)
  addSwitch(digest, scene, running, names)
  return digest
}

/** Names for numbers, which do not tell how many others were used up before them. */
class Names {
  readonly #rows: ReadonlyMap<number, SaleRow>
  readonly #traces = new Map<string, string>()

  constructor(rows: ReadonlyMap<number, SaleRow>) {
    this.#rows = rows
    for (const [sale, { host }] of rows)
      if (host !== undefined) this.#traces.set(host.stan, `${sale}`)
  }

  trace(trace: string): string {
    return this.#traces.get(trace) ?? `stan ${trace}`
  }

  rrn(sale: number, rrn: string): string {
    return rrn === (this.#rows.get(sale)?.rrn ?? '') ? 'own' : 'other'
  }
}

function messagesOf({ net }: Scene, names: Names): string {
  const before = new Map<number, number>()
  const texts = net.map((message) => {
    const text = textOf(message, names)
    if (message.to !== 'card host') return text
    const place = (before.get(message.sale) ?? 0) + 1
    before.set(message.sale, place)
    return `${text}#${place}`
  })
  return texts.sort().join()
}

function textOf(message: Message, names: Names): string {
  const { mti, sale, to } = message
  if (to === 'switch') return `${mti} ${sale}`
  if (to === 'card host') return `${mti} ${sale} ${names.trace(message.trace)}`
  if (to === 'card gateway') return `${mti} ${sale} ${names.trace(message.trace)} ${message.code}`
  return `${mti} ${sale} ${message.code} ${names.rrn(sale, message.rrn)} ${message.vouchers}`
}

function addStore(digest: Digest, scene: Scene, rows: ReadonlyMap<number, SaleRow>): void {
  for (const sale of [...rows.keys()].sort()) {
    const row = rows.get(sale) as SaleRow
    digest.num(sale).text(row.state).text(row.responseCode).text(row.authCode).num(row.reprints)
    digest
      .flag(row.cancelled)
      .flag(row.answered)
      .flag(row.confirmedMs !== undefined)
    for (const id of row.voucherIds) digest.num(id)
  }
  const saleOf = (id: number | undefined): number => {
    for (const [sale, row] of rows) if (row.id === id) return sale
    return 0
  }
  const reversals = [...scene.store.reversalRows()].map((row) => {
    const { status, approvalSeen, reopened, tries } = row
    return `${saleOf(row.sale)} ${status} ${approvalSeen} ${reopened} ${tries > 0}`
  })
  digest.text(reversals.sort().join())
  for (const { id, state, sale } of scene.store.voucherRows()) {
    digest.num(id).text(state).num(saleOf(sale))
  }
  digest.num(scene.store.claimCount())
}

function addSwitch(digest: Digest, scene: Scene, running: RunningSwitch, names: Names): void {
  const { nowMs } = scene
  const { book, host } = running
  digest.flag(book !== undefined).flag(running.unleased)
  for (const { sale, record } of running.waiting) digest.text(recordText(sale, record))
  digest.num(-1)
  for (const { sale, record, result } of running.news) {
    digest.text(recordText(sale, record)).text(result.kind)
  }
  const timers = running.timers.map(({ sale, ms, dueMs }) => `${dueMs - nowMs} ${sale} ${ms}`)
  digest.text(timers.sort().join())
  const requests = running.open.map(({ mti, sale, arrivedMs }, at) => {
    const age = mti === '0200' || mti === '0201' ? nowMs - arrivedMs : 0
    return `${sale}#${at} ${mti} ${age}`
  })
  // In order of arrival for each sale; sales do not wait for one another.
  digest.text(
    requests
      .sort()
      .map((text) => text.replace(/#\d+/, ''))
      .join(),
  )
  digest.text(
    [...host.debits.keys()]
      .map((trace) => names.trace(trace))
      .sort()
      .join(),
  )
  digest.text([...host.reversals.keys()].sort().join())
  digest.text(
    [...host.memory]
      .map(([sale, text]) => `${sale} ${text}`)
      .sort()
      .join(),
  )
  digest.text(
    [...host.backOff]
      .map(([sale, level]) => `${sale} ${level}`)
      .sort()
      .join(),
  )
  digest.text(
    [...running.refused]
      .map(([sale, record]) => recordText(sale, record))
      .sort()
      .join(),
  )
  digest.text(running.stock.memory())
  if (book === undefined) return
  const places = [...book.running].map(([place]) => place)
  digest.text(places.sort().join()).text([...running.cancelled].sort().join())
  for (const { id } of scene.store.saleRows()) digest.flag(book.answered.has(id))
}

function recordText(sale: number, record: JournalRecord): string {
  const text = `${record.kind} ${sale}`
  switch (record.kind) {
    case 'intent':
      return `${text} ${record.voucherIds.join()}`
    case 'outcome': {
      const { outcome } = record
      const code = outcome.kind === 'sold' ? '00' : outcome.responseCode
      const seen = outcome.kind === 'reversing' && outcome.approval !== undefined
      return `${text} ${outcome.kind} ${code} ${seen}`
    }
    case 'refusal':
      return `${text} ${record.responseCode}`
    case 'cancel':
      return `${text} ${record.isTombstone}`
    case 'refund':
      return `${text} ${record.counted}`
    case 'claim':
      return `${text} ${record.reason}`
    case 'reversal': {
      const { status, approval, responseCode, tries } = record
      return `${text} ${status} ${approval !== undefined} ${responseCode} ${tries > 0}`
    }
    case 'answered':
      return `${text} ${record.ids.length}`
    default:
      return text
  }
}
