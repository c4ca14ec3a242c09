// Judges a simulated run from the outside, after every frame: what terminals were answered and
// shown, what the card host was sent and has booked. Reads bytes with the simulation's own parser,
// knows the imported PINs and the faults that were injected, and nothing of how the switch decides.

import { debitKey, type Ledger } from '../host-ledger.ts'
import type { SimVoucher } from '../shop.ts'
import { isBefore } from '../wire/calendar.ts'
import { readMessage, replyMti, type WireDialect, type WireMessage } from '../wire/codec.ts'
import { hasRightMac } from '../wire/sealed.ts'
import { judgeAdvice, judgeInquiry, judgeReprint, noteReprintAsked } from './advice-rules.ts'
import type { Asked, Court } from './court.ts'
import { judgeDayEnd } from './day-end-rules.ts'
import { Gaps } from './gap.ts'
import { HostView } from './host-view.ts'
import { contentOf, type IdentitySeen, identityKey, newIdentity } from './identity.ts'
import { KeyRules, type MacSeen } from './key-rules.ts'
import { LimitRules } from './limit-rules.ts'
import type { OracleClock } from './oracle-clock.ts'
import { judgeSale } from './sale-rules.ts'
import { StockView } from './stock-view.ts'
import { Troubles } from './troubles.ts'
import { ZoneRules } from './zone-rules.ts'

export interface Session {
  asked(body: Buffer): void
  answered(body: Buffer): void
}

const VIOLATIONS_MOST = 20
/** The switch's total of 30 s less the card host's 25 s: later nobody waits for the sale. */
const BEFORE_DEBIT_MS = 5_000
const RECENT = 24
const RECENT_MS = 90_000

export class Oracle implements Court {
  readonly violations: string[] = []
  readonly clock: OracleClock
  readonly stock: StockView
  readonly host: HostView
  readonly troubles: Troubles
  readonly gaps: Gaps
  readonly limits: LimitRules
  readonly keys: KeyRules | undefined
  readonly identities = new Map<string, IdentitySeen>()
  /** RRN to the identity it was answered to. */
  readonly owners = new Map<string, string>()
  readonly closed = new Map<string, { count: number; amount: number }>()
  readonly #zone: ZoneRules | undefined
  readonly #recent: IdentitySeen[] = []
  readonly #byMoment = new Map<string, IdentitySeen>()

  constructor(
    clock: OracleClock,
    stock: readonly SimVoucher[],
    shop: {
      readonly terminals: boolean
      readonly host: boolean
      readonly late: 'repeat' | 'fresh'
    },
  ) {
    this.clock = clock
    this.stock = new StockView(clock, stock)
    this.host = new HostView((what) => this.violation(what), shop.late === 'fresh')
    this.troubles = new Troubles(clock)
    const violation = (what: string) => this.violation(what)
    if (shop.terminals) this.keys = new KeyRules(clock, this.troubles, violation)
    if (shop.host) this.#zone = new ZoneRules(clock, this.troubles, violation)
    this.gaps = new Gaps(clock)
    this.limits = new LimitRules(clock)
  }

  violation(what: string): void {
    if (this.violations.length < VIOLATIONS_MOST) {
      this.violations.push(`at ${Math.round(this.clock.monotonicMs())} ms: ${what}`)
    }
  }

  /** One connection of a terminal, or of an institution with many. */
  session(dialect: WireDialect, institution: number): Session {
    const waiting = new Map<string, Asked[]>()
    const keys = institution === 0 ? this.keys : undefined
    return {
      asked: (body) => {
        const message = readMessage(dialect, body)
        const mac = keys?.asked(message, body) ?? NO_KEYS
        const asked = this.#asked(institution, message, mac)
        const key = matchKey(replyMti(message.mti), message)
        const others = waiting.get(key)
        if (others === undefined) waiting.set(key, [asked])
        else others.push(asked)
      },
      answered: (body) => {
        const reply = this.#readReply(dialect, body)
        if (reply === undefined) return
        const asked = takeAsked(waiting.get(matchKey(reply.mti, reply)) ?? [], reply, body)
        if (asked === undefined) return this.violation(`a ${reply.mti} answers nothing`)
        const clear = keys === undefined ? reply : keys.answered(asked, reply, body)
        if (clear !== undefined) this.#answered(asked, clear)
        else if (asked.mac.kind === 'right' && asked.message.mti.startsWith('020')) {
          asked.identity.pending--
          asked.identity.asked--
        }
      },
    }
  }

