// MACs and keys on the lines of our own terminals: an answer is under the keys of its request, what
// has no right MAC is answered 63 and changes nothing, a right one is not refused, and PINs are
// enciphered under the data key of the same set. [wire-protocol 3.1, 3.4, 3.5]

import { SHOP_KEYS, type ShopKey } from '../keys/shop-keys.ts'
import { digitsOfField } from '../wire/aes.ts'
import type { WireFields, WireMessage } from '../wire/codec.ts'
import { hasRightMac, setOfLogon } from '../wire/sealed.ts'
import { KeyView, type SetSeen } from './key-view.ts'
import type { OracleClock } from './oracle-clock.ts'
import type { Troubles } from './troubles.ts'

/** What the MAC of a request says of it. */
export type MacSeen =
  | { readonly kind: 'none' }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'right'; readonly set: SetSeen; readonly must: boolean; readonly at: number }
  | {
      readonly kind: 'logon'
      readonly order: number
      /** One is written at a time. */
      readonly isCrowded: boolean
      /** It names the serial number of another device. */
      readonly isForeign: boolean
      readonly wasBound: boolean
    }

interface Place {
  readonly key: ShopKey
  readonly view: KeyView
}

/** Without a MAC they tell nothing that a stranger may not know. */
const BARE = new Set(['63', '97'])
const TELLING = [37, 38, 62, 63]
const PIN_CHARS = 32
const CLEAR_CHARS = 24

export class KeyRules {
  readonly #clock: OracleClock
  readonly #troubles: Troubles
  readonly #violation: (what: string) => void
  readonly #places = new Map<string, Place>()
  /** Each with the message that it was given for, which may come twice. */
  readonly #keys = new Map<string, string>()
  #arrivals = 0
  /** Sets that terminals were given, and messages that were refused for their MAC. */
  logons = 0
  macRefusals = 0

  constructor(clock: OracleClock, troubles: Troubles, violation: (what: string) => void) {
    this.#clock = clock
    this.#troubles = troubles
    this.#violation = violation
    for (const key of SHOP_KEYS) {
      const { tid, merchant } = key.entry
      this.#places.set(`${merchant.mid} ${tid}`, { key, view: new KeyView() })
    }
  }

