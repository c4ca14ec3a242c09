// The card host of a simulation: a ledger that nothing shakes, behind links that everything does.
// It speaks the wire with the simulation's own codec, debits once per (DE 7, DE 11, DE 41),
// reverses idempotently, and misbehaves as the seed says. [wire-protocol 4]

import type { Channel, ChannelHandlers } from '../../protocol/link/channel.ts'
import type { Timers } from '../../protocol/link/timers.ts'
import { keyOf, keyOfOriginal, type Ledger } from './host-ledger.ts'
import type { HostZoneKeys } from './keys/zone-keys.ts'
import type { Seeded } from './seeded.ts'
import { readMessage, type WireFields, type WireMessage, writeMessage } from './wire/codec.ts'

/** What the host does to a purchase, beside answering it as it should. */
export type PurchaseFault = (typeof PURCHASE_FAULTS)[number]
export const PURCHASE_FAULTS = [
  'decline',
  'silent',
  'debit and silence',
  'late approval',
  'late decline',
  'debit after the deadline',
  'partial',
  'other amount',
  'open code',
  'open code and debit',
  'crash after the debit',
  'duplicate answer',
  'unreadable answer',
  'wrong key first',
  'answer on another link',
  'answer without a right MAC',
] as const

export type ReversalFault = (typeof REVERSAL_FAULTS)[number]
export const REVERSAL_FAULTS = [
  'reversal lost',
  'reversal answer lost',
  'reversal refused',
  'reversal answer twice',
  'reversal answer without a right MAC',
] as const

export interface HostPorts {
  /** Names its links. */
  readonly link: string
  /** Of all card hosts. */
  readonly ledger: Ledger
  readonly timers: Timers
  readonly random: Seeded
  readonly purchaseFault: () => PurchaseFault | undefined
  readonly reversalFault: () => ReversalFault | undefined
  /** A fault met a purchase, or a reversal, of this RRN. */
  readonly met: (fault: PurchaseFault | ReversalFault, rrn: string) => void
  /** Undefined: the link has no keys. */
  readonly zone: ZonePorts | undefined
}

export interface ZonePorts {
  readonly keys: HostZoneKeys
  readonly calm: () => boolean
  /** The link has no keys yet. */
  readonly missing: () => void
}

const DECLINES = ['51', '54', '55', '61', '65', '75']
const OPEN_CODES = ['06', '09', '22', '68', '91', '96', '99']
const REFUSALS = ['05', '12', '30', '96']
/** The switch waits so long for an answer. */
const DEADLINE_MS = 25_000

export class SimHost {
  readonly #ports: HostPorts
  readonly #links = new Set<HostLink>()
  readonly #unfound = new Map<string, number>()
  readonly #refusing = new Set<string>()
  #approvals = 0

  constructor(ports: HostPorts) {
    this.#ports = ports
    if (ports.zone !== undefined) this.#changeKeys(ports.zone)
  }

  /** New keys from time to time; soon and again where there are none. */
  #changeKeys(zone: ZonePorts): void {
    const { timers, random } = this.#ports
    const ms = zone.keys.isMissing ? random.between(200, 4_000) : random.between(5_000, 60_000)
    timers.after(ms, () => {
      const link = [...this.#links].at(random.between(0, 1))
      const { isMissing } = zone.keys
      if (isMissing) zone.missing()
      if (link !== undefined && (isMissing || !zone.calm())) {
        const isReplayed = !zone.calm() && random.chance(0.3)
        const isBefore = isReplayed && random.chance(0.5)
        if (isBefore) link.channel.send(zone.keys.oldChange())
        const { fields } = this.#network('101')
        link.channel.send(zone.keys.change(fields))
        if (isReplayed && !isBefore) link.channel.send(zone.keys.oldChange())
      }
      this.#changeKeys(zone)
    })
  }

  get link(): string {
    return this.#ports.link
  }