  sentToHost(link: string, message: WireMessage, body: Buffer): void {
    this.#zone?.sent(message, body)
    const sent = this.host.sent(link, message, this.clock.monotonicMs())
    if (sent === undefined) return
    const { mti, purchase } = sent
    if (mti === '0200') {
      if (this.troubles.isFenced) this.violation(`RRN ${purchase.rrn}: debited behind the fence`)
      const seen = this.#byMoment.get(momentOf(purchase, message))
      if (seen === undefined) return this.violation(`RRN ${purchase.rrn}: debited for nobody`)
      if (seen.forgotten !== undefined && !this.gaps.takesAnew(seen)) {
        this.violation(`${seen.key}: debited after a restore that may have forgotten its sale`)
      }
      seen.rrn ??= purchase.rrn
      this.limits.sent(purchase.rrn, seen.firstAskedMs)
      const waitedMs = purchase.sentMs - seen.lastAskedMs
      if (waitedMs > BEFORE_DEBIT_MS) this.violation(`${seen.key}: debited after ${waitedMs} ms`)
      return
    }
    const owner = this.identities.get(this.owners.get(purchase.rrn) ?? '')
    if (owner?.answer?.code === '00' && owner.reversalAskedMs === undefined) {
      this.violation(`RRN ${purchase.rrn} is sold, and its debit is reversed`)
    }
  }

  gotFromHost(link: string, body: Buffer, ledger: Ledger): void {
    const isRight = (read: WireMessage) => this.#zone?.received(read, body) ?? true
    const purchase = this.host.received(link, body, this.clock.monotonicMs(), isRight)
    if (purchase === undefined) return
    const { transmission, stan, tid } = purchase
    const debit = ledger.get(debitKey(link, transmission + stan, tid))
    if (debit !== undefined && purchase.answers.length > 0) debit.approvalDelivered = true
  }

  /** The process has died. */
  crashed(): void {
    this.keys?.crashed()
    this.#zone?.crashed()
    this.host.crashed(this.clock.monotonicMs())
    this.troubles.crash()
  }

  imported(vouchers: readonly SimVoucher[]): void {
    this.stock.imported(vouchers)
  }

  /** Somebody sets the calendar. */
  setsClock(set: () => void): void {
    this.troubles.clock()
    this.limits.look()
    set()
    this.limits.look()
  }

  held(batch: number): void {
    this.stock.held(batch)
  }

  released(batch: number): void {
    this.stock.released(batch)
  }

  /** A backup was made: by this number a restore may come back to it. */
  backedUp(number: number): void {
    this.gaps.backedUp(number, this.identities, this.closed)
  }

  /** That backup was restored, and the switch says that something may be lost. */
  restored(number: number): void {
    this.gaps.restored(number, this.identities, this.closed)
    this.host.restored(this.clock.monotonicMs())
    this.keys?.restored()
    this.#zone?.restored()
    this.stock.fenced()
    this.troubles.fence()
  }

  /** The gap was accepted: it sells again. */
  accepted(): void {
    this.troubles.fenceAccepted()
  }

  returning(batch: number): void {
    this.stock.returning(batch)
  }

  returned(batch: number): void {
    this.stock.returned(batch)
  }

  /** What the switch tells its administrators must not name a secret. */
  noticed(notice: { readonly what: string; readonly detail?: string | undefined }): void {
    if (notice.what === 'daily limit reached') this.limits.alarmed(notice.detail ?? '')
    const text = JSON.stringify(notice)
    if (/71\d{14}|(603799|627353)\d{10}/.test(text)) this.violation('a notice names a secret')
  }

  bug(error: unknown): void {
    this.violation(`our bug: ${(error as Error).stack}`)
  }

