// The card host: takes requests from its connections, lets the fault script interfere, and keeps
// the one order that matters: a line is in the ledger before its answer leaves. Whether money moves
// is authorise.ts. On a link with keys a message without a right MAC is answered 63 and moves
// nothing; an answer goes out under the keys of its request.

import { systemTimers, type Timers } from '../protocol/link/timers.ts'
import { decode } from '../protocol/message/decode.ts'
import { DIALECTS, withHexBinary } from '../protocol/message/dialect.ts'
import type { FieldReader } from '../protocol/message/message.ts'
import { isRequest } from '../protocol/message/mti.ts'
import { tehranTime } from '../protocol/values/moment.ts'
import {
  type Answer,
  type AnswerForm,
  disguise,
  moneyAnswer,
  networkAnswer,
  refusal,
  spoil,
} from './answer.ts'
import type { Forced, Verdict } from './authorise.ts'
import { BankBooks } from './bank-books.ts'
import { keyText } from './book.ts'
import { Door, type Session } from './door.ts'
import { type Fault, type FaultRuleData, FaultScript, type Occasion } from './faults.ts'
import type { CardBalance, CardHostEvent, CardHostOptions } from './host-options.ts'
import type { Ledger, LedgerEntry } from './ledger.ts'
import {
  type HostRequest,
  type NetworkRequest,
  type PurchaseRequest,
  type ReversalRequest,
  readRequest,
} from './request.ts'
import { type Under, ZoneLink } from './zone-link.ts'

/** A request, where it came from, and what its answer echoes. */
interface Asked {
  readonly session: Session
  readonly mti: string
  readonly message: FieldReader
  readonly under: Under
}

/** A request that moves money. */
interface Task extends Asked {
  readonly request: PurchaseRequest | ReversalRequest
}

/** What is sent for a message, and what to say of it. */
interface Reply {
  readonly answer: Answer
  readonly under: Under
  readonly message: FieldReader
  readonly rc: string
  readonly fault: Fault | undefined
}

/** The exit code of a killed process. */
const CRASH_CODE = 137
/** The fifth frame that cannot be read closes its connection. [wire-protocol 2] */
const MAX_STRIKES = 5

export async function startCardHost(options: CardHostOptions = {}): Promise<CardHost> {
  const cardHost = new CardHost(options)
  await cardHost.open()
  return cardHost
}

export class CardHost {
  readonly #options: CardHostOptions
  readonly #timers: Timers
  readonly #form: AnswerForm
  readonly #books: BankBooks
  readonly #script: FaultScript
  readonly #door: Door
  readonly #link: ZoneLink
  readonly #pending = new Set<() => void>()
  #signedOn = false
  #stopped = false

