// The reversals towards the card host: durable, in parallel, repeated for ever with back-off.
// Nothing is ever discarded: a reversal ends as closed, as no-debit, or waits in suspense for a
// person. [nothing-lost, rule 6; wire-protocol 4]
//
//   pending --00--> closed, or watched when an approval turned up late
//   pending --25--> unfound --(twice the host deadline) 25--> no-debit
//   any     --25 against an approval, or another code--> suspense, repeated slowly
//   any     --its card number is gone--> suspense
//   any     --silence, link down--> stays, repeated with back-off (unfound, suspense: as above)
//   closed, no-debit, watched --late approval--> pending again

import type { TerminalId } from '../../protocol/values/identifiers.ts'
import type { ReversalReply } from './card-host.ts'
import type { Approval, OpenReversal, ReversalRecord, ReversalStatus } from './journal.ts'
import { becomeFresh, type Entry, isSame, mayLeave } from './reversal-entry.ts'
import { ReversalLanes } from './reversal-lanes.ts'
import type { ReversalPorts, ReversalSettings } from './reversal-ports.ts'
import { isEnded, judge, type Verdict, wasSent } from './reversal-verdict.ts'
import { ReversalWaits } from './reversal-waits.ts'
import type { HostTrace } from './sale-record.ts'

/** Rows of the store that are read at a time. */
const PAGE = 1_000
/** Entries that are looked at, from the oldest, for one that may give its place away. */
const LOOKED_AT_MOST = 64

export class ReversalQueue {
  readonly #ports: ReversalPorts
  readonly #settings: ReversalSettings
  readonly #entries = new Map<number, Entry>()
  readonly #lanes: ReversalLanes<Entry>
  readonly #waits: ReversalWaits
  /** Ended ones whose late approval is on its way into the journal: then they are taken up. */
  readonly #reopening = new Set<number>()
  #writing = 0
  #moreInStore = false
  /** Up to here the store was read while memory was full. */
  #readThrough = 0
  #cancelReadOn: (() => void) | undefined
  #stopped = false

  constructor(ports: ReversalPorts, settings: ReversalSettings) {
    this.#ports = ports
    this.#settings = settings
    this.#lanes = new ReversalLanes(settings.window)
    this.#waits = new ReversalWaits(settings, ports.clock)
  }

  /** Takes up what is open; all but the `fresh` ones may have been sent by an earlier process. */
  start(fresh: ReadonlySet<number> = new Set()): void {
    this.#load(fresh)
    this.#takeUpMore()
  }