  stateOfRrn(rrn: string): string[] {
    const key = this.owners.get(rrn)
    const seen = key === undefined ? undefined : this.identities.get(key)
    if (seen !== undefined) return [this.#stateOf(seen)]
    const purchase = this.host.purchase(rrn)
    return [purchase === undefined || purchase.reversalsSent === 0 ? 'debiting' : 'reversing']
  }

  stateOf(institution: number, message: WireMessage): string[] {
    const seen = this.identities.get(identityKey(institution, message))
    return seen === undefined ? ['new'] : [this.#stateOf(seen)]
  }

  /** The states of sales that something happened to a moment ago. */
  liveStates(): string[] {
    const now = this.clock.monotonicMs()
    const states = new Set<string>()
    for (const seen of this.#recent) {
      if (now - seen.touchedMs < RECENT_MS) states.add(this.#stateOf(seen))
    }
    return [...states]
  }

  #stateOf(seen: IdentitySeen): string {
    if (seen.reversedMs !== undefined) return 'reversed'
    if (seen.confirmedMs !== undefined) return 'confirmed'
    const purchase = seen.rrn === undefined ? undefined : this.host.purchase(seen.rrn)
    if (seen.answer?.code === '00') return 'sold'
    if (purchase !== undefined && purchase.reversalsSent > 0) return 'reversing'
    if (seen.answer !== undefined) return seen.answer.code === '68' ? 'reversing' : 'declined'
    if (purchase === undefined) return 'asked'
    return purchase.answers.length > 0 ? 'deciding' : 'debiting'
  }

  #asked(institution: number, message: WireMessage, mac: MacSeen): Asked {
    const nowMs = this.clock.monotonicMs()
    this.limits.look()
    const isInquiry = message.mti === '0100' && message.fields[3] === '330000'
    const original = isInquiry ? message.fields[48] : undefined
    const key = identityKey(institution, message, original)
    const known = this.identities.get(key)
    const seen = known ?? newIdentity(key, institution, message, nowMs)
    const asked = { message, identity: seen, atMs: nowMs, mac }
    // Nothing may come of what has no right MAC: it never was.
    if (mac.kind === 'wrong' || mac.kind === 'logon') return asked
    if (known === undefined) this.identities.set(key, seen)
    seen.touchedMs = nowMs
    this.#touch(seen)
    this.#noteRequest(asked)
    return asked
  }

  #noteRequest({ identity: seen, message, atMs: nowMs, mac }: Asked): void {
    const { mti, fields } = message
    const printed = /^0106(\d{6})/.exec(fields[60] ?? '')?.[1]
    if (printed !== undefined) this.#maybeConfirmed(seen, printed)
    switch (mti.slice(0, 3)) {
      case '020':
        seen.pending++
        seen.asked++
        // Also when nothing is debited, and the answer is lost with the process.
        this.gaps.takesAnew(seen)
        if (isFromBeforeLogon(message, mac, this.clock.wallMs())) seen.fromBeforeLogon = true
        else seen.askedInTime = true
        seen.askedAmount = Math.max(seen.askedAmount, Number(fields[4]))
        seen.lastAskedMs = nowMs
        seen.firstContent ??= contentOf(message)
        this.#byMoment.set(`${seen.mid} ${seen.tid} ${fields[12]} ${fields[13]}`, seen)
        return
      case '040':
      case '042':
        seen.reversalAskedMs ??= nowMs
        return
      case '022':
        seen.confirmationAskedMs ??= nowMs
        return
      case '010':
        if (fields[3] === '390000') noteReprintAsked(this.identities.values(), seen)
        return
      case '050':
        seen.dayEnd ??= 'asked'
    }
  }

