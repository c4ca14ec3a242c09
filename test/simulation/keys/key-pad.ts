// The keys of one simulated terminal: logs on, keeps its sets, puts a MAC on what it sends and
// takes nothing without one for an answer. Sends wrong ones too when the weather wants it, its own
// and a stranger's. Judges nothing; the oracle reads the same bytes.

import type { Seeded } from '../seeded.ts'
import { numbersOf } from '../shop.ts'
import type { WireFault } from '../weather.ts'
import { tehran, utc } from '../wire/calendar.ts'
import type { WireFields, WireMessage } from '../wire/codec.ts'
import { hasRightMac, type SessionSet, sealedMessage, setOfLogon } from '../wire/sealed.ts'
import { forgery } from './forgery.ts'
import type { ShopKey } from './shop-keys.ts'

/** Whether what came is the answer, or that none will come, or nothing to the point. */
export type Reads = (reply: WireMessage, body: Buffer) => 'answer' | 'none' | 'ignored'

export interface PadLine {
  readonly random: Seeded
  readonly calm: () => boolean
  wallMs(): number
  nowMs(): number
  pause(ms: number): Promise<void>
  exchange(
    sent: { readonly message: WireMessage; readonly body: Buffer },
    options: { fresh?: boolean; reads: Reads },
  ): Promise<WireMessage | undefined>
  /** On a connection of its own; nobody waits for an answer. */
  inject(body: Buffer): void
  plain(message: WireMessage): Buffer
  strikes(fault: WireFault, message: WireMessage): boolean
}

const ROTATES = 0.03
/** What is under way is ended under the set of before, at times for long. */
const ENDING_MS = [0, 0, 5_000, 90_000]
const SETS_MOST = 6

export class KeyPad {
  readonly #key: ShopKey
  readonly #line: PadLine
  /** The newest last. */
  readonly #sets: SessionSet[] = []
  #proven: SessionSet | undefined
  #wantsLogon = true
  #loggingOn: Promise<void> | undefined
  #stan = 800_000
  #endingUntilMs = 0

  constructor(key: ShopKey, line: PadLine) {
    this.#key = key
    this.#line = line
  }

  async ask(message: WireMessage, options: { fresh?: boolean }): Promise<WireMessage | undefined> {
    const { random } = this.#line
    const calm = this.#line.calm()
    if (this.#wantsLogon) await this.logon()
    else if (!calm && random.chance(ROTATES)) {
      const done = this.logon()
      if (random.chance(0.5)) await done
    }
    const set = this.#chosen()
    if (set === undefined) return this.#line.pause(2_000).then(() => undefined)
    if (!calm && this.#line.strikes('wrong MAC', message))
      this.#line.inject(this.#forged(message, set))
    const body = this.#written(message, set)
    return this.#line.exchange({ message, body }, { ...options, reads: this.#reads(set) })
  }

  /** Until it has a set that the switch takes for the newest. */
  async renew(): Promise<void> {
    this.#wantsLogon = true
    while (this.#wantsLogon) {
      await this.logon()
      if (this.#wantsLogon) await this.#line.pause(5_000)
    }
  }

  logon(): Promise<void> {
    this.#loggingOn ??= this.#logOn().finally(() => {
      this.#loggingOn = undefined
    })
    return this.#loggingOn
  }

  async #logOn(): Promise<void> {
    const message = { mti: '0800', fields: this.#logonFields(this.#key.serialNumber) }
    const sent = { message, body: this.#line.plain(message) }
    const reply = await this.#line.exchange(sent, { reads: () => 'answer' })
    if (reply?.fields[39] !== '00') return
    this.#sets.push(setOfLogon(this.#key.master, reply))
    if (this.#sets.length > SETS_MOST) this.#sets.shift()
    this.#wantsLogon = false
    const endingMs = this.#line.random.between(0, this.#line.random.pick(ENDING_MS))
    this.#endingUntilMs = this.#line.nowMs() + endingMs
  }

  /**
   * In a healed world: the set in force outlives a restart, though another one waits, and is none
   * any more when that one has been used. The oracle judges each answer.
   */
  async probe(restart: () => Promise<void>): Promise<void> {
    await this.renew()
    await this.#inquireUnder(this.#sets.at(-1))
    await this.#line.pause(120_000)
    await this.renew()
    await restart()
    const [before, newest] = this.#sets.slice(-2)
    await this.#inquireUnder(before)
    await this.#inquireUnder(newest)
    await this.#inquireUnder(before)
    await this.#line.pause(120_000)
    await restart()
    await this.#inquireUnder(before)
    await this.#inquireUnder(newest)
  }

  /** Of a sale that never was. */
  async #inquireUnder(set: SessionSet | undefined): Promise<void> {
    if (set === undefined) return
    const { 60: _serial, ...own } = this.#logonFields('')
    const fields = { ...own, 3: '330000', 48: `000000${own[12]}${own[13]}` }
    const message = { mti: '0100', fields }
    const sent = { message, body: sealedMessage('binary', message, set.mac) }
    await this.#line.exchange(sent, { fresh: true, reads: this.#reads(set) })
    this.#wantsLogon = false
  }

  #logonFields(serialNumber: string): WireFields {
    const { entry } = this.#key
    this.#stan = 800_000 + ((this.#stan + 1) % 100_000)
    const wallMs = this.#line.wallMs()
    const local = tehran(wallMs)
    return {
      ...{ 3: '920000', 7: utc(wallMs), 11: String(this.#stan), 12: local.time, 13: local.date },
      ...{ 24: '001', ...numbersOf(entry), 60: `0408${serialNumber}` },
    }
  }

  /** Until the newest has shown that it works, some still goes under the one before. */
  #chosen(): SessionSet | undefined {
    const { random } = this.#line
    const newest = this.#sets.at(-1)
    const isOpen = newest !== this.#proven && this.#proven !== undefined && !this.#line.calm()
    if (isOpen && this.#line.nowMs() < this.#endingUntilMs) return this.#proven
    return isOpen && random.chance(0.3) ? this.#proven : newest
  }

  #written(message: WireMessage, set: SessionSet): Buffer {
    const { random } = this.#line
    const old = this.#sets.slice(0, -1)
    if (!this.#line.calm() && old.length > 0 && this.#line.strikes('old keys', message)) {
      return sealedMessage('binary', message, random.pick(old).mac)
    }
    return sealedMessage('binary', message, set.mac)
  }

  /** An answer without a right MAC is none; one that tells of keys has it log on. */
  #reads(set: SessionSet): Reads {
    return (reply, body) => {
      if (reply.fields[64] !== undefined && hasRightMac(body, set.mac)) {
        this.#proven = set
        return 'answer'
      }
      const code = reply.fields[39]
      if (code !== '63' && code !== '97') return 'ignored'
      this.#wantsLogon = true
      return 'none'
    }
  }

  /** What somebody without the keys may send: about this message, or to get keys. */
  #forged(message: WireMessage, set: SessionSet): Buffer {
    const { random } = this.#line
    const isReversal = message.mti.startsWith('04')
    if (random.chance(isReversal ? 0.4 : 0.8)) return forgery(random, message, set)
    // It says that a receipt came out, and confirms nothing: the sale may still be reversed.
    const fields = this.#logonFields('SN999999')
    fields[60] = `0106${message.fields[11]}${fields[60]}`
    return this.#line.plain({ mti: '0800', fields })
  }
}