  /** The host's end of a new connection. */
  accept(channel: Channel & { cut(reason: string): void }): ChannelHandlers {
    const link = new HostLink(channel, this.#ports.zone?.keys)
    this.#links.add(link)
    return {
      frame: (body) => this.#received(link, body),
      closed: () => this.#links.delete(link),
    }
  }

  switchRestored(): void {
    this.#ports.zone?.keys.switchRestored()
  }

  /** Every connection is cut; the ledger stays. */
  cut(): void {
    for (const link of [...this.#links]) link.channel.cut('the card host went away')
  }

  /** Signs off on every link, and on again later. */
  signOff(): void {
    for (const link of this.#links) link.send(this.#network('002'))
    this.#ports.timers.after(this.#ports.random.between(100, 5_000), () => {
      for (const link of this.#links) link.send(this.#network('001'))
    })
  }

  #network(code: string): WireMessage {
    this.#approvals++
    const stan = String(900_000 + (this.#approvals % 99_999))
    return { mti: '0800', fields: { 7: '0101000000', 11: stan, 70: code } }
  }

  #received(link: HostLink, body: Buffer): void {
    const message = readMessage('ascii', body)
    const keys = this.#ports.zone?.keys
    if (keys?.takes(message, body) === false) return
    switch (message.mti) {
      case '0800':
        return link.send({ mti: '0810', fields: echo(message, [7, 11, 70], '00') })
      case '0810':
        if (message.fields[70] === '101' && message.fields[39] === '00') keys?.changed(message)
        return
      case '0200':
        return this.#purchase(link, message)
      case '0420':
      case '0421':
        return this.#reverse(link, message)
      default:
        throw new Error(`the card host was sent a ${message.mti}`)
    }
  }

  #purchase(link: HostLink, message: WireMessage): void {
    const { random, purchaseFault, met } = this.#ports
    const fault = purchaseFault()
    const rrn = message.fields[37] ?? ''
    if (fault !== undefined) met(fault, rrn)
    const soon = random.between(5, 1_500)
    const after = (ms: number, run: () => void) => this.#ports.timers.after(ms, run)
    const amount = Number(message.fields[4])
    switch (fault) {
      case undefined:
        return void after(soon, () => this.#approve(link, message, amount))
      case 'decline':
        return void after(soon, () => this.#decline(link, message))
      case 'silent':
        return
      case 'debit and silence':
        return void after(soon, () => this.#book(message, amount))
      case 'late approval': {
        const late = DEADLINE_MS + random.between(1, 60_000)
        after(soon, () => this.#book(message, amount))
        return void after(late, () => this.#answerApproved(link, message, amount))
      }
      case 'late decline':
        return void after(DEADLINE_MS + soon, () => this.#decline(link, message))
      case 'debit after the deadline':
        return void after(DEADLINE_MS + random.between(1, 120_000), () =>
          this.#approve(link, message, amount),
        )
      case 'partial':
        return void after(soon, () => this.#approve(link, message, amount / 2, '10'))
      case 'other amount':
        return void after(soon, () => this.#approve(link, message, amount + 10_000))
      case 'open code':
        return void after(soon, () => this.#answerCode(link, message, random.pick(OPEN_CODES)))
      case 'open code and debit':
        return void after(soon, () => {
          this.#book(message, amount)
          this.#answerCode(link, message, random.pick(OPEN_CODES))
        })
      case 'crash after the debit':
        return void after(soon, () => {
          this.#book(message, amount)
          this.cut()
        })
      case 'duplicate answer':
        after(soon + random.between(0, 30_000), () => this.#answerApproved(link, message, amount))
        return void after(soon, () => this.#approve(link, message, amount))
      case 'unreadable answer':
        return void after(soon, () => {
          this.#book(message, amount)
          link.sendDamaged(this.#approval(message, amount, '00'))
        })
      case 'wrong key first': {
        const other = { ...message.fields, 11: String(random.between(0, 999_999)).padStart(6, '0') }
        after(soon - 1, () => this.#answerCode(link, { mti: '0200', fields: other }, '51'))
        return void after(soon, () => this.#approve(link, message, amount))
      }
      case 'answer without a right MAC':
        return void after(soon, () => {
          const isBooked = random.chance(0.5)
          if (isBooked) this.#book(message, amount)
          link.sendWrongly(this.#approval(message, amount, '00'))
        })
      case 'answer on another link':
        return void after(soon, () => {
          const links = [...this.#links]
          this.#approve(links.find((other) => other !== link) ?? link, message, amount)
        })
    }
  }

  #reverse(link: HostLink, message: WireMessage): void {
    const { random, timers, reversalFault, met } = this.#ports
    const fault = reversalFault()
    const rrn = message.fields[37] ?? ''
    if (fault !== undefined) met(fault, rrn)
    timers.after(random.between(5, 800), () => {
      if (fault === 'reversal lost') return
      const original = keyOfOriginal(this.link, message)
      // A host that refuses one goes on refusing it for a while; the healed one gives way.
      if (fault === 'reversal refused') this.#refusing.add(original)
      else if (random.chance(0.5)) this.#refusing.delete(original)
      if (this.#refusing.has(original)) {
        return this.#answerReversal(link, message, random.pick(REFUSALS))
      }
      if (fault === 'reversal answer without a right MAC') {
        return link.sendWrongly({ mti: '0430', fields: echo(message, ECHOED, '00') })
      }
      const code = this.#undo(original)
      if (fault === 'reversal answer lost') return
      this.#answerReversal(link, message, code)
      if (fault === 'reversal answer twice') this.#answerReversal(link, message, code)
    })
  }

  #undo(original: string): '00' | '25' {
    const debit = this.#ports.ledger.get(original)
    if (debit === undefined) {
      this.#unfound.set(original, (this.#unfound.get(original) ?? 0) + 1)
      return '25'
    }
    debit.reversed = true
    return '00'
  }

  #approve(link: HostLink, message: WireMessage, amount: number, code = '00'): void {
    this.#book(message, amount)
    this.#answerApproved(link, message, amount, code)
  }

  #book(message: WireMessage, amount: number): void {
    const key = keyOf(this.link, message)
    if (this.#ports.ledger.has(key)) return
    const { fields } = message
    this.#ports.ledger.set(key, {
      rrn: fields[37] ?? '',
      amount,
      card: (fields[35] ?? fields[2] ?? '').split('=')[0] ?? '',
      reversed: false,
      approvalDelivered: false,
      unfoundBefore: this.#unfound.get(key) ?? 0,
      atMs: this.#ports.timers.monotonicMs(),
      product: (fields[48] ?? '').slice(0, 6),
    })
  }

  #answerApproved(link: HostLink, message: WireMessage, amount: number, code = '00'): void {
    link.send(this.#approval(message, amount, code))
  }

  #approval(message: WireMessage, amount: number, code: string): WireMessage {
    const fields = echo(message, ECHOED, code)
    fields[4] = String(amount).padStart(12, '0')
    fields[38] = authCodeOf(message)
    if (Number(message.fields[11]) % 2 === 0) fields[15] = message.fields[13] ?? ''
    return { mti: '0210', fields }
  }

  #decline(link: HostLink, message: WireMessage): void {
    this.#answerCode(link, message, this.#ports.random.pick(DECLINES))
  }

  #answerCode(link: HostLink, message: WireMessage, code: string): void {
    link.send({ mti: '0210', fields: echo(message, ECHOED, code) })
  }

  #answerReversal(link: HostLink, message: WireMessage, code: string): void {
    link.send({ mti: '0430', fields: echo(message, ECHOED, code) })
  }
}

const ECHOED = [3, 4, 7, 11, 12, 13, 37, 41, 42, 49]

class HostLink {
  readonly channel: Channel & { cut(reason: string): void }
  readonly #keys: HostZoneKeys | undefined

  constructor(channel: HostLink['channel'], keys: HostZoneKeys | undefined) {
    this.channel = channel
    this.#keys = keys
  }

  send(message: WireMessage): void {
    this.channel.send(this.#written(message))
  }

  /** Whole up to DE 42, so that it can be matched; then a field that is none. */
  sendDamaged(message: WireMessage): void {
    const whole = this.#written(message)
    this.channel.send(whole.subarray(0, whole.length - 2))
  }

  /** What somebody without keys would send. */
  sendWrongly(message: WireMessage): void {
    this.channel.send(this.#keys?.writtenWrongly(message) ?? this.#written(message))
  }

  #written(message: WireMessage): Buffer {
    return this.#keys?.written(message) ?? writeMessage('ascii', message)
  }
}

function echo(message: WireMessage, numbers: readonly number[], code: string): WireFields {
  const fields: WireFields = {}
  for (const de of numbers) {
    const value = message.fields[de]
    if (value !== undefined) fields[de] = value
  }
  // An object keeps small whole numbers in ascending order, as the wire wants them.
  fields[39] = code
  return fields
}

/** The same for every answer to one purchase. */
function authCodeOf(message: WireMessage): string {
  return String((Number(message.fields[11]) * 7 + 100_003) % 1_000_000).padStart(6, '0')
}
