// One configured card host: its connections, the requests that wait for answers of any of them, and
// the traces that name them. Debits and reverses; what an answer means is answer.ts.
// Keeps nothing on disk: after a start it is told which traces are still open.

import { Mux, type MuxResult } from '../protocol/link/mux.ts'
import type { Dialect } from '../protocol/message/dialect.ts'
import { EncodeError } from '../protocol/message/encode.ts'
import type { GivenFields } from '../protocol/message/field-list.ts'
import { ModuleAwayError } from '../protocol/security/security-module.ts'
import type { PinBlock } from '../protocol/values/card.ts'
import { parseStan, parseTerminalId } from '../protocol/values/identifiers.ts'
import type { Pan } from '../protocol/values/pan.ts'
import { isReason } from '../protocol/values/reason.ts'
import type { Debit, DebitResult, ReversalReply } from '../switch/core/card-host.ts'
import type { StanSource } from '../switch/core/counters.ts'
import type { Approval, OpenReversal, ReversalTrace } from '../switch/core/journal.ts'
import type { KeyOwner } from '../switch/core/key-store.ts'
import type { HostTrace } from '../switch/core/sale-record.ts'
import { adviceFields } from './advice.ts'
import { approvalIn, type HostReply, judgePurchase, judgeReversal, unknown } from './answer.ts'
import { Connections } from './connections.ts'
import type { GatewayPorts } from './gateway-ports.ts'
import { purchaseFields } from './purchase.ts'
import { Routes } from './routes.ts'
import type { Session } from './session.ts'
import { type CardHostSettings, dialectOf } from './settings.ts'
import { Traces, traceKey } from './traces.ts'
import { type ZoneKeyState, ZoneKeys } from './zone-keys.ts'

export interface CardHostStatus {
  readonly name: string
  /** How many there should be. */
  readonly connections: number
  readonly signedOn: number
  readonly keys: ZoneKeyState
}

interface Arrival {
  readonly reply: HostReply
  readonly atMs: number
}

/** What the 0420 of a trace said of the approval: its repeats say the same. */
interface Told {
  readonly trace: string
  readonly approval: Approval | undefined
}

const ROUTES_MOST = 10_000
/** Of 999,999, and a reversal that is open holds two. */
const STANS_HELD_MOST = 400_000

export class LinkedHost {
  readonly name: string
  readonly #settings: CardHostSettings
  readonly #ports: GatewayPorts
  readonly #dialect: Dialect
  readonly #traces: Traces
  readonly #mux: Mux<Arrival>
  readonly #routes = new Routes(ROUTES_MOST)
  readonly #told = new Map<string, Told>()
  readonly #keys: ZoneKeys
  readonly #connections: Connections
  /** Of 0210 and 0430, since the last right one. */
  #wrongMacs = 0
  #wasFull = false

