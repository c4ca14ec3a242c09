// Builds the core over its ports and brings it to where it may sell: numbers leased, what the last
// process left without an outcome turned into reversals, and the reversals under way. No port is
// open to the outside before this resolves. [nothing-lost, rule 2]

import { InFlight } from '../../protocol/values/in-flight.ts'
import { transmissionMoment } from '../../protocol/values/moment.ts'
import { Admission } from './admission.ts'
import { AnsweredNotes } from './answered-notes.ts'
import type { Book, Catalogue, SaleSettings, Vault } from './book.ts'
import type { CardHost } from './card-host.ts'
import type { Clock } from './clock.ts'
import { Counter, RrnSource } from './counters.ts'
import { DailyUses } from './daily-use.ts'
import { Inventory, type StockReader } from './inventory.ts'
import type { Approval, Journal, ReversalTrace, SaleReader } from './journal.ts'
import type { Notice } from './notice.ts'
import { type OpenIntent, reverseOpenIntents } from './recovery.ts'
import type { ReversalSettings } from './reversal-ports.ts'
import { ReversalQueue } from './reversal-queue.ts'
import type { HostTrace } from './sale-record.ts'
import { SeenIdentities } from './seen-identities.ts'
import { Told } from './told.ts'
import { type Asked, Turns } from './turns.ts'

export interface BookPorts {
  readonly journal: Journal
  readonly reader: SaleReader
  readonly stock: StockReader
  readonly catalogue: Catalogue
  readonly vault: Vault
  readonly cardHost: CardHost
  readonly clock: Clock
  readonly notice: (notice: Notice) => void
  readonly refusing: () => '91' | '96' | undefined
  readonly clockBehind?: (() => boolean) | undefined
  /** A message that is not answered, because too many of its kind wait for the same sale. */
  readonly dropped?: (kind: Asked) => void
}

export interface BookSettings {
  readonly sale: SaleSettings
  readonly reversals: ReversalSettings
  readonly stockWindow: number
  readonly rrnBlock: number
}

/** What the store knows of the time before this start. */
export interface Before {
  readonly openIntents: readonly OpenIntent[]
  readonly highestSaleId: number
  readonly highestRrn: number
  /** From restored backups. */
  readonly gaps: Book['gaps']
}

export async function openBook(
  ports: BookPorts,
  settings: BookSettings,
  before: Before,
): Promise<Book> {
  const { clock, reader, cardHost, notice } = ports
  const seen = new SeenIdentities(reader, clock.wallMs())
  const journal = seen.noting(ports.journal)
  const rrns = new Counter(
    { name: 'rrn', block: settings.rrnBlock, journal, clock, followsClock: true },
    before.highestRrn,
  )
  await rrns.lease()
  await reverseOpenIntents(
    { journal, clock, notice, reversalTrace: (host) => traceOf(cardHost, host) },
    before.openIntents,
  )
  const reversals = new ReversalQueue(
    { cardHost, journal, reader, clock, notice },
    settings.reversals,
  )
  let saleId = before.highestSaleId
  const book: Book = {
    ...{ ...ports, journal, seen, told: new Told(clock) },
    inventory: new Inventory(ports.stock, { windowSize: settings.stockWindow }),
    reversals,
    rrns: new RrnSource(rrns),
    answered: new AnsweredNotes(journal, clock),
    admission: new Admission({
      most: settings.sale.salesInFlight,
      least: settings.sale.salesInFlightLeast,
      deadlineMs: settings.sale.cardHostTimeoutMs,
      slowMs: settings.sale.slowSaleMs,
    }),
    uses: new DailyUses(reader),
    nextSaleId: () => ++saleId,
    settings: settings.sale,
    turns: new Turns(settings.sale.waitingMost, (kind) => ports.dropped?.(kind)),
    running: new InFlight(),
    gaps: before.gaps,
  }
  // An intent whose outcome was never written was never reversed: its first advice is a 0420.
  reversals.start(new Set(before.openIntents.map(({ id }) => id)))
  return book
}

/** A start that cannot make its reversals durable does not open a port. */
function traceOf(cardHost: CardHost, host: HostTrace): ReversalTrace {
  const trace = cardHost.reversalTrace(host)
  if (trace === undefined) throw new Error(`no number for a reversal at card host ${host.link}`)
  return trace
}

/**
 * An approval came for a debit that nobody waits for any more. If its sale is still writing another
 * ending, that is waited for; the approval never changes it. [nothing-lost, rule 5]
 */
export async function lateApproval(
  book: Book,
  ...[host, tid, approval]: Parameters<ReversalQueue['lateApproval']>
): Promise<void> {
  for (const [place, sale] of book.running) {
    const { link, stan, transmission } = sale.trace
    if (link !== host.link || stan !== host.stan || transmission !== host.transmission) continue
    await book.turns.run(place, () => Promise.resolve())
    break
  }
  if (await book.reversals.lateApproval(host, tid, approval)) return
  const sentMs = transmissionMoment(host.transmission, book.clock.wallMs())
  const sale = sentMs === undefined ? undefined : book.reader.sentAbout(sentMs, host, tid)
  if (sale?.state === 'declined') return approvedAfterAll(book, sale.id, approval)
  if (sale === undefined) {
    const detail = `${host.link}: terminal ${tid}, DE 11 ${host.stan}, DE 7 ${host.transmission}`
    return book.notice({ level: 'alarm', what: 'approval of an unknown debit', detail })
  }
  book.notice({ level: 'info', what: 'answer without a reversal', detail: 'a duplicate reply' })
}

/** Declined, and approved afterwards: the terminal was told so, and the debit is undone. */
function approvedAfterAll(book: Book, saleId: number, approval: Approval): Promise<void> {
  book.notice({ level: 'alarm', what: 'approval after a decline', saleId })
  // Within its turn, so that a stop waits for it.
  return book.turns.run(`approval/${saleId}`, () => reverseDeclined(book, saleId, approval))
}

async function reverseDeclined(book: Book, saleId: number, approval: Approval): Promise<void> {
  const { clock, cardHost, journal, settings } = book
  for (;;) {
    const sale = book.reader.byId(saleId)
    // Another answer may have said the same in the same moment.
    if (sale?.state !== 'declined' || sale.host === undefined) return
    const { host, responseCode } = sale
    const reversal = cardHost.reversalTrace(host)
    if (reversal !== undefined) {
      const result = await journal.write({
        ...{ kind: 'outcome', id: saleId, from: 'declined', atMs: clock.wallMs() },
        outcome: { kind: 'reversing', responseCode, reversal, approval },
      })
      if (result.kind === 'written') return book.reversals.open(saleId)
      cardHost.forget(host)
      // It would be refused again and again.
      if (result.reason === 'guard' && book.reader.byId(saleId)?.state === 'declined') {
        const detail = `reversal of a declined sale not written: ${result.detail}`
        return book.notice({ level: 'alarm', what: 'store refuses', saleId, detail })
      }
    }
    await new Promise<void>((again) => clock.after(settings.outcomeRetryMs, again))
  }
}