  stop(): void {
    this.#stopped = true
    this.#cancelReadOn?.()
    for (const entry of this.#entries.values()) entry.cancelWait?.()
  }

  /** A reversal that has just become durable. */
  open(id: number): void {
    this.#open(id, false)
  }

  /** An administrator wants it sent again now; its row is `pending` again. */
  retry(id: number): void {
    const entry = this.#entries.get(id)
    // It has given its place away, and silence leaves no trace in the store.
    if (entry === undefined) return this.#open(id, true)
    const stored = this.#ports.reader.openReversal(id) ?? entry.reversal
    const { approval, trace, wasReopened } = entry.reversal
    // What the disk has not taken yet the store cannot tell.
    entry.reversal = entry.isAhead ? { ...stored, approval, trace, wasReopened } : stored
    entry.delayMs = this.#settings.firstDelayMs
    if (entry.cancelWait !== undefined) this.#becomeDue(entry)
  }

  /** Ended by hand: it is not sent again, unless an approval came since. */
  resolved(id: number): void {
    const stored = this.#ports.reader.openReversal(id)
    if (stored !== undefined && !isEnded(stored.status)) return
    this.#waits.forget(id)
    const entry = this.#entries.get(id)
    const reversal = entry?.reversal ?? stored
    if (reversal !== undefined) this.#ports.cardHost.forget(reversal.host)
    if (entry === undefined) return
    entry.cancelWait?.()
    this.#entries.delete(id)
    this.#takeUpMore()
  }

  /** The card host of that name can be reached again: everything that waits is due. */
  hostUp(link: string): void {
    for (const entry of this.#entries.values()) {
      if (entry.reversal.host.link !== link || entry.cancelWait === undefined) continue
      if (entry.reversal.status === 'suspense' || entry.reversal.status === 'unfound') continue
      entry.delayMs = this.#settings.firstDelayMs
      this.#becomeDue(entry)
    }
  }

  /** An approval that came after its sale had ended otherwise. False: no such reversal. */
  async lateApproval(host: HostTrace, tid: TerminalId, approval: Approval): Promise<boolean> {
    const stored = this.#ports.reader.reversalByHost(host, tid)
    if (stored === undefined) return false
    const entry = this.#entries.get(stored.id)
    const before = entry?.reversal ?? stored
    if (before.approval !== undefined) return true
    if (this.#reopening.has(stored.id)) return true
    this.#ports.notice({ level: 'alarm', what: 'late approval', saleId: stored.id })
    const wasAnswered = before.status !== 'pending'
    const fresh =
      wasAnswered && this.#settings.lateApproval(before.host.link) === 'fresh'
        ? this.#ports.cardHost.reversalTrace(before.host)
        : undefined
    const reversal: OpenReversal = {
      ...before,
      status: 'pending',
      approval,
      wasReopened: true,
      trace: fresh ?? before.trace,
    }
    if (entry !== undefined) {
      entry.reversal = reversal
      entry.approvedMeanwhile = true
      entry.isAhead = true
      if (fresh !== undefined) becomeFresh(entry)
    } else this.#reopening.add(stored.id)
    const change = { why: 'late approval', responseCode: undefined, fresh }
    const written = await this.#write(reversal, change)
    this.#reopening.delete(stored.id)
    // An administrator may have ended it while this was being written.
    const now = this.#entries.get(stored.id)
    if (now === undefined) this.#take(reversal, fresh === undefined, !written)
    else if (now.cancelWait !== undefined) this.#becomeDue(now)
    return true
  }

  /** Open in memory, and how many of them are in suspense. */
  counts(): { open: number; suspense: number; sending: number } {
    let suspense = 0
    for (const entry of this.#entries.values()) {
      if (entry.reversal.status === 'suspense') suspense++
    }
    return { open: this.#entries.size, suspense, sending: this.#lanes.sending }
  }

  #open(id: number, mayHaveBeenSent: boolean): void {
    // A page that was read from the store meanwhile may have brought it.
    if (this.#isTaken(id) || !this.#makeRoom()) return
    const reversal = this.#ports.reader.openReversal(id)
    if (reversal === undefined) throw new Error(`reversal ${id} is not in the store`)
    this.#take(reversal, mayHaveBeenSent || reversal.tries > 0)
  }

  #load(fresh: ReadonlySet<number>): void {
    let afterId = 0
    this.#moreInStore = false
    for (;;) {
      const page = this.#ports.reader.openReversals(afterId, PAGE)
      for (const reversal of page) {
        afterId = reversal.id
        if (this.#isTaken(reversal.id)) continue
        if (this.#entries.size >= this.#settings.inMemory) {
          this.#moreInStore = true
          return
        }
        this.#take(reversal, !fresh.has(reversal.id))
      }
      if (page.length < PAGE) return
    }
  }

  /** What waits in the store alone comes into memory, now and then also while that is full. */
  #takeUpMore(): void {
    if (!this.#moreInStore || this.#stopped) return
    if (this.#entries.size < this.#settings.inMemory / 2) this.#load(new Set())
    if (!this.#moreInStore) return
    this.#cancelReadOn ??= this.#ports.clock.after(this.#settings.firstDelayMs, () => {
      this.#cancelReadOn = undefined
      if (this.#moreInStore) this.#readOn()
      this.#takeUpMore()
    })
  }

  /** Round and round: a host that answers nothing, or refuses all, keeps none of another out. */
  #readOn(): void {
    const page = this.#ports.reader.openReversals(this.#readThrough, PAGE)
    for (const reversal of page) {
      const isEnough = this.#lanes.dueAt(reversal.host.link) >= PAGE
      if (!isEnough && !this.#isTaken(reversal.id) && this.#waits.left(reversal) === 0) {
        if (!this.#makeRoom()) return
        this.#take(reversal, true)
      }
      this.#readThrough = reversal.id
    }
    if (page.length < PAGE) this.#readThrough = 0
  }

  /**
   * Where memory is full one that waits gives its place away, or the last one that is due at a host
   * with many: it is in the store, and comes again as perhaps sent. Not one with a late approval
   * that the store may not know yet, or whose fresh 0420 has not been sent.
   */
  #makeRoom(): boolean {
    if (this.#entries.size < this.#settings.inMemory) return true
    this.#moreInStore = true
    const entry = this.#firstWaiting() ?? this.#lanes.giveUpLast()
    if (entry === undefined || !mayLeave(entry)) {
      if (entry !== undefined) this.#lanes.push(entry.reversal.host.link, entry)
      return false
    }
    entry.cancelWait?.()
    // One that was ended by hand may have stood there, and has left no room.
    if (this.#isOpen(entry)) {
      this.#entries.delete(entry.reversal.id)
      this.#waits.leave(entry.reversal, entry.askAgainMs)
    }
    return this.#entries.size < this.#settings.inMemory
  }

  #firstWaiting(): Entry | undefined {
    let looked = 0
    for (const entry of this.#entries.values()) {
      if (looked++ === LOOKED_AT_MOST) return undefined
      if (entry.cancelWait !== undefined && mayLeave(entry)) return entry
    }
    return undefined
  }

  #take(reversal: OpenReversal, mayHaveBeenSent: boolean, isAhead = false): void {
    const entry: Entry = {
      reversal,
      mayHaveBeenSent,
      approvedMeanwhile: false,
      isFresh: reversal.wasReopened && !mayHaveBeenSent,
      isAhead,
      delayMs: this.#settings.firstDelayMs,
      askAgainMs: 0,
      cancelWait: undefined,
    }
    this.#entries.set(reversal.id, entry)
    const leftMs = this.#waits.comeBack(reversal)
    if (leftMs === 0) this.#becomeDue(entry)
    else this.#wait(entry, leftMs)
  }

  #becomeDue(entry: Entry): void {
    entry.cancelWait?.()
    entry.cancelWait = undefined
    this.#lanes.push(entry.reversal.host.link, entry)
    this.#pump()
  }

  /** No commit keeps the host waiting: its next reversal goes out when it has answered. */
  #pump(): void {
    const { writingMost } = this.#settings
    while (!this.#stopped && this.#writing < writingMost) {
      const entry = this.#lanes.next()
      if (entry === undefined) return
      void this.#send(entry).finally(() => {
        this.#takeUpMore()
        this.#pump()
      })
    }
  }

  async #send(entry: Entry): Promise<void> {
    entry.approvedMeanwhile = false
    const { trace, host } = entry.reversal
    let reply: ReversalReply | undefined
    try {
      if (!this.#isOpen(entry)) return
      reply = await this.#ports.cardHost.reverse(entry.reversal, entry.mayHaveBeenSent)
    } finally {
      this.#lanes.done(host.link)
    }
    // Ended by hand while it was under way: what came of it no longer matters.
    if (!this.#isOpen(entry)) return
    // A fresh trace that it was given meanwhile has not been sent.
    if (wasSent(reply) && isSame(entry.reversal.trace, trace)) entry.mayHaveBeenSent = true
    this.#writing++
    try {
      const answered = this.#answered(entry, reply)
      this.#pump()
      await answered
    } finally {
      this.#writing--
    }
  }

  async #answered(entry: Entry, reply: ReversalReply): Promise<void> {
    const { status: before, tries } = entry.reversal
    const verdict = this.#renewed(entry, reply) ?? this.#judged(entry, reply)
    entry.reversal = { ...entry.reversal, status: verdict.status, tries: tries + +wasSent(reply) }
    // Also what a full disk did not take of an approval before.
    if (verdict.status !== before || verdict.ends || entry.isAhead) {
      const responseCode = reply.kind === 'answered' ? reply.responseCode : undefined
      if (verdict.status === 'suspense' && before !== 'suspense') {
        const detail = reply.kind === 'answered' ? `answered ${responseCode}` : verdict.why
        const saleId = entry.reversal.id
        this.#ports.notice({ level: 'alarm', what: 'reversal in suspense', saleId, detail })
      }
      // The disk may not have taken the trace of its fresh 0420 either.
      const fresh = entry.isAhead ? entry.reversal.trace : undefined
      const change = { why: verdict.why, responseCode, fresh }
      const written = await this.#write(entry.reversal, change)
      if (written && verdict.ends) {
        if (!entry.approvedMeanwhile) {
          this.#entries.delete(entry.reversal.id)
          this.#ports.cardHost.forget(entry.reversal.host)
          return
        }
        // A record that a full disk refused is written again, behind that of the approval then.
        entry.isAhead = true
        const again = { why: 'late approval', responseCode: undefined }
        await this.#write(entry.reversal, { ...again, fresh: entry.reversal.trace })
      }
      // The journal does not know it: the next answer is judged, and written, from the old status.
      if (!written && !verdict.ends && !entry.approvedMeanwhile) {
        entry.reversal = { ...entry.reversal, status: before }
      }
    }
    this.#waitAgain(entry, verdict.status)
  }

  #judged({ reversal, approvedMeanwhile }: Entry, reply: ReversalReply): Verdict {
    return judge(reversal, reply, approvedMeanwhile, this.#settings.accepted)
  }

  /**
   * Under the trace of before the host may repeat what it said before the debit that the approval
   * tells of. So another trace is taken, once, where the profile has it so. What has come to
   * suspense had it before, in an earlier process perhaps: that waits for a person.
   */
  #renewed(entry: Entry, reply: ReversalReply): Verdict | undefined {
    const { host, wasReopened, status } = entry.reversal
    if (reply.kind !== 'answered' || entry.isFresh) return undefined
    const isOwed = wasReopened && status !== 'suspense' && reply.responseCode === '25'
    if (!entry.approvedMeanwhile && !isOwed) return undefined
    if (this.#settings.lateApproval(host.link) !== 'fresh') return undefined
    const trace = this.#ports.cardHost.reversalTrace(host)
    if (trace === undefined) return undefined
    entry.reversal = { ...entry.reversal, trace }
    Object.assign(entry, { approvedMeanwhile: true, isAhead: true })
    becomeFresh(entry)
    return { status: 'pending', ends: false, why: 'late approval' }
  }

  #isTaken(id: number): boolean {
    return this.#entries.has(id) || this.#reopening.has(id)
  }

  #isOpen(entry: Entry): boolean {
    return this.#entries.get(entry.reversal.id) === entry
  }

  #waitAgain(entry: Entry, status: ReversalStatus): void {
    let delayMs = this.#waits.after(status)
    if (delayMs === undefined) {
      delayMs = entry.delayMs
      entry.delayMs = Math.min(entry.delayMs * 2, this.#settings.mostDelayMs)
    }
    this.#wait(entry, entry.approvedMeanwhile ? 0 : delayMs)
  }

  #wait(entry: Entry, delayMs: number): void {
    const { clock } = this.#ports
    entry.askAgainMs = clock.monotonicMs() + delayMs
    entry.cancelWait = clock.after(delayMs, () => this.#becomeDue(entry))
  }

  async #write(
    reversal: OpenReversal,
    change: Pick<ReversalRecord, 'why' | 'responseCode' | 'fresh'>,
  ): Promise<boolean> {
    const { id, status, tries, approval } = reversal
    const atMs = this.#ports.clock.wallMs()
    // Written again by a full disk, it may come behind an approval that it knows nothing of.
    const unapproved = (isEnded(status) && approval === undefined) || undefined
    const record = { kind: 'reversal', id, status, tries, approval, unapproved, atMs } as const
    const result = await this.#ports.journal.write({ ...record, ...change })
    if (result.kind !== 'written') return false
    const entry = this.#entries.get(id)
    if (entry !== undefined && approval !== undefined) entry.isAhead = false
    return true
  }
}
