// The keys of the link to one card host: MACs both ways, and the PIN key that PIN blocks are
// translated to. The host sends new ones (DE 70 = 101) as TR-31 blocks under the zone master key;
// they are durable before that is answered. A link with keys carries no sale before it has some.
// [wire-protocol 4]
//
// A key change comes under the set in force; on a link that has none, without a MAC or under the
// set that it brings. Such a first one may be an old one, sent again by somebody: where the host
// leaves a request under its keys without an answer, and never gave one, another one is taken.

import type { Dialect } from '../protocol/message/dialect.ts'
import type { GivenFields } from '../protocol/message/field-list.ts'
import { encodeWithMac, hasMac } from '../protocol/message/mac-input.ts'
import type { FieldReader, Message } from '../protocol/message/message.ts'
import { ModuleAwayError, unlessAway } from '../protocol/security/security-module.ts'
import type { PinBlock } from '../protocol/values/card.ts'
import type { Key, KeyScheme } from '../protocol/values/key.ts'
import type { Pan } from '../protocol/values/pan.ts'
import { type Reason, reason } from '../protocol/values/reason.ts'
import { type KeyOwner, masterPlace, type SealedKeySet } from '../switch/core/key-store.ts'
import type { EnteredPin } from '../switch/core/sale-record.ts'
import { isKeyChange, isNetworkManagement } from './network.ts'
import type { Answer, Change, NewestChange, Verified } from './zone-change.ts'
import {
  areSameKeys,
  areSameMacKeys,
  broughtKeys,
  openedSet,
  sealedSet,
  translatedTo,
  type ZoneKeyPorts,
  type ZoneSet,
  type ZoneSetKeys,
} from './zone-set.ts'

/** `none`: the link is to have none. `missing`: the host has sent none yet. */
export type ZoneKeyState = 'none' | 'in force' | 'missing' | 'do not open'

export class ZoneKeys {
  readonly owner: KeyOwner
  readonly #scheme: KeyScheme | 'none'
  readonly #ports: ZoneKeyPorts | undefined
  #current: ZoneSet | undefined
  #previous: ZoneSet | undefined
  /** Of the newest set, whether it opens, and durable or not. */
  #generation = 0
  /** Whether the host has yet to show that it has the newest set; the store keeps the other. */
  #isUnshown = false
  /** It answered under the current set, and has left nothing under it unanswered since. */
  #isAnswered = false
  /** The host has answered under keys of this link: from then on a first change is none. */
  #isProven = false
  /** Nothing is proved, and a request under the current set had no answer. */
  #isDoubtful = false
  /** The host has shown it, and the store has not said yet that it knows. */
  #unnoted: ZoneSet | undefined
  /** Something of them is in the store and does not open. */
  #isShut = false
  /** The newest change, by its key blocks, and what it is answered with. */
  #newest: NewestChange | undefined
  #reloads = 0

  constructor(host: string, scheme: KeyScheme | 'none', ports: ZoneKeyPorts | undefined) {
    this.owner = `host/${host}`
    this.#scheme = scheme
    this.#ports = ports
    this.reload()
  }

