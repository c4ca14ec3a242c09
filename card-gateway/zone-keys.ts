// The keys of the link to one card host: MACs both ways, and the PIN key that PIN blocks are
// translated to. The host sends new ones (DE 70 = 101) as TR-31 blocks under the zone master key;
// they are durable before that is answered. A link with keys carries no sale before it has some.
// [wire-protocol 4]
//
// The answer to a key change goes out under the set that its request came under, and the next
// message under the new one. What is on its way meanwhile may still be under the one before.

import type { Dialect } from '../protocol/message/dialect.ts'
import { encode, type Fields } from '../protocol/message/encode.ts'
import { encodeWithMac, macInput } from '../protocol/message/mac-input.ts'
import type { FieldReader, Message } from '../protocol/message/message.ts'
import type { SecurityModule } from '../protocol/security/security-module.ts'
import type { PinBlock } from '../protocol/values/card.ts'
import type { Key, KeyScheme } from '../protocol/values/key.ts'
import type { Pan } from '../protocol/values/pan.ts'
import { isReason, type Reason, reason } from '../protocol/values/reason.ts'
import type { KeyOwner, KeyStore, SealedKeySet } from '../switch/core/key-store.ts'
import type { EnteredPin } from '../switch/core/sale-record.ts'

export interface ZoneKeyPorts {
  readonly module: SecurityModule
  readonly store: KeyStore
}

interface ZoneSet {
  readonly generation: number
  readonly macKey: Key
  readonly pinKey: Key
}

/** The set that a message verified under; undefined on a link that has none yet. */
export type Verified = { readonly set: ZoneSet | undefined }

const BLOCKS = 2

export class ZoneKeys {
  readonly #owner: KeyOwner
  readonly #scheme: KeyScheme | 'none'
  readonly #ports: ZoneKeyPorts | undefined
  #current: ZoneSet | undefined
  #previous: ZoneSet | undefined
  /** Whether the host has yet to show that it has the current set; the store keeps the other. */
  #isUnshown = false

  constructor(host: string, scheme: KeyScheme | 'none', ports: ZoneKeyPorts | undefined) {
    this.#owner = `host/${host}`
    this.#scheme = scheme
    this.#ports = ports
    if (scheme === 'none' || ports === undefined) return
    const { active, pending } = ports.store.find(this.#owner)
    // A set that was written and not yet answered is the newer one all the same.
    const sets = [pending, active].map((set) => this.#opened(ports, set))
    const [newest, older] = sets.filter((set) => set !== undefined)
    this.#current = newest
    this.#previous = older
    this.#isUnshown = pending !== undefined && newest?.generation === pending.generation
  }

  /** It should have keys and has none: it carries nothing but network management. */
  get missing(): boolean {
    return this.#scheme !== 'none' && this.#current === undefined
  }

  encode(dialect: Dialect, mti: string, fields: Fields): Buffer {
    return this.#encodeUnder(this.#current, dialect, mti, fields)
  }

  /** An answer to what verified so. */
  encodeAnswer(verified: Verified, dialect: Dialect, mti: string, fields: Fields): Buffer {
    return this.#encodeUnder(verified.set, dialect, mti, fields)
  }

  /** Whether a key change can be taken at all. */
  get isKeyed(): boolean {
    return this.#scheme !== 'none'
  }

  /** Undefined: the MAC is missing or wrong, and nothing of the message may be believed. */
  verified(message: Message): Verified | undefined {
    if (this.#scheme === 'none' || this.#current === undefined) return { set: undefined }
    const input = macInput(message)
    const last = message.numbers().at(-1)
    if (input === undefined || last === undefined) return undefined
    const mac = Buffer.from(message.get(last) ?? '', 'hex')
    for (const set of [this.#current, this.#previous]) {
      if (set !== undefined && this.#ports?.module.verifiesMac(set.macKey, input, mac)) {
        this.#shown(set)
        return { set }
      }
    }
    return undefined
  }

  /** The response code of a key change; with 00 the new set is durable and in force. */
  async change(request: FieldReader): Promise<string> {
    const ports = this.#ports
    if (this.#scheme === 'none' || ports === undefined) return '12'
    const { module, store } = ports
    const sealedMaster = store.find(this.#owner).master
    const master =
      sealedMaster === undefined
        ? undefined
        : module.unseal('master', this.#scheme, sealedMaster.sealed, `${this.#owner}/master`)
    if (master === undefined) return '96'
    const [macBlock, pinBlock] = split(request.get(62) ?? '')
    const macKey = module.importUnder(master, macBlock ?? '', 'mac')
    const pinKey = module.importUnder(master, pinBlock ?? '', 'pin')
    if (isReason(macKey) || isReason(pinKey)) return '30'
    const set = { generation: (this.#current?.generation ?? 0) + 1, macKey, pinKey }
    if (!(await store.putPending(this.#owner, this.#sealed(ports, set)))) return '96'
    this.#previous = this.#current
    this.#current = set
    this.#isUnshown = true
    return '00'
  }

  /** It answered for the set: from now on a start needs the one before no more. */
  #shown(set: ZoneSet): void {
    if (!this.#isUnshown || set !== this.#current) return
    this.#isUnshown = false
    void this.#ports?.store.activate(this.#owner, set.generation)
  }

  /** Under the link's own PIN key. */
  translate(entered: EnteredPin, pan: Pan): PinBlock | Reason {
    if (this.#current === undefined || this.#ports === undefined) {
      return reason('the link has no PIN key')
    }
    const { module } = this.#ports
    return module.translatePin(entered.key, this.#current.pinKey, entered.block, pan)
  }

  /** DE 52 carries format 0, DE 61 format 4. [wire-protocol 4] */
  get pinField(): 52 | 61 {
    return this.#scheme === 'aes' ? 61 : 52
  }

  #encodeUnder(set: ZoneSet | undefined, dialect: Dialect, mti: string, fields: Fields): Buffer {
    const module = this.#ports?.module
    if (set === undefined || module === undefined) return encode(dialect, mti, fields)
    return encodeWithMac(dialect, mti, fields, (input) => module.mac(set.macKey, input))
  }

  #sealed({ module }: ZoneKeyPorts, { generation, macKey, pinKey }: ZoneSet): SealedKeySet {
    const place = `${this.#owner}/${generation}`
    return {
      generation,
      scheme: this.#scheme as KeyScheme,
      macKey: module.seal(macKey, place),
      pinKey: module.seal(pinKey, place),
      dataKey: undefined,
      transmission: undefined,
      serialNumber: undefined,
    }
  }

  #opened({ module }: ZoneKeyPorts, set: SealedKeySet | undefined): ZoneSet | undefined {
    if (set === undefined || set.scheme !== this.#scheme) return undefined
    const place = `${this.#owner}/${set.generation}`
    const macKey = module.unseal('mac', set.scheme, set.macKey, place)
    const pinKey = module.unseal('pin', set.scheme, set.pinKey, place)
    if (macKey === undefined || pinKey === undefined) return undefined
    return { generation: set.generation, macKey, pinKey }
  }
}

/** TR-31 blocks one after another: each has its length in its header, digits 2 to 5. */
function split(text: string): string[] {
  const blocks: string[] = []
  for (let at = 0; at < text.length && blocks.length < BLOCKS; ) {
    const length = Number(text.slice(at + 1, at + 5))
    if (!Number.isInteger(length) || length < 16 || at + length > text.length) return []
    blocks.push(text.slice(at, at + length))
    at += length
  }
  return blocks
}