  asked(message: WireMessage, body: Buffer): MacSeen {
    const { view, key } = this.#placeOf(message)
    const { mti, fields } = message
    if (mti === '0800' && fields[3] === '920000') {
      const isForeign = fields[60] !== `0408${key.serialNumber}`
      const asked = view.logonAsked(this.#clock.monotonicMs())
      return { kind: 'logon', ...asked, isForeign, wasBound: view.isBound }
    }
    const set = fields[64] === undefined ? undefined : view.setOf(body)
    if (set === undefined) return { kind: 'wrong' }
    const must = view.mustTake(set)
    view.used(set, this.#clock.monotonicMs())
    this.#arrivals++
    return { kind: 'right', set, must, at: this.#arrivals }
  }

  /** The answer as a terminal without keys would have got it; undefined: there is nothing more. */
  answered(
    asked: { readonly message: WireMessage; readonly mac: MacSeen; readonly atMs: number },
    reply: WireMessage,
    body: Buffer,
  ): WireMessage | undefined {
    const { mac } = asked
    if (mac.kind === 'none') return reply
    if (mac.kind === 'logon') return this.#loggedOn(asked, mac, reply)
    const wrong = (why: string) => this.#wrong(asked.message, why)
    const code = reply.fields[39] ?? ''
    const { view } = this.#placeOf(asked.message)
    if (reply.fields[64] === undefined) {
      this.macRefusals++
      if (!BARE.has(code)) wrong(`answered ${code} without a MAC`)
      if (TELLING.some((de) => reply.fields[de] !== undefined)) wrong('tells without a MAC')
      if (code === '63' && mac.kind === 'right' && mac.must) wrong('63 to a right MAC')
      if (code === '97' && view.hasKeys) wrong('97 to a terminal that has logged on')
      return undefined
    }
    if (mac.kind === 'wrong') {
      wrong(`a message without a right MAC was answered ${code}`)
      return undefined
    }
    const { set, at } = mac
    if (!hasRightMac(body, set.mac)) wrong(`${code} is not under the keys of its request`)
    view.taken(set, at, this.#clock.monotonicMs())
    return deciphered(reply, set.dataKey, wrong)
  }

  crashed(): void {
    const nowMs = this.#clock.monotonicMs()
    const wasWell = (ms: number) => this.#troubles.diskWasWell(ms)
    for (const { view } of this.#places.values()) view.crashed(nowMs, wasWell)
  }

  restored(): void {
    for (const { view } of this.#places.values()) view.restored()
  }

  #loggedOn(
    { message, atMs }: { readonly message: WireMessage; readonly atMs: number },
    { order, isCrowded, isForeign, wasBound }: Extract<MacSeen, { kind: 'logon' }>,
    reply: WireMessage,
  ): undefined {
    const wrong = (why: string) => this.#wrong(message, why)
    const code = reply.fields[39] ?? ''
    if (reply.fields[64] !== undefined) wrong('the answer to a logon has a MAC')
    if (code === '58' && !isForeign) wrong('58 to its own serial number')
    const isExcused = isCrowded || this.#troubles.ofStore(atMs)
    if (code === '96' && !isExcused) wrong('96 while nothing was wrong')
    if (!['00', '58', '96'].includes(code)) wrong(`${code} is no answer to a logon`)
    if (code !== '00') return
    if (isForeign && wasBound) wrong('keys for another serial number')
    const { key, view } = this.#placeOf(message)
    try {
      const set = setOfLogon(key.master, reply)
      for (const one of set.keys) {
        const name = `${message.fields[7]} ${message.fields[11]} ${message.fields[41]}`
        if ((this.#keys.get(one) ?? name) !== name) wrong('a key that was given before')
        this.#keys.set(one, name)
      }
      view.told(set, order)
      this.logons++
    } catch (error) {
      wrong(`the keys of a logon: ${(error as Error).message}`)
    }
  }

  #wrong({ mti, fields }: WireMessage, why: string): void {
    this.#violation(`${mti} ${fields[41]} ${fields[11]}: ${why}`)
  }

  #placeOf({ fields }: WireMessage): Place {
    const place = this.#places.get(`${fields[42]?.trimEnd()} ${fields[41]?.trimEnd()}`)
    if (place === undefined) throw new Error('a terminal that nobody registered')
    return place
  }
}

/** DE 62 with its PINs in clear, and without the MAC. */
function deciphered(
  { mti, fields }: WireMessage,
  dataKey: Buffer,
  wrong: (why: string) => void,
): WireMessage {
  const { 64: _mac, ...rest } = fields
  const clear: WireFields = rest
  const field = fields[62]
  if (field === undefined) return { mti, fields: clear }
  const [count, serial, size] = [0, 2, 4].map((at) => Number(field.slice(at, at + 2))) as [
    number,
    number,
    number,
  ]
  if (size !== PIN_CHARS) wrong(`a PIN field of ${size} characters`)
  let text = `${field.slice(0, 4)}${CLEAR_CHARS}`
  for (let n = 0; n < count; n++) {
    const at = 6 + n * (serial + size)
    const digits = opened(dataKey, field.slice(at + serial, at + serial + size))
    if (digits === '') wrong(`PIN field ${n + 1} does not open`)
    text += field.slice(at, at + serial) + digits.padEnd(CLEAR_CHARS)
  }
  clear[62] = text
  return { mti, fields: clear }
}

function opened(dataKey: Buffer, field: string): string {
  try {
    return digitsOfField(dataKey, field)
  } catch {
    return ''
  }
}