  constructor(options: CardHostOptions) {
    const dialect = DIALECTS[options.dialect ?? 'iso87ascii']
    this.#options = options
    this.#timers = options.timers ?? systemTimers
    this.#form = {
      dialect: options.binaryAsHex === true ? withHexBinary(dialect) : dialect,
      de90: options.answerDe90 ?? false,
      de15: options.answerDe15 === true ? () => tehranTime(this.#timers.wallMs()).date : undefined,
    }
    this.#script = new FaultScript(options.seed ?? 1)
    this.#script.set(options.faults ?? [])
    this.#door = new Door(options, this.#timers, {
      opened: () => this.#opened(),
      frame: (session, body) => this.#received(session, body),
      failed: (error) => this.#fail(error),
    })
    this.#link = new ZoneLink(options, {
      dialect: this.#form.dialect,
      timers: this.#timers,
      sessions: () => this.#door.sessions,
      told: ({ channel }, reason) => {
        this.#observe({ kind: 'key-change', connection: channel.id, reason })
      },
    })
    this.#books = new BankBooks(options, this.#timers)
  }

  get port(): number {
    return this.#door.port
  }

  get faults(): readonly FaultRuleData[] {
    return this.#script.rules
  }

  /** Takes effect with the next message; throws on a script that cannot be read. */
  set faults(rules: readonly FaultRuleData[]) {
    this.#script.set(rules)
    this.#loaded()
  }

  connections(): number {
    return this.#door.sessions.size
  }

  get ledger(): Ledger {
    return this.#books.ledger
  }

  balances(): CardBalance[] {
    return this.#books.balances()
  }

  /** Undefined for a card that has no account. */
  balanceOf(cardNumber: string): number | undefined {
    return this.#books.balanceOf(cardNumber)
  }

  /** Debits that were not reversed: what the cards have paid. */
  netDebits(): LedgerEntry[] {
    return this.#books.netDebits()
  }

  /** False: there are no keys, one change is on its way, or nobody has signed on. */
  changeKeys(): boolean {
    return this.#link.change()
  }

  /** Closes every connection and the port, and opens the same port again later. */
  refuseConnections(forMs: number): void {
    this.#door.refuse(forMs)
  }

  /** Called once, by startCardHost. */
  async open(): Promise<void> {
    try {
      await this.#door.open()
    } catch (error) {
      this.#books.close()
      throw error
    }
    this.#loaded()
  }

  /** Answers that were to be late are never sent. */
  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    for (const cancel of this.#pending) cancel()
    this.#pending.clear()
    this.#link.stop()
    this.#books.close()
    await this.#door.close()
  }

  #loaded(): void {
    const fault = this.#script.pick({ on: 'load' })
    if (fault?.kind === 'refuse-connections') this.#door.refuse(this.#script.draw(fault.ms))
  }

  #opened(): string | undefined {
    const fault = this.#script.pick({ on: 'connect' })
    if (fault?.kind === 'refuse-connections') this.#door.refuse(this.#script.draw(fault.ms))
    return fault && `fault: ${fault.kind}`
  }

  #received(session: Session, body: Buffer): void {
    if (this.#stopped) return
    const message = decode(this.#form.dialect, body)
    const { mti } = message
    if (message.kind === 'message' && this.#link.isAnswer(message)) return
    const readable = message.kind === 'message' || message.bitmapRead
    if (mti === null || !isRequest(mti) || !readable) {
      this.#dropped(session, message.kind === 'rejected' ? message.reason : 'not a request')
      return
    }
    const fields = message.kind === 'message' ? message : message.read
    const { id } = session.channel
    const [de7, stan] = [fields.get(7), fields.get(11)]
    this.#observe({ kind: 'request', connection: id, mti, de7, stan })
    if (message.kind === 'rejected') {
      return this.#refuse({ session, mti, message: fields, under: undefined }, '30')
    }
    const verdict = this.#link.verify(message)
    if (verdict !== 'wrong') {
      return this.#handle(
        { session, mti, message, under: verdict.under },
        readRequest(mti, message),
      )
    }
    this.#observe({ kind: 'wrong-mac', connection: id, mti, de7, stan })
    this.#refuse({ session, mti, message, under: undefined }, '63')
  }

  #dropped(session: Session, reason: string): void {
    session.channel.dropped()
    session.strikes += 1
    this.#observe({ kind: 'dropped', connection: session.channel.id, reason })
    if (session.strikes >= MAX_STRIKES) session.channel.close('too many unreadable frames')
  }

  #handle(asked: Asked, request: HostRequest): void {
    switch (request.kind) {
      case 'refused':
        this.#refuse(asked, request.rc)
        return
      case 'network':
        this.#network(asked, request)
        return
      case 'purchase': {
        if (!this.#isSignedOn(asked.session)) {
          this.#refuse(asked, this.#options.notSignedOnRc ?? '91')
          return
        }
        const opened = this.#link.withPin(request, asked.under)
        if (opened === undefined) this.#refuse(asked, '30')
        else this.#begin({ ...asked, request: opened })
        return
      }
      case 'reversal':
        this.#begin({ ...asked, request })
    }
  }

  #refuse(asked: Asked, rc: string): void {
    const answer = refusal(asked.mti, asked.message, rc)
    this.#send(asked.session, { ...asked, answer, rc, fault: undefined })
  }

  /** The faults that keep a request from taking effect, or from taking effect now. */
  #begin(task: Task): void {
    const { kind: on, cardNumber: card, amountRial, key } = task.request
    const about = task.request.kind === 'reversal' ? task.request.original : key
    const occasion = { on, card, amountRial, tid: key.tid, key: keyText(about) }
    const fault = this.#meet(task.session, task.message, occasion)
    if (this.#isLost(task.session, fault)) return
    if (fault?.kind !== 'held') this.#act(task, fault)
    else this.#later(this.#script.draw(fault.ms), () => this.#act(task, fault))
  }

  #meet(session: Session, message: FieldReader, occasion: Occasion): Fault | undefined {
    const fault = this.#script.pick(occasion)
    if (fault === undefined) return undefined
    const [de7, stan] = [message.get(7), message.get(11)]
    const { id } = session.channel
    this.#observe({ kind: 'fault', connection: id, de7, stan, fault: fault.kind })
    return fault
  }

  #isLost(session: Session, fault: Fault | undefined): boolean {
    if (fault?.kind === 'drop') session.channel.close('fault: drop')
    if (fault?.kind === 'refuse-connections') this.#door.refuse(this.#script.draw(fault.ms))
    return fault !== undefined && ['silent', 'drop', 'refuse-connections'].includes(fault.kind)
  }

  #act(task: Task, fault: Fault | undefined): void {
    const meddling = { forced: forcedBy(fault), fault: fault?.kind }
    const verdict = this.#books.decide(task.request, meddling)
    switch (fault?.kind) {
      case 'act-then-silent':
        return
      case 'act-then-drop':
        task.session.channel.close('fault: act-then-drop')
        return
      case 'act-then-crash':
        this.#crash()
        return
      default:
        this.#answer(task, disguise(verdict, fault), fault)
    }
  }

  #answer(task: Task, verdict: Verdict, fault: Fault | undefined): void {
    const { session, mti, message, under } = task
    const answer = moneyAnswer(this.#form, mti, message, verdict)
    const reply: Reply = { answer, under, message, rc: verdict.rc, fault }
    if (fault?.kind === 'late') {
      this.#later(this.#script.draw(fault.ms), () => this.#send(session, reply))
    } else if (fault?.kind === 'other-connection') {
      this.#send(this.#otherThan(session), reply)
    } else {
      this.#send(session, reply)
    }
    if (fault?.kind !== 'duplicate') return
    this.#later(this.#script.draw(fault.ms), () => this.#send(session, reply))
  }

  #network(asked: Asked, request: NetworkRequest): void {
    const { session, mti, message, under } = asked
    const fault = this.#meet(session, message, { on: 'network', de70: request.de70 })
    if (this.#isLost(session, fault)) return
    const rc = fault?.kind === 'decline' ? fault.rc : this.#networkResult(session, request.de70)
    const answer = networkAnswer(mti, message, rc)
    const send = () => {
      this.#send(session, { answer, under, message, rc, fault })
      if (request.de70 === '001' && session.signedOn) this.#link.signedOn(session)
    }
    if (fault?.kind === 'late') this.#later(this.#script.draw(fault.ms), send)
    else send()
  }

  #networkResult(session: Session, de70: string): string {
    if (de70 === '301') return '00'
    if (de70 !== '001' && de70 !== '002') return '12'
    session.signedOn = de70 === '001'
    this.#signedOn = session.signedOn
    return '00'
  }

  #isSignedOn(session: Session): boolean {
    const { signOn = 'connection' } = this.#options
    if (signOn === 'none') return true
    return signOn === 'host' ? this.#signedOn : session.signedOn
  }

  #otherThan(session: Session): Session {
    for (const other of this.#door.sessions) if (other !== session && other.signedOn) return other
    return session
  }

  #send(session: Session, reply: Reply): void {
    const { answer, under, message, rc, fault } = reply
    const body = this.#link.bytes(answer, under, fault)
    const bytes = fault?.kind === 'bad-frame' ? spoil(body, fault.how) : body
    const { id } = session.channel
    if (!session.channel.send(bytes)) return
    const [de7, stan] = [message.get(7), message.get(11)]
    this.#observe({ kind: 'answer', connection: id, de7, stan, rc, fault: fault?.kind })
  }

  /** What throws in a timer is our bug, or a disk that is full: the host stops. */
  #later(ms: number, run: () => void): void {
    const cancel = this.#timers.after(ms, () => {
      this.#pending.delete(cancel)
      try {
        run()
      } catch (error) {
        this.#fail(error)
      }
    })
    this.#pending.add(cancel)
  }

  /** The default ends the process here; when a test's `exit` returns, nothing is answered. */
  #crash(): void {
    const { exit = process.exit } = this.#options
    exit(CRASH_CODE)
    this.stop().catch((error: unknown) => this.#options.failed?.(error))
  }

  #fail(error: unknown): void {
    if (this.#stopped) return
    const failed = () => this.#options.failed?.(error)
    this.stop().then(failed, failed)
  }

  #observe(event: CardHostEvent): void {
    this.#options.observe?.(event)
  }
}

function forcedBy(fault: Fault | undefined): Forced | undefined {
  if (fault?.kind === 'decline') return { kind: 'decline', rc: fault.rc }
  if (fault?.kind === 'partial') return { kind: 'partial', amountRial: fault.amountRial }
  return undefined
}