  /** DE 60 tag 01 confirms the terminal's newest sold sale when it is that STAN's. */
  #maybeConfirmed(by: IdentitySeen, stan: string): void {
    for (const seen of this.identities.values()) {
      if (seen.institution !== by.institution || seen.tid !== by.tid || seen.mid !== by.mid)
        continue
      const [, , , own = ''] = seen.key.split(' ')
      if (own.startsWith(stan)) seen.maybeConfirmed = true
    }
  }

  #touch(seen: IdentitySeen): void {
    if (this.#recent.includes(seen)) return
    this.#recent.push(seen)
    if (this.#recent.length > RECENT) this.#recent.shift()
  }

  #readReply(dialect: WireDialect, body: Buffer): WireMessage | undefined {
    try {
      return readMessage(dialect, body)
    } catch (error) {
      this.violation(`a reply cannot be read: ${(error as Error).message}`)
      return undefined
    }
  }

  #answered(asked: Asked, reply: WireMessage): void {
    this.#checkEcho(asked, reply)
    const { message } = asked
    switch (message.mti.slice(0, 3)) {
      case '020':
        return judgeSale(this, asked, reply)
      case '010':
        if (message.fields[3] === '330000') return judgeInquiry(this, asked, reply)
        return judgeReprint(this, asked, reply)
      case '022':
      case '040':
      case '042':
        return judgeAdvice(this, asked, reply)
      case '050':
        return judgeDayEnd(this, asked, reply)
    }
  }

  /** What every reply repeats of its request. [wire-protocol 3] */
  #checkEcho({ message, identity }: Asked, reply: WireMessage): void {
    for (const de of ECHOED) {
      const said = message.fields[de]
      if (de === 4 && message.mti === '0100') continue
      if (de === 48 && (message.mti.startsWith('05') || message.fields[3] === '390000')) continue
      if (reply.fields[de]?.trimEnd() !== said?.trimEnd()) {
        this.violation(`${identity.key}: DE ${de} of the ${reply.mti} is not the request's`)
      }
    }
  }
}

const NO_KEYS: MacSeen = { kind: 'none' }
const ECHOED = [3, 4, 7, 11, 12, 13, 24, 25, 41, 42, 48, 49]

/**
 * The oldest, of the content that the answer is to: past its total the switch is silent, so that an
 * older request may still stand there, and the card of a request is not repeated in its answer. One
 * that the answer has the time and the keys of goes before others.
 */
function takeAsked(waiting: Asked[], reply: WireMessage, body: Buffer): Asked | undefined {
  if (waiting.length < 2) return waiting.shift()
  const isRefusal = reply.fields[39] === '94'
  const hasKeysOf = ({ mac }: Asked): boolean => {
    if (reply.fields[64] === undefined) return mac.kind !== 'right' || !mac.must
    return mac.kind === 'none' || (mac.kind === 'right' && hasRightMac(body, mac.set.mac))
  }
  const hasTimeOf = ({ message }: Asked): boolean => message.fields[7] === reply.fields[7]
  const hasContentOf = ({ identity, message }: Asked): boolean => {
    const known = identity.content ?? identity.firstContent
    return known === undefined || (contentOf(message) !== known) === isRefusal
  }
  const wanted = [hasTimeOf, hasKeysOf, hasContentOf]
  for (let least = wanted.length; least > 0; least--) {
    const at = waiting.findIndex((one) => wanted.slice(0, least).every((has) => has(one)))
    if (at >= 0) return waiting.splice(at, 1)[0]
  }
  return waiting.shift()
}

/** Both times are the terminal's own. */
function isFromBeforeLogon({ mti, fields }: WireMessage, mac: MacSeen, nowMs: number): boolean {
  if (mti !== '0201' || mac.kind !== 'right') return false
  return isBefore(fields[7] ?? '', mac.set.transmission, nowMs)
}

/** DE 4 and 48 too: under one identity another content may be asked for. */
function matchKey(mti: string, { fields }: WireMessage): string {
  // The answer to a logon tells the time of the switch.
  if (mti.startsWith('08')) return `${mti} ${fields[7]} ${fields[11]} ${fields[41]}`
  const order = fields[3]?.startsWith('1') ? `${fields[4]} ${fields[48]}` : ''
  return `${mti} ${fields[3]} ${fields[11]} ${fields[12]} ${fields[13]} ${fields[41]} ${order}`
}

/** A 0200 carries no STAN of the terminal: its local time names the sale well enough. */
function momentOf(purchase: { tid: string; mid: string }, { fields }: WireMessage): string {
  return `${purchase.mid} ${purchase.tid} ${fields[12]} ${fields[13]}`
}
