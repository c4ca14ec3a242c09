// The card host's side of a link with keys: makes new ones under the zone master key, sends them to
// the switch, puts a MAC on everything, and takes nothing without one: under the set in force, the
// one before, or one that it offered. It answers under the set that the switch last showed it has.
// A switch that was restored may have an older one; then it takes any that it ever made. A host
// whose keys the switch does not know, or that does not know those of the switch, begins anew.

import { createHash } from 'node:crypto'
import type { Seeded } from '../seeded.ts'
import { blockOfKey, type Cmac, cmacOf } from '../wire/aes.ts'
import { type WireMessage, writeMessage } from '../wire/codec.ts'
import { hasRightHexMac, sealedMessage } from '../wire/sealed.ts'
import { STRANGERS_KEY } from './forgery.ts'

export const ZONE_MASTER = createHash('sha256').update('zone master').digest().subarray(0, 16)

const REFUSALS = 3

interface ZoneSet {
  readonly mac: Cmac
  /** DE 62 of its change. */
  readonly blocks: string
}

export class HostZoneKeys {
  readonly #random: Seeded
  /** All there ever were, the newest last: a switch that was restored may have any of them. */
  readonly #sets: ZoneSet[] = []
  readonly #changes: Buffer[]
  #inForce: ZoneSet | undefined
  #before: ZoneSet | undefined
  #isSwitchRestored = false
  /** Times in a row that switch or host did not know the keys of the other. */
  #refusals = 0
  /** Sent, and not answered yet; and how often, by DE 7 and 11. */
  #offered: ZoneSet | undefined
  readonly #offers = new Set<string>()

  constructor(random: Seeded) {
    this.#random = random
    this.#changes = [0, 1].map((at) => this.#ancient(at))
  }

  /** A first change of a link before this one: the host has long forgotten what it brought. */
  #ancient(at: number): Buffer {
    const { blocks, mac } = this.#made()
    const fields = { 7: '0101000000', 11: String(899_998 + at), 62: blocks, 70: '101' }
    const message = { mti: '0800', fields }
    return at === 0 ? writeMessage('ascii', message) : sealedMessage('ascii', message, mac)
  }

  /** The switch has shown none yet. */
  get isMissing(): boolean {
    return this.#inForce === undefined
  }

  written(message: WireMessage): Buffer {
    if (this.#inForce === undefined) return writeMessage('ascii', message)
    return sealedMessage('ascii', message, this.#inForce.mac)
  }

  /** Under keys of nobody. */
  writtenWrongly(message: WireMessage): Buffer {
    if (this.#random.chance(0.3)) return writeMessage('ascii', message)
    return sealedMessage('ascii', message, STRANGERS_KEY)
  }

  /** False: it is not to be believed. A switch that begins anew signs on without a MAC. */
  takes({ mti, fields }: WireMessage, body: Buffer): boolean {
    if (fields[64] === undefined && fields[128] === undefined) {
      if (mti === '0800' || this.#isRefused(mti, fields)) this.#beginAnew()
      return this.#inForce === undefined && mti.startsWith('08')
    }
    const known = this.#isSwitchRestored
      ? this.#sets
      : [this.#before, this.#inForce, this.#offered].filter((set) => set !== undefined)
    const set = known.findLast(({ mac }) => hasRightHexMac(body, mac))
    if (set === undefined) {
      if (mti === '0800') this.#refusals++
      if (this.#refusals >= REFUSALS) this.#beginAnew()
      return false
    }
    this.#refusals = 0
    // The switch has read it, and could not keep it.
    if (set === this.#offered && mti === '0810' && fields[39] !== '00') return true
    // What was sent before the change arrives after its answer, on the other connection.
    const isLate = set === this.#before && this.#inForce !== undefined
    if (!isLate || this.#isSwitchRestored) this.#putInForce(set)
    if (set === this.#offered) this.#offered = undefined
    return true
  }

  /** Or the switch was slow to say so, and the keys are good as before. */
  #beginAnew(): void {
    this.#before = this.#inForce ?? this.#before
    this.#inForce = undefined
  }

  #isRefused(mti: string, fields: WireMessage['fields']): boolean {
    if (mti === '0810' && fields[39] === '63') this.#refusals++
    return this.#refusals >= REFUSALS
  }

  switchRestored(): void {
    this.#isSwitchRestored = true
  }

  #putInForce(set: ZoneSet): void {
    if (set === this.#inForce) return
    this.#before = this.#inForce ?? this.#before
    this.#inForce = set
  }

  /** A change of keys, as a frame: new ones, or those that were not answered. */
  change(fields: WireMessage['fields']): Buffer {
    if (this.#offered === undefined) this.#offers.clear()
    this.#offered ??= this.#newSet()
    this.#offers.add(`${fields[7]}${fields[11]}`)
    const { blocks, mac } = this.#offered
    const message = { mti: '0800', fields: { ...fields, 62: blocks, 70: '101' } }
    const isBare = this.#inForce === undefined && this.#random.chance(0.5)
    const under = this.#inForce?.mac ?? mac
    const body = isBare ? writeMessage('ascii', message) : sealedMessage('ascii', message, under)
    this.#changes.push(body)
    return body
  }

  /** One that was sent before, as somebody who read it may send it again. */
  oldChange(): Buffer {
    return this.#random.pick(this.#changes)
  }

  /** A change was answered 00: that of the set on offer, or one that somebody sent again. */
  changed({ fields }: WireMessage): void {
    if (!this.#offers.has(`${fields[7]}${fields[11]}`)) return
    if (this.#offered !== undefined) this.#putInForce(this.#offered)
    this.#offered = undefined
  }

  #newSet(): ZoneSet {
    const set = this.#made()
    this.#sets.push(set)
    return set
  }

  #made(): ZoneSet {
    const bytes = (count: number) =>
      Buffer.from(Array.from({ length: count }, () => this.#random.between(0, 255)))
    const macKey = bytes(16)
    const blocks =
      blockOfKey(ZONE_MASTER, macKey, 'M6C', bytes(14)) +
      blockOfKey(ZONE_MASTER, bytes(16), 'P0E', bytes(14))
    return { mac: cmacOf(macKey), blocks }
  }
}
