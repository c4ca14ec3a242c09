// The keys of a terminal: the master key it was given, and the session keys of its last logon. They
// stay in the state file as the TR-31 blocks that the switch sent, so that a restart needs no new
// logon and the file tells nobody a key. Sends nothing. [wire-protocol 3.4 to 3.6]
//
// The set before the last is kept for replies that are still on their way. A field is deciphered
// under the set that its reply verified under.

import type { Dialect } from '../protocol/message/dialect.ts'
import type { Fields } from '../protocol/message/encode.ts'
import { encodeWithMac, hasMac } from '../protocol/message/mac-input.ts'
import type { Message } from '../protocol/message/message.ts'
import type { Key, SecurityModule } from '../protocol/security/security-module.ts'
import type { CardPin } from '../protocol/values/card.ts'
import type { Pan } from '../protocol/values/pan.ts'
import { isReason } from '../protocol/values/reason.ts'
import type { VoucherPin } from '../protocol/values/voucher-pin.ts'
import type { TerminalStore } from './store.ts'
import type { TerminalKeys } from './terminal-keys.ts'

interface SessionKeys {
  readonly macKey: Key
  readonly pinKey: Key
  readonly dataKey: Key
}

export class KeyedTerminal implements TerminalKeys {
  readonly #module: SecurityModule
  readonly #master: Key
  readonly #store: TerminalStore
  #current: SessionKeys | undefined
  #previous: SessionKeys | undefined
  /** Under which the last reply was believed. */
  #believed: SessionKeys | undefined
  #isLogonAdvised = false

  constructor(module: SecurityModule, master: Key, store: TerminalStore) {
    this.#module = module
    this.#master = master
    this.#store = store
    const { session } = store.state
    // Of another master key, or damaged: it logs on again.
    this.#current = session ? unwrapped(module, master, session.blocks) : undefined
  }

  get needsLogon(): boolean {
    return this.#current === undefined || this.#isLogonAdvised
  }

  seal(dialect: Dialect, mti: string, fields: Fields): Buffer {
    const { macKey } = this.#session()
    return encodeWithMac(dialect, mti, fields, (input) => this.#module.mac(macKey, input))
  }

  believes(reply: Message): boolean {
    this.#believed = [this.#current, this.#previous].find(
      (keys) =>
        keys !== undefined &&
        hasMac(reply, (input, mac) => this.#module.verifiesMac(keys.macKey, input, mac)),
    )
    return this.#believed !== undefined
  }

  logonAdvised(): void {
    this.#isLogonAdvised = true
  }

  take(blocks: string, transmission: string): boolean {
    const keys = unwrapped(this.#module, this.#master, blocks)
    if (keys === undefined) return false
    this.#store.save({ ...this.#store.state, session: { blocks, transmission } })
    this.#previous = this.#current
    this.#current = keys
    this.#isLogonAdvised = false
    return true
  }

  voucherPinOf(field: string): VoucherPin | undefined {
    if (this.#believed === undefined) return undefined
    const voucherPin = this.#module.decipherVoucherPin(this.#believed.dataKey, field)
    return isReason(voucherPin) ? undefined : voucherPin
  }

  pinFields(cardPin: CardPin, pan: Pan): Fields {
    const { pinKey } = this.#session()
    const block = this.#module.encipherPin(pinKey, cardPin, pan).reveal()
    return pinKey.scheme === 'aes' ? { 61: block } : { 52: block }
  }

  #session(): SessionKeys {
    if (this.#current === undefined) throw new TypeError('not logged on')
    return this.#current
  }
}

/** MAC, PIN and data key; undefined when the blocks are anything else. */
function unwrapped(module: SecurityModule, master: Key, text: string): SessionKeys | undefined {
  const blocks = split(text)
  if (blocks.length !== 3) return undefined
  const [macKey, pinKey, dataKey] = (['mac', 'pin', 'data'] as const).map((use, index) =>
    module.importUnder(master, blocks[index] ?? '', use),
  )
  if (macKey === undefined || pinKey === undefined || dataKey === undefined) return undefined
  if (isReason(macKey) || isReason(pinKey) || isReason(dataKey)) return undefined
  return { macKey, pinKey, dataKey }
}

/** Each block has its length in characters 2 to 5. */
function split(text: string): string[] {
  const blocks: string[] = []
  for (let at = 0; at < text.length; ) {
    const length = /^\d{4}$/.test(text.slice(at + 1, at + 5)) ? +text.slice(at + 1, at + 5) : 0
    if (length === 0 || at + length > text.length) return []
    blocks.push(text.slice(at, at + length))
    at += length
  }
  return blocks
}
