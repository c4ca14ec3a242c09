// One connection to the card host while it lasts: signs on, answers the host's own requests, echoes
// after silence and closes when echoes stay unanswered. Replies to purchases and reversals are
// handed on; who waits for them is not known here. A closed session is never used again.
//
//   new --0810 00--> ready --host's 002--> signed off --0810 00 after a pause, or its 001--> ready
//   sign-on refused or not answered, two echoes missed, five unreadable frames --> closed, redialed

import type { Channel, ChannelHandlers } from '../protocol/link/channel.ts'
import type { Timers } from '../protocol/link/timers.ts'
import { decode, type Rejection } from '../protocol/message/decode.ts'
import type { Dialect } from '../protocol/message/dialect.ts'
import type { Fields } from '../protocol/message/encode.ts'
import type { Message } from '../protocol/message/message.ts'
import { isRequest, replyMti } from '../protocol/message/mti.ts'
import { ModuleAwayError } from '../protocol/security/security-module.ts'
import type { HostReply, Unverified } from './answer.ts'
import {
  answerRequest,
  ECHO,
  isKeyChange,
  type NetworkCode,
  networkFields,
  SIGN_OFF,
  SIGN_ON,
} from './network.ts'
import type { GatewayLimits, GatewayTimeouts } from './settings.ts'
import { type Traces, traceKey } from './traces.ts'
import type { Verified } from './zone-change.ts'
import type { ZoneKeys } from './zone-keys.ts'

export interface SessionPorts {
  readonly dialect: Dialect
  readonly signOn: boolean
  readonly keys: ZoneKeys
  /** The host has sent keys, and they are in force. */
  readonly keysChanged: () => void
  readonly traces: Traces
  readonly timers: Timers
  readonly timeouts: GatewayTimeouts
  readonly limits: GatewayLimits
  readonly ready: (session: Session) => void
  /** It carries nothing new, but answers may still come. */
  readonly signedOff: (session: Session, reason: string) => void
  readonly closed: (session: Session, reason: string) => void
  /** A 0210 or 0430, or an unreadable one: whether a request waits for it. */
  readonly reply: (reply: HostReply) => boolean
  readonly count: (what: string, label: string) => void
  readonly onError: (error: unknown) => void
}

/** The code of the 0810; undefined when none came. */
type Answered = (responseCode: string | undefined) => void

interface Asked {
  readonly under: Verified
  readonly settle: Answered
  /** The host had it, and time to answer: what it was under is unproven, if it was sent at all. */
  readonly unanswered: () => void
}

/** A stop does not wait longer for the card host's farewell. */
const SIGN_OFF_MS = 2_000

export class Session {
  readonly #channel: Channel
  readonly #ports: SessionPorts
  readonly #asked = new Map<string, Asked>()
  #state: 'off' | 'signing on' | 'on' | 'ending' = 'off'
  #watching = false
  #heardMs: number
  #missed = 0
  #unreadable = 0
  #cancelWatch: (() => void) | undefined
  #cancelSignOn: (() => void) | undefined

  constructor(channel: Channel, ports: SessionPorts) {
    this.#channel = channel
    this.#ports = ports
    this.#heardMs = ports.timers.monotonicMs()
  }

