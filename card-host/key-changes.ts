// When the host changes the zone keys: after the sign-on of a link that has none, at an interval,
// and when it is told to. One change at a time; one that stays unanswered is tried again while
// there are no keys at all. What the keys are is host-keys.ts. [wire-protocol 4, DE 70 = 101]

import type { Timers } from '../protocol/link/timers.ts'
import type { Dialect } from '../protocol/message/dialect.ts'
import type { Message } from '../protocol/message/message.ts'
import { transmissionTime } from '../protocol/values/moment.ts'
import type { Session } from './door.ts'
import { type HostKeys, sealed, type ZoneSet } from './host-keys.ts'

export interface KeyChangePorts {
  readonly keys: HostKeys
  readonly dialect: Dialect
  readonly timers: Timers
  /** Undefined: no interval. */
  readonly everyMs: number | undefined
  readonly sessions: () => Iterable<Session>
  readonly told: (session: Session, what: string) => void
}

interface Waiting {
  readonly trace: string
  readonly set: ZoneSet
  readonly session: Session
  readonly cancel: () => void
}

const ANSWER_MS = 10_000
const STANS = 999_999

export class KeyChanges {
  readonly #ports: KeyChangePorts
  #waiting: Waiting | undefined
  #lastStan = 0
  #cancelNext: (() => void) | undefined
  #cancelRetry: (() => void) | undefined
  #stopped = false

  constructor(ports: KeyChangePorts) {
    this.#ports = ports
    this.#await()
  }

  /** After the answer to a sign-on. */
  signedOn(session: Session): void {
    if (this.#ports.keys.current === undefined) this.#send(session)
  }

  /** False: one is on its way, or no connection has signed on. */
  change(): boolean {
    for (const session of this.#ports.sessions()) {
      if (session.signedOn && session.channel.open) return this.#send(session)
    }
    return false
  }

  /** Whether an 0810 whose MAC was right answers a key change. */
  answered(message: Message): boolean {
    const waiting = this.#waiting
    if (waiting === undefined || waiting.trace !== traceOf(message)) return false
    const code = message.get(39) ?? 'nothing'
    this.#end()
    if (code === '00') this.#ports.keys.taken(waiting.set)
    else this.#cancelRetry = this.#ports.timers.after(ANSWER_MS, () => this.#retry())
    this.#ports.told(waiting.session, code === '00' ? 'taken' : `answered ${code}`)
    return true
  }

  stop(): void {
    this.#stopped = true
    this.#cancelNext?.()
    this.#cancelRetry?.()
    this.#end()
  }

  #await(): void {
    const { everyMs, timers } = this.#ports
    if (everyMs === undefined) return
    this.#cancelNext = timers.after(everyMs, () => {
      this.change()
      this.#await()
    })
  }

  #send(session: Session): boolean {
    if (this.#waiting !== undefined || this.#stopped) return false
    const { keys, dialect, timers, told } = this.#ports
    // Under the keys before, and without a MAC when there are none.
    const under = keys.current
    const set = keys.offer()
    this.#lastStan = (this.#lastStan % STANS) + 1
    const stan = String(this.#lastStan).padStart(6, '0')
    const transmission = transmissionTime(timers.wallMs())
    const fields = { 7: transmission, 11: stan, 62: set.blocks, 70: '101' }
    const cancel = timers.after(ANSWER_MS, () => this.#unanswered(session))
    this.#waiting = { trace: transmission + stan, set, session, cancel }
    told(session, 'sent')
    session.channel.send(sealed(keys, under, { dialect, mti: '0800', fields }))
    return true
  }

  #unanswered(session: Session): void {
    this.#end()
    this.#ports.told(session, 'not answered')
    this.#retry()
  }

  #retry(): void {
    if (this.#ports.keys.current === undefined) this.change()
  }

  #end(): void {
    this.#waiting?.cancel()
    this.#waiting = undefined
  }
}

function traceOf(message: Message): string {
  return `${message.get(7)}${message.get(11)}`
}