  /** As they are in the store now: at a start, and when an administrator has changed them. */
  reload(): void {
    const ports = this.#ports
    if (this.#scheme === 'none' || ports === undefined) return
    const { master, active, pending } = ports.store.find(this.owner)
    this.#reloads++
    this.#isShut = false
    const stored = Math.max(active?.generation ?? 0, pending?.generation ?? 0)
    this.#generation = Math.max(this.#generation, stored)
    // A set that was written and not yet answered is the newer one all the same.
    const under = master?.checkValue ?? ''
    const sets = [pending, active].map((set) => this.#opened(ports, set, under))
    const [newest, older] = sets.filter((set) => set !== undefined)
    this.#master(ports)
    this.#current = newest
    this.#previous = older
    this.#newest = undefined
    this.#unnoted = undefined
    this.#isUnshown = pending !== undefined && newest?.generation === pending.generation
    this.#isProven = active !== undefined && newest !== undefined
    this.#isDoubtful = false
    this.#isAnswered = false
  }

  /** It should have keys and has none: it carries nothing but network management. */
  get missing(): boolean {
    return this.#scheme !== 'none' && this.#current === undefined
  }

  /** Also with keys in force something may not open: a host that forgot the newest set is lost. */
  get state(): ZoneKeyState {
    if (this.#scheme === 'none') return 'none'
    if (this.#current !== undefined) return 'in force'
    return this.#isShut ? 'do not open' : 'missing'
  }

  encode(dialect: Dialect, mti: string, fields: GivenFields): Buffer {
    return this.#encodeUnder(this.#current, dialect, mti, fields)
  }

  /** An answer to what verified so. */
  encodeAnswer(verified: Verified, dialect: Dialect, mti: string, fields: GivenFields): Buffer {
    return this.#encodeUnder(verified.set, dialect, mti, fields)
  }

  /** Whether a key change can be taken at all. */
  get isKeyed(): boolean {
    return this.#scheme !== 'none'
  }

  /**
   * Undefined: the MAC is missing or wrong, and nothing of the message may be believed. `away`: nor
   * while that cannot be told, but the host has done nothing wrong.
   */
  verified(message: Message): Verified | 'away' | undefined {
    if (this.#scheme === 'none') return { set: undefined }
    // Without keys it carries network management, and nothing that is said of money is believed.
    if (this.#current === undefined) {
      return isNetworkManagement(message.mti) ? { set: undefined } : undefined
    }
    const sets = [this.#current, this.#previous]
    const set = unlessAway(
      () => sets.find((one) => one !== undefined && this.#verifiesUnder(one, message)),
      'away',
    )
    if (set === undefined || set === 'away') return set
    // A change shows the keys that it is under only when it brings others.
    if (!isKeyChange(message)) this.#shown(set)
    return { set }
  }

  /** What a request that goes out now is under. */
  get inForce(): Verified {
    return { set: this.#current }
  }

  /**
   * The host has answered a request of this link so: an old message answers none. `asked`: what the
   * request was under, of which the host may know nothing.
   */
  answered({ set }: Verified, asked?: Verified): void {
    if (set === undefined) return
    if (set === this.#previous && asked?.set === this.#current) this.#tryOther()
    if (set !== this.#current) return
    this.#isProven = true
    this.#isDoubtful = false
    this.#isAnswered = true
    this.#shown(set)
  }

  /** The host had a request under this, and time. */
  unanswered({ set }: Verified): void {
    if (set === undefined || set !== this.#current) return
    this.#isDoubtful = !this.#isProven
    if (this.#isAnswered) this.#isAnswered = false
    else this.#tryOther()
  }

  /**
   * The answer to a change may be lost, and then the host has the keys before: until it shows the
   * newest, what is under one of the two and has no answer is followed by what is under the other.
   */
  #tryOther(): void {
    const [current, other] = [this.#previous, this.#current]
    if (!this.#isProven || !this.#isUnshown || current === undefined) return
    // No answer tells which of two sets with one MAC key the host has.
    if (unlessAway(() => areSameMacKeys(this.#ports?.module, current, other), true)) return
    this.#current = current
    this.#previous = other
    this.#isAnswered = false
    // Should it come again, it is in force no more.
    if (this.#newest?.isWritten) this.#newest = undefined
  }

  #verifiesUnder({ macKey }: ZoneSet, message: Message): boolean {
    const module = this.#ports?.module
    return hasMac(message, (input, mac) => module?.verifiesMac(macKey, input, mac) ?? false)
  }

  /**
   * What a key change is answered with. `answer` sends it: with 00 the new set is durable, and in
   * force as soon as that has gone out, so that nothing goes out under it before. Empty: nothing
   * went out, and nothing has changed.
   */
  async change(request: Message, verified: Verified | undefined, answer: Answer): Promise<string> {
    let said = ''
    const once: Answer = (changed) => {
      if (said === '' && answer(changed)) said = changed.responseCode
      return said !== ''
    }
    try {
      once(await this.#changed(request, verified, once))
    } catch (error) {
      if (!(error instanceof ModuleAwayError)) throw error
      once({ responseCode: '96', verified: verified ?? { set: undefined } })
    }
    return said
  }

  async #changed(request: Message, verified: Verified | undefined, answer: Answer) {
    const read = this.#read(request)
    if (typeof read === 'string') {
      const under = verified ?? { set: undefined }
      return { responseCode: verified === undefined ? '63' : read, verified: under }
    }
    const before = verified?.set
    if (before !== undefined && !this.#brings(read, before)) this.#shown(before)
    const set = { generation: this.#generation + 1, ...read }
    const under = before === undefined ? this.#first(set, request) : this.#mayChange(before)
    if (under === undefined) return { responseCode: '63', verified: { set: undefined } }
    // The first change is under the keys that it brings: sent again, they would come back. Under
    // those in force they may: the host offers again what another change pushed out. A host that
    // changes the PIN key alone goes on under the MAC key of before.
    const isNew = !this.#brings(read, this.#current)
    const isUnderBefore = areSameMacKeys(this.#ports?.module, under.set, this.#previous)
    if (isNew && isUnderBefore && this.#brings(read, this.#previous)) {
      return { responseCode: '63', verified: under }
    }
    if (!isNew && !this.#isShut) return { responseCode: '00', verified: under }
    const taken = () => answer({ responseCode: '00', verified: under })
    const change = { blocks: request.get(62) ?? '', set, before, answers: [taken] }
    const responseCode = await this.#takeOnce(change)
    return { responseCode, verified: under }
  }

  /**
   * A change comes again when its answer was lost. Taken again it would push out the set before,
   * under which answers are still on their way.
   */
  async #takeOnce(change: Change): Promise<string> {
    const { blocks, set, answers } = change
    if (this.#newest?.blocks === blocks && !this.#isShut) {
      this.#newest.answers.push(...answers)
      return this.#newest.taken
    }
    this.#generation = set.generation
    const newest = { blocks, answers, taken: this.#take(change), isWritten: false }
    this.#newest = newest
    try {
      const responseCode = await newest.taken
      newest.isWritten = responseCode === '00'
      return responseCode
    } finally {
      if (!newest.isWritten && this.#newest === newest) this.#newest = undefined
    }
  }

  /**
   * Of a link that has proved no keys: no MAC at all, or the MAC of the key that it brings. While
   * one is being written no other is taken: an old one would be the newer of the two.
   */
  #first(brought: ZoneSet, request: Message): Verified | undefined {
    if (this.#isProven) return undefined
    const isBare = request.macOffset < 0
    if (!isBare && !this.#verifiesUnder(brought, request)) return undefined
    const isWriting = this.#newest !== undefined && !this.#newest.isWritten
    if (isWriting && this.#newest?.blocks !== request.get(62)) return undefined
    const isOther = this.#current !== undefined && !this.#brings(brought, this.#current)
    if (isOther && !this.#isDoubtful) return undefined
    return { set: isBare ? undefined : brought }
  }

  /**
   * Under the keys in force, and under those before only while the host may not know that they
   * are: what it had taken once could otherwise be sent again and be in force again.
   */
  #mayChange(set: ZoneSet): Verified | undefined {
    return set === this.#previous && !this.#isUnshown ? undefined : { set }
  }

  #brings(brought: ZoneSetKeys, set: ZoneSet | undefined): boolean {
    return areSameKeys(this.#ports?.module, brought, set)
  }

  /** The set that a key change brings, or the response code that refuses it. */
  #read(request: FieldReader): ZoneSetKeys | string {
    const ports = this.#ports
    if (this.#scheme === 'none' || ports === undefined) return '12'
    const master = this.#master(ports)
    if (master === undefined) return '96'
    return broughtKeys(ports.module, master, request.get(62) ?? '') ?? '30'
  }

  /** Read anew each time: an administrator may have loaded another one. */
  #master(ports: ZoneKeyPorts): { readonly key: Key; readonly under: string } | undefined {
    const { master } = ports.store.find(this.owner)
    if (master === undefined || this.#scheme === 'none') return undefined
    const place = masterPlace(this.owner)
    const key = ports.module.unseal('master', this.#scheme, master.sealed, place)
    if (key === undefined) this.#shut(ports, 'a zone master key does not open')
    return key && { key, under: master.checkValue }
  }

  #shut({ alarm }: ZoneKeyPorts, what: string): void {
    this.#isShut = true
    alarm(what, this.owner)
  }

  async #take({ set, before, answers }: Change): Promise<string> {
    const ports = this.#ports
    if (ports === undefined) return '12'
    const { store } = ports
    // The disk did not take it: the new set would push out the one that the host may yet use.
    if (this.#unnoted !== undefined) this.#note(ports, this.#unnoted, true)
    const reloads = this.#reloads
    const sealed = this.#sealed(ports, set)
    // Full, or another zone master key was loaded while it waited in line.
    if (!(await store.putPending(this.owner, sealed, set.under))) return '96'
    if (reloads !== this.#reloads) return '96'
    // A newer change may have overtaken this one.
    if (set.generation < (this.#current?.generation ?? 0)) return '00'
    // Whose connections have ended, or the keys are away: the host does not know, and asks again.
    if (!answers.map((taken) => taken()).includes(true)) return this.#takenBack(ports, set)
    // What it came under the host has for certain, the current one perhaps not.
    if (before === undefined || before !== this.#previous) this.#previous = this.#current
    this.#current = set
    this.#isDoubtful = false
    this.#isUnshown = true
    this.#isAnswered = false
    this.#isShut = false
    return '00'
  }

  /**
   * A start would take it for the newest, and the host knows nothing of it: those in force take its
   * place, which may be stored nowhere else. Nothing waits for that; a newer change does the same.
   */
  #takenBack(ports: ZoneKeyPorts, { generation }: ZoneSet): string {
    if (this.#current !== undefined && generation === this.#generation) {
      const again = { ...this.#current, generation: generation + 1 }
      const sealed = unlessAway(() => this.#sealed(ports, again), undefined)
      if (sealed !== undefined) {
        this.#generation = again.generation
        this.#current = again
        void ports.store.putPending(this.owner, sealed, again.under)
      }
    }
    return '96'
  }

  /** The host has this set: if it is the newest, a start needs the one before no more. */
  #shown(set: ZoneSet): void {
    if (!this.#isProven || !this.#isUnshown) return
    const other = set === this.#current ? this.#previous : this.#current
    if (other !== undefined && other.generation > set.generation) return
    if (set === this.#previous) this.#tryOther()
    if (set !== this.#current) return
    this.#isUnshown = false
    if (this.#ports !== undefined) this.#note(this.#ports, set, false)
  }

  /** Nothing waits for it. With its keys it finds a place also when it is not in the store. */
  #note(ports: ZoneKeyPorts, set: ZoneSet, withKeys: boolean): void {
    this.#unnoted = set
    const { generation, under } = set
    const whole = withKeys ? this.#sealed(ports, set) : undefined
    const which = { generation, serialNumber: undefined }
    const noted = ports.store.activate(this.owner, which, under, whole)
    void noted.then((isWritten) => {
      if (isWritten && this.#unnoted === set) this.#unnoted = undefined
    })
  }

  /** Under the link's own PIN key. */
  translate(entered: EnteredPin, pan: Pan): PinBlock | Reason {
    const [set, module] = [this.#current, this.#ports?.module]
    if (set === undefined || module === undefined) return reason('the link has no PIN key')
    return unlessAway(() => translatedTo(module, set, entered, pan), reason('the keys are away'))
  }

  /** DE 52 carries format 0, DE 61 format 4. [wire-protocol 4] */
  get pinField(): 52 | 61 {
    return this.#scheme === 'aes' ? 61 : 52
  }

  #encodeUnder(set: ZoneSet | undefined, dialect: Dialect, mti: string, fields: GivenFields) {
    const module = this.#ports?.module
    const compute = set && module && ((input: Buffer) => module.mac(set.macKey, input))
    return encodeWithMac(dialect, mti, fields, compute)
  }

  #sealed({ module }: ZoneKeyPorts, set: ZoneSet): SealedKeySet {
    return sealedSet(module, this.owner, this.#scheme as KeyScheme, set)
  }

  #opened(ports: ZoneKeyPorts, set: SealedKeySet | undefined, under: string): ZoneSet | undefined {
    if (set === undefined || set.scheme !== this.#scheme) return undefined
    const opened = openedSet(ports.module, this.owner, set, under)
    if (opened === undefined) this.#shut(ports, 'zone keys do not open')
    return opened
  }
}
