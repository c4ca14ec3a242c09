// A card host on virtual time whose link has keys that nobody changes: it debits and reverses in a
// ledger, answers after a while, and takes nothing that has not the right MAC.

import type { Channel } from '../../protocol/link/channel.ts'
import type { Dialer, DialOptions } from '../../protocol/link/dialer.ts'
import type { Timers } from '../../protocol/link/timers.ts'
import { decode } from '../../protocol/message/decode.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import type { Fields } from '../../protocol/message/encode.ts'
import { encodeWithMac, hasMac } from '../../protocol/message/mac-input.ts'
import type { Message } from '../../protocol/message/message.ts'
import { replyMti } from '../../protocol/message/mti.ts'
import type { SecurityModule } from '../../protocol/security/security-module.ts'
import type { Key } from '../../protocol/values/key.ts'
import { memoryLink } from '../simulation/memory-channel.ts'

const DIALECT = DIALECTS.iso87ascii
const ECHOED = [3, 4, 7, 11, 12, 13, 37, 41, 42, 49, 70]
const CONNECT_MS = 20
const ANSWER_MS = 500

export class KeyedHost {
  /** By RRN; true: reversed. */
  readonly debits = new Map<string, boolean>()
  /** MTI, and DE 70 and 39 of an answer, of everything that came. */
  readonly seen: string[] = []
  isAway = false
  /** Reversals are heard, and neither carried out nor answered. */
  isDeafToReversals = false
  readonly #timers: Timers
  readonly #module: SecurityModule
  readonly #macKey: Key
  readonly #links = new Set<Channel>()

  constructor(timers: Timers, module: SecurityModule, macKey: Key) {
    this.#timers = timers
    this.#module = module
    this.#macKey = macKey
  }

  get netDebits(): number {
    return [...this.debits.values()].filter((isReversed) => !isReversed).length
  }

  /** Dials again after every end, as the product's dialer does over sockets. */
  dialled({ onUp, onDown, backoff }: DialOptions): Dialer {
    let isClosed = false
    const attempt = (): void => {
      if (isClosed) return
      if (this.isAway) {
        this.#timers.after(backoff.maxMs, attempt)
        return
      }
      const [ours, theirs] = memoryLink({ timers: this.#timers })
      const handlers = onUp(ours)
      ours.start({
        ...handlers,
        closed: (reason) => {
          handlers.closed(reason)
          if (isClosed) return
          onDown(reason)
          this.#timers.after(backoff.maxMs, attempt)
        },
      })
      this.#links.add(theirs)
      theirs.start({
        frame: (body) => this.#received(theirs, body),
        closed: () => this.#links.delete(theirs),
      })
    }
    this.#timers.after(CONNECT_MS, attempt)
    return {
      close: () => {
        isClosed = true
      },
    }
  }

  /** Every line is cut, and nobody gets through while `isAway`. */
  leave(): void {
    this.isAway = true
    for (const link of this.#links) link.close('the card host is away')
  }

  echo(): void {
    for (const link of this.#links) {
      this.#send(link, '0800', { 7: '1122060000', 11: '900001', 70: '301' })
    }
  }

  #received(link: Channel, body: Buffer): void {
    const message = decode(DIALECT, body)
    if (message.kind === 'rejected') throw new Error(message.reason)
    const isRight = hasMac(message, (input, mac) => {
      return this.#module.verifiesMac(this.#macKey, input, mac)
    })
    // A link without keys signs on all the same: it has no MAC to make.
    if (!isRight && message.mti !== '0800') {
      throw new Error(`the card host was sent a ${message.mti} without a right MAC`)
    }
    const { mti } = message
    this.seen.push(mti === '0810' ? `${mti} ${message.get(70)} ${message.get(39)}` : mti)
    if (mti === '0810') return
    const rrn = message.get(37) ?? ''
    if (mti === '0200') this.#timers.after(ANSWER_MS / 2, () => this.debits.set(rrn, false))
    const isReversal = mti === '0420' || mti === '0421'
    if (isReversal && this.isDeafToReversals) return
    this.#timers.after(mti === '0800' ? 1 : ANSWER_MS, () => {
      if (isReversal) this.debits.set(rrn, true)
      this.#answer(link, message)
    })
  }

  #answer(link: Channel, message: Message): void {
    const fields: Fields = { 39: '00' }
    for (const de of ECHOED) {
      const value = message.get(de)
      if (value !== undefined) fields[de] = value
    }
    if (message.mti === '0200') fields[38] = '004711'
    this.#send(link, replyMti(message.mti), fields)
  }

  #send(link: Channel, mti: string, fields: Fields): void {
    const mac = (input: Buffer) => this.#module.mac(this.#macKey, input)
    link.send(encodeWithMac(DIALECT, mti, fields, mac))
  }
}