  constructor(settings: CardHostSettings, stans: StanSource, ports: GatewayPorts) {
    const { timers, limits } = ports
    this.name = settings.name
    this.#settings = settings
    this.#ports = ports
    this.#dialect = dialectOf(settings)
    this.#traces = new Traces(stans, timers)
    this.#keys = new ZoneKeys(settings.name, settings.keys, ports.keys)
    this.#mux = new Mux({
      timers,
      maxPending: limits.inFlightSales + limits.reversalsInParallel,
      late: (_key, { reply }) => this.#late(reply),
    })
    this.#connections = new Connections({
      settings,
      dialect: this.#dialect,
      traces: this.#traces,
      ports,
      keys: this.#keys,
      // What waits for this host can be sent from now on.
      keysChanged: () => (this.ready ? ports.onUp(settings.name) : undefined),
      reply: (reply) => this.#received(reply),
      // The answer may come on another connection, if there is one. [nothing-lost, row 30]
      closed: (session) => this.#mux.channelClosed(session, this.ready),
    })
  }

  start(): void {
    this.#connections.start()
  }

  stop(): Promise<void> {
    return this.#connections.stop()
  }

  /** An administrator has loaded or removed keys, perhaps those of this link. */
  keysChanged(owner: KeyOwner): void {
    if (owner === this.#keys.owner) this.#keys.reload()
  }

  get ready(): boolean {
    return this.#connections.ready > 0 && !this.#keys.missing
  }

  get status(): CardHostStatus {
    const { name, connections } = this.#settings
    return { name, connections, signedOn: this.#connections.ready, keys: this.#keys.state }
  }

  prepare(): HostTrace | undefined {
    if (!this.ready || this.#connections.stopping || this.#isFullOfReversals()) return undefined
    const trace = this.#traces.next()
    if (trace === undefined) return undefined
    this.#traces.hold(trace, trace.stan)
    return { link: this.name, ...trace, acquirerId: this.#settings.acquirerId }
  }

  /** So that there is a number for the reversal of each sale that is under way. */
  #isFullOfReversals(): boolean {
    const isFull = this.#traces.held >= STANS_HELD_MOST
    if (isFull && !this.#wasFull) this.#alarm('too many reversals are open for new sales')
    this.#wasFull = isFull
    return isFull
  }

  reversalTrace(sale: HostTrace): ReversalTrace | undefined {
    const trace = this.#traces.next()
    if (trace === undefined) {
      // A block of numbers is leased long before it is used up: the journal has failed for long.
      this.#alarm('no STAN for a reversal')
      return undefined
    }
    this.#traces.hold(sale, sale.stan)
    this.#traces.hold(sale, trace.stan)
    return trace
  }

  reopen(sale: HostTrace, reversal: ReversalTrace | undefined): void {
    this.#traces.hold(sale, sale.stan)
    if (reversal !== undefined) this.#traces.hold(sale, reversal.stan)
  }

  forget(sale: HostTrace): void {
    this.#traces.forget(sale)
    this.#told.delete(traceKey(sale))
  }

  debit(debit: Debit): Promise<DebitResult> {
    const { trace, request } = debit
    const session = this.#connections.next()
    if (session === undefined || this.#keys.missing) {
      return this.#notSent('no connection is signed on')
    }
    const pinBlock = this.#pinBlock(debit)
    if (pinBlock === 'none') return this.#notSent('the PIN block has no key')
    const body = this.#built('0200', () => {
      const fields = purchaseFields(debit, this.#settings.acquirerId)
      fields.put(this.#keys.pinField, pinBlock?.reveal())
      return fields
    })
    if (body === undefined) return this.#notSent('the purchase cannot be built')
    const key = replyKey('0210', trace, request.identity.terminal.tid)
    const askedMs = this.#ports.timers.monotonicMs()
    const send = () => {
      if (!session.send(body)) return false
      this.#routes.remember(traceKey(trace), session)
      return true
    }
    return this.#ask(key, session, send).then((asked) => {
      const result = this.#debitResult(debit, asked, askedMs)
      this.#ports.count('debits', result.kind)
      return result
    })
  }

  #notSent(why: string): Promise<DebitResult> {
    this.#ports.count('debits', 'not-sent')
    return Promise.resolve(notSent(why))
  }

  /** The PIN under the link's key, if one was entered; `none` when the link has no key for it. */
  #pinBlock({ card }: Debit): PinBlock | undefined | 'none' {
    if (card.enteredPin === undefined) return undefined
    const block = this.#keys.translate(card.enteredPin, card.pan)
    if (!isReason(block)) return block
    this.#alarm('a PIN block cannot be translated', block.reason)
    return 'none'
  }

  #debitResult(debit: Debit, result: MuxResult<Arrival>, askedMs: number): DebitResult {
    switch (result.kind) {
      case 'not-sent':
        return notSent('the connection takes nothing')
      case 'timeout':
        return unknown('not answered in time', undefined)
      case 'closed':
        return unknown('the connection ended before the answer', undefined)
      case 'reply': {
        const { reply, atMs } = result.reply
        const { profile } = this.#settings
        const judged = judgePurchase(profile, debit.request.content.amount, reply)
        // The clock decides what is late, not whether the timer or the answer was looked at first.
        if (atMs - askedMs <= this.#ports.timeouts.cardHostMs) return judged
        const seen = reply.kind === 'message' ? approvalIn(profile, reply) : undefined
        return unknown('answered too late', seen)
      }
    }
  }

  async reverse(reversal: OpenReversal, repeat: boolean): Promise<ReversalReply> {
    const { host, trace, tid } = reversal
    this.reopen(host, trace)
    const session = this.#sessionOf(host)
    if (session === undefined || this.#keys.missing) return { kind: 'not-sent' }
    const card = this.#opened(reversal)
    if (card === 'away') return { kind: 'not-sent' }
    if (card === undefined) return { kind: 'no-card' }
    const approval = this.#approvalToTell(reversal, repeat)
    // The setting may have changed since: the host finds its debit by the one of the 0200.
    const { acquirerId = this.#settings.acquirerId } = host
    const fields = () => adviceFields(reversal, approval, card, acquirerId)
    const body = this.#built(repeat ? '0421' : '0420', fields)
    if (body === undefined) return { kind: 'not-sent' }
    const result = await this.#ask(replyKey('0430', trace, tid), session, () => {
      if (!session.send(body)) return false
      this.#told.set(traceKey(host), { trace: traceKey(trace), approval })
      return true
    })
    if (result.kind === 'reply') return judgeReversal(result.reply.reply)
    return { kind: result.kind === 'not-sent' ? 'not-sent' : 'silent' }
  }

  /**
   * A repeat says what the 0420 said. After a start that is not known: an approval that turned up
   * after the outcome was not in it, unless the profile had a fresh 0420 made for it.
   */
  #approvalToTell(reversal: OpenReversal, repeat: boolean): Approval | undefined {
    if (!repeat) return reversal.approval
    const told = this.#told.get(traceKey(reversal.host))
    if (told?.trace === traceKey(reversal.trace)) return told.approval
    const isNews = reversal.wasReopened && this.#settings.profile.lateApproval === 'repeat'
    return isNews ? undefined : reversal.approval
  }

  #opened(reversal: OpenReversal): Pan | 'away' | undefined {
    let card: Pan | undefined
    try {
      card = this.#ports.openCard(reversal.sealedCard, reversal.id)
    } catch (error) {
      this.#ports.onError(error)
      return 'away'
    }
    if (card !== undefined) return card
    this.#alarm('card number of a reversal does not open', undefined, reversal.id)
    return undefined
  }

  #ask(key: string, session: Session, send: () => boolean): Promise<MuxResult<Arrival>> {
    return this.#mux.request(key, send, this.#ports.timeouts.cardHostMs, session)
  }

  /** Undefined is our bug, or a name that the field table has no room for: nothing was sent. */
  #built(mti: string, fields: () => GivenFields): Buffer | undefined {
    try {
      return this.#keys.encode(this.#dialect, mti, fields())
    } catch (error) {
      if (error instanceof ModuleAwayError) {
        // That is told once, by whoever looks after the module.
        this.#ports.count('card host connections', 'keys away')
        return undefined
      }
      // An EncodeError names the field and never its value.
      const detail = error instanceof EncodeError ? error.message : undefined
      this.#alarm(`a ${mti} to the card host cannot be built`, detail)
      return undefined
    }
  }

  /** The 0200's own connection while that lives: on another one the 0420 could overtake it. */
  #sessionOf(sale: HostTrace): Session | undefined {
    const own = this.#routes.sessionOf(traceKey(sale))
    return own?.ready === true ? own : this.#connections.next()
  }

  /** Whether a request waits for it. */
  #received(reply: HostReply): boolean {
    this.#noteMac(reply)
    const fields = reply.kind === 'message' ? reply : reply.read
    const [transmission, stan, tid] = [fields.get(7), fields.get(11), fields.get(41)]
    if (transmission === undefined || stan === undefined || tid === undefined) {
      this.#ports.count('card host replies', 'unmatched')
      return false
    }
    const key = replyKey(reply.mti ?? '', { transmission, stan }, tid.trimEnd())
    const atMs = this.#ports.timers.monotonicMs()
    if (!this.#mux.accept(key, { reply, atMs })) return false
    if (reply.kind !== 'message' || reply.mti !== '0210') return true
    if (approvalIn(this.#settings.profile, reply) === undefined) return true
    // Noted here and not where the debit goes on: a duplicate may lie in the same chunk of bytes.
    this.#routes.sawApproval(transmission + stan)
    return true
  }

  /** Keys that do not fit end every sale as unknown, and no reversal. [nothing-lost, row 10] */
  #noteMac(reply: HostReply): void {
    if (reply.kind === 'message') this.#wrongMacs = 0
    if (reply.kind !== 'unverified' || reply.why === 'the keys are away') return
    this.#wrongMacs += 1
    if (this.#wrongMacs !== this.#ports.limits.wrongMacsOfCardHost) return
    const detail = `${this.#wrongMacs} answers in a row without a right MAC`
    this.#alarm('key mismatch with a card host', detail)
  }

  /** Nobody waits for it: too late, a duplicate, or never asked for. [nothing-lost, rows 8, 9] */
  #late(reply: HostReply): void {
    const { count, onLateApproval } = this.#ports
    if (reply.kind !== 'message') return count('card host replies', 'late, unreadable')
    if (reply.mti !== '0210') return count('card host replies', 'late, of a reversal')
    const approval = approvalIn(this.#settings.profile, reply)
    if (approval === undefined) return count('card host replies', 'late, no approval')
    const stan = parseStan(reply.get(11) ?? '')
    const tid = parseTerminalId(reply.get(41) ?? '')
    const transmission = reply.get(7) ?? ''
    if (isReason(stan) || isReason(tid)) return count('card host replies', 'unmatched')
    if (this.#routes.isApproved(transmission + stan)) return count('card host replies', 'duplicate')
    count('card host replies', 'late approval')
    onLateApproval({ link: this.name, stan, transmission }, tid, approval)
  }

  #alarm(what: string, detail?: string, saleId?: number): void {
    const told = detail === undefined ? this.name : `${this.name}: ${detail}`
    const about = saleId === undefined ? {} : { saleId }
    this.#ports.notice({ level: 'alarm', what, detail: told, ...about })
  }
}

export function notSent(why: string): DebitResult {
  return { kind: 'not-sent', why }
}

/** [wire-protocol 4] A reply is matched by DE 7 + DE 11 + DE 41, and by what it answers. */
function replyKey(mti: string, trace: { transmission: string; stan: string }, tid: string): string {
  return `${mti} ${trace.transmission}${trace.stan} ${tid}`
}