  /** Signs on where the host wants it. */
  start(): void {
    if (this.#ports.signOn) this.#signOn()
    else this.#becomeReady()
  }

  readonly handlers: ChannelHandlers = {
    frame: (body) => this.#received(body),
    closed: (reason) => this.#closed(reason),
    counted: (what) => this.#ports.count('link events', what),
  }

  /** Signed on and open. */
  get ready(): boolean {
    return this.#state === 'on' && this.#channel.open
  }

  /** False: no byte was written. */
  send(body: Buffer): boolean {
    return this.#channel.send(body)
  }

  /** Signs off where it is signed on, and then closes; the host has a moment to answer. */
  end(ended: () => void): void {
    const wasOn = this.#state === 'on'
    this.#state = 'ending'
    if (wasOn) this.#ports.signedOff(this, 'the switch stops')
    if (!wasOn || !this.#ports.signOn) return ended()
    const { echoAnswerMs } = this.#ports.timeouts
    this.#ask(SIGN_OFF, ended, Math.min(echoAnswerMs, SIGN_OFF_MS))
  }

  #signOn(): void {
    if (this.#state !== 'off' || !this.#channel.open) return
    this.#state = 'signing on'
    this.#cancelSignOn?.()
    this.#ask(SIGN_ON, (responseCode) => {
      if (this.#state !== 'signing on') return
      if (responseCode === '00') this.#becomeReady()
      else if (responseCode === undefined) this.#channel.close('the sign-on was not answered')
      else this.#channel.close(`the sign-on was refused with ${responseCode}`)
    })
  }

  #becomeReady(): void {
    this.#state = 'on'
    this.#ports.ready(this)
    if (this.#watching) return
    this.#watching = true
    this.#watch()
  }

  /** The host signed off. It may sign on again, and after a pause it is asked. */
  #hostSignedOff(): void {
    if (this.#state !== 'on') return
    this.#state = 'off'
    this.#ports.signedOff(this, 'the card host signed off')
    if (!this.#ports.signOn) return
    const { timers, timeouts } = this.#ports
    this.#cancelSignOn = timers.after(timeouts.dialBackoffMaxMs, () => this.#signOn())
  }

  #hostSignedOn(): void {
    if (this.#state !== 'off') return
    if (this.#ports.signOn) this.#signOn()
    else this.#becomeReady()
  }

  /** Waits for silence; re-armed only when it fires. */
  #watch(): void {
    const { timers, timeouts } = this.#ports
    const leftMs = this.#heardMs + timeouts.echoAfterMs - timers.monotonicMs()
    if (leftMs > 0) this.#cancelWatch = timers.after(leftMs, () => this.#watch())
    else this.#echo()
  }

  #echo(): void {
    const askedMs = this.#ports.timers.monotonicMs()
    this.#ask(ECHO, (responseCode) => {
      if (!this.#channel.open) return
      // Anything that came meanwhile shows that the host is there.
      if (responseCode !== undefined || this.#heardMs > askedMs) {
        this.#missed = 0
        this.#watch()
        return
      }
      this.#missed += 1
      this.#ports.count('card host connections', 'echo missed')
      if (this.#missed < this.#ports.limits.missedEchoes) this.#echo()
      else this.#channel.close('echoes were not answered')
    })
  }

  /** `answered` is called once: with the code, or without when the time is over or the end came. */
  #ask(
    code: NetworkCode,
    answered: Answered,
    deadlineMs = this.#ports.timeouts.echoAnswerMs,
  ): void {
    const { traces, timers, dialect, keys } = this.#ports
    const { inForce } = keys
    const trace = traces.nextOfLink()
    if (trace === undefined) {
      // No number is to be had yet; the caller treats it as silence, and not at once.
      this.#ports.count('card host connections', 'no trace number')
    }
    const key = trace === undefined ? code : traceKey(trace)
    const settle: Answered = (responseCode) => {
      this.#asked.delete(key)
      cancel()
      if (trace !== undefined) traces.release(trace.stan)
      answered(responseCode)
    }
    let isSent = false
    const unanswered = () => (isSent ? keys.unanswered(inForce) : undefined)
    const cancel = timers.after(deadlineMs, () => {
      unanswered()
      settle(undefined)
    })
    this.#asked.set(key, { under: inForce, settle, unanswered })
    if (trace === undefined) return
    isSent = this.#sent(() => keys.encode(dialect, '0800', networkFields(trace, code)))
    // While the keys are away it is the same, or two echoes would be missed in one moment.
    const isMissed = code === ECHO && this.#channel.open
    if (!isSent && !isMissed) settle(undefined)
  }

  #received(body: Buffer): void {
    const message = decode(this.#ports.dialect, body)
    if (message.kind === 'rejected') {
      this.#receivedUnreadable(message)
      return
    }
    const { mti } = message
    const { keys, timers } = this.#ports
    const verified = keys.verified(message)
    // What anybody may have sent does not show that the host is there.
    if (verified !== undefined) this.#heardMs = timers.monotonicMs()
    if (verified === 'away') this.#keysAway(message)
    else if (isKeyChange(message) && keys.isKeyed) this.#changeKeys(message, verified)
    else if (verified === undefined) this.#unverified(message)
    else if (isRequest(mti)) this.#serve(mti, message, verified)
    else if (mti === '0210' || mti === '0430') this.#replied(message, verified)
    else if (mti === '0810') this.#networkAnswered(message, verified)
    else this.#dropped('not an answer')
  }

