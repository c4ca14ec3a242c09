// The zone keys of the host's side: MACs of what it sends and gets, and PIN blocks. It makes the
// keys itself and offers them to the other side as TR-31 blocks under the zone master key.
// Sends nothing; when a key change goes out is key-changes.ts. [wire-protocol 4]
//
//   offered --the change is answered with 00, or a message verifies under it--> current
//   current --the next one takes its place--> previous: for what is still on its way
//
// With a file the sets outlive the process, as those blocks. An offered set is in it before anybody
// hears of it: the other side may have taken it although its answer was lost.

import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import type { Dialect } from '../protocol/message/dialect.ts'
import type { Fields } from '../protocol/message/encode.ts'
import { encodeWithMac, hasMac } from '../protocol/message/mac-input.ts'
import type { Message } from '../protocol/message/message.ts'
import type { Key, KeyScheme } from '../protocol/security/security-module.ts'
import type { CardPin, PinBlock } from '../protocol/values/card.ts'
import type { Pan } from '../protocol/values/pan.ts'
import { isReason } from '../protocol/values/reason.ts'
import { CardHostError } from './errors.ts'
import type { MasterKey } from './key-file.ts'

export interface ZoneSet {
  readonly macKey: Key
  readonly pinKey: Key
  /** DE 62 of its key change. */
  readonly blocks: string
}

/** What a message verified under; no set: a link without keys, or before its first key change. */
export interface Verified {
  readonly set: ZoneSet | undefined
}

const SLOTS = ['current', 'previous', 'offered'] as const
type Slot = (typeof SLOTS)[number]

const MAC_BYTES = 8

export class HostKeys {
  readonly #key: MasterKey
  readonly #file: string | undefined
  readonly #sets: Partial<Record<Slot, ZoneSet>> = {}

  /** Reads back what the file kept; throws when that does not open. */
  constructor(key: MasterKey, file: string | undefined) {
    this.#key = key
    this.#file = file
    if (file === undefined || !existsSync(file)) return
    const kept = parse(readFileSync(file, 'utf8'))
    for (const slot of SLOTS) {
      const blocks = kept?.[slot]
      const set = blocks === undefined ? undefined : this.#opened(blocks)
      if (kept === undefined || (blocks !== undefined && set === undefined)) {
        throw new CardHostError('CARD_HOST_BAD_KEYS', `${file} does not open`)
      }
      if (set !== undefined) this.#sets[slot] = set
    }
  }

  get scheme(): KeyScheme {
    return this.#key.master.scheme
  }

  /** Undefined before the first key change. */
  get current(): ZoneSet | undefined {
    return this.#sets.current
  }

  /** Undefined: the MAC is missing or wrong. */
  verified(message: Message): Verified | undefined {
    const { current, offered, previous } = this.#sets
    if (message.macOffset < 0) return current === undefined ? { set: undefined } : undefined
    const { module } = this.#key
    const set = [current, offered, previous].find(
      (one) =>
        one !== undefined &&
        hasMac(message, (input, mac) => module.verifiesMac(one.macKey, input, mac)),
    )
    if (set === undefined) return undefined
    if (set === offered) this.taken(set)
    return { set }
  }

  /** A new set, in place of one that was offered and not taken. */
  offer(): ZoneSet {
    const { module, master } = this.#key
    const macKey = module.generate('mac', this.scheme)
    const pinKey = module.generate('pin', this.scheme)
    const blocks = module.exportUnder(master, macKey) + module.exportUnder(master, pinKey)
    const set = { macKey, pinKey, blocks }
    this.#sets.offered = set
    this.#keep()
    return set
  }

  /** The other side has it. */
  taken(set: ZoneSet): void {
    if (this.#sets.offered !== set) return
    if (this.#sets.current !== undefined) this.#sets.previous = this.#sets.current
    this.#sets.current = set
    delete this.#sets.offered
    this.#keep()
  }

  mac(set: ZoneSet, input: Uint8Array): Uint8Array {
    return this.#key.module.mac(set.macKey, input)
  }

  /** Undefined when the block does not open under the key of this set, for this card. */
  openPin(set: ZoneSet, block: PinBlock, pan: Pan): CardPin | undefined {
    const cardPin = this.#key.module.decipherPin(set.pinKey, block, pan)
    return isReason(cardPin) ? undefined : cardPin
  }

  #opened(blocks: string): ZoneSet | undefined {
    const { module, master } = this.#key
    const half = blocks.length / 2
    const macKey = module.importUnder(master, blocks.slice(0, half), 'mac')
    const pinKey = module.importUnder(master, blocks.slice(half), 'pin')
    return isReason(macKey) || isReason(pinKey) ? undefined : { macKey, pinKey, blocks }
  }

  #keep(): void {
    if (this.#file === undefined) return
    const kept = Object.fromEntries(SLOTS.map((slot) => [slot, this.#sets[slot]?.blocks]))
    const beside = `${this.#file}.new`
    writeFileSync(beside, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 })
    const file = openSync(beside, 'r')
    fsyncSync(file)
    closeSync(file)
    renameSync(beside, this.#file)
  }
}

/** How a MAC is made: the right one, or as a scripted fault wants it. */
export type MacForm = 'right' | 'wrong' | 'missing'

/** The bytes of what goes out; without a set there is no MAC to be right. */
export function sealed(
  keys: HostKeys | undefined,
  set: ZoneSet | undefined,
  message: { dialect: Dialect; mti: string; fields: Fields },
  form: MacForm = 'right',
): Buffer {
  const { dialect, mti, fields } = message
  const isPlain = keys === undefined || set === undefined
  const compute = (input: Buffer) => {
    const mac = isPlain ? new Uint8Array(MAC_BYTES) : keys.mac(set, input)
    return form === 'right' ? mac : mac.map((byte) => byte ^ 0xff)
  }
  const hasNone = form === 'missing' || (isPlain && form === 'right')
  return encodeWithMac(dialect, mti, fields, hasNone ? undefined : compute)
}

function parse(text: string): Partial<Record<Slot, string>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    const isText = Object.values(value).every((one) => typeof one === 'string')
    return isText ? value : undefined
  } catch {
    return undefined
  }
}