  /** A request gets RC 30; an answer may settle its request, and is an unreadable frame as well. */
  #receivedUnreadable(rejection: Rejection): void {
    const { mti, bitmapRead } = rejection
    if (mti !== null && bitmapRead && isRequest(mti)) {
      this.#serve(mti, rejection, { set: undefined })
      return
    }
    if (mti === '0210' || mti === '0430') this.#ports.reply(rejection)
    this.#dropped('unreadable')
  }

  /** An answer is like silence, and a request meets it: 63 would tell of a fault at the host. */
  #keysAway(message: Message): void {
    this.#ports.count('card host connections', 'keys away')
    this.#unbelieved(message, 'the keys are away')
  }

  /** An answer is like silence, a request gets RC 63. [wire-protocol 3.5, 4] */
  #unverified(message: Message): void {
    this.#ports.count('security events', 'wrong MAC of a card host')
    this.#unbelieved(message, 'the answer has no right MAC')
    const { mti } = message
    if (!isRequest(mti)) return
    const { fields } = answerRequest(message)
    this.#answer({ set: undefined }, mti, { ...fields, 39: '63' })
  }

  #unbelieved(message: Message, why: Unverified['why']): void {
    const { mti } = message
    if (mti !== '0210' && mti !== '0430') return
    this.#ports.reply({ kind: 'unverified', why, mti, read: message })
  }

  /** Its MAC may be made with the very key that it brings. */
  #changeKeys(request: Message, verified: Verified | undefined): void {
    const { keys, keysChanged, count, onError } = this.#ports
    const { fields } = answerRequest(request)
    const answered = keys.change(request, verified, (changed) => {
      const { responseCode } = changed
      if (responseCode === '63') count('security events', 'wrong MAC of a card host')
      return this.#answer(changed.verified, request.mti, { ...fields, 39: responseCode })
    })
    answered.then((responseCode) => (responseCode === '00' ? keysChanged() : undefined), onError)
  }

  #answer(verified: Verified, mti: string, fields: Fields): boolean {
    const { keys, dialect } = this.#ports
    return this.#sent(() => keys.encodeAnswer(verified, dialect, replyMti(mti), fields))
  }

  /** Nothing goes out without its MAC while the keys are away: the host meets silence. */
  #sent(encoded: () => Buffer): boolean {
    try {
      return this.#channel.send(encoded())
    } catch (error) {
      if (!(error instanceof ModuleAwayError)) throw error
      this.#ports.count('card host connections', 'keys away')
      return false
    }
  }

  #serve(mti: string, request: Message | Rejection, verified: Verified): void {
    const { fields, asks } = answerRequest(request)
    this.#answer(verified, mti, fields)
    if (asks === 'sign-on') this.#hostSignedOn()
    else if (asks === 'sign-off') this.#hostSignedOff()
  }

  #replied(message: Message, verified: Verified): void {
    const { reply, keys } = this.#ports
    if (reply(message)) keys.answered(verified)
  }

  #networkAnswered(message: Message, verified: Verified): void {
    // [wire-protocol 4] Matched by 7 + 11.
    const asked = this.#asked.get(`${message.get(7)}${message.get(11)}`)
    if (asked === undefined) {
      this.#ports.count('card host replies', 'unmatched')
      return
    }
    this.#ports.keys.answered(verified, asked.under)
    asked.settle(message.get(39) ?? 'no code')
  }

  #dropped(why: string): void {
    this.#channel.dropped()
    this.#ports.count('card host frames dropped', why)
    this.#unreadable += 1
    if (this.#unreadable < this.#ports.limits.badFramesPerConnection) return
    this.#channel.close('too many unreadable frames')
  }

  #closed(reason: string): void {
    this.#cancelWatch?.()
    this.#cancelSignOn?.()
    for (const { settle, unanswered } of [...this.#asked.values()]) {
      // A host that hangs up on a MAC that it does not know leaves it unanswered as well.
      if (this.#state !== 'ending') unanswered()
      settle(undefined)
    }
    this.#ports.closed(this, reason)
  }
}
