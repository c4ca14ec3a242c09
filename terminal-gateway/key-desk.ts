// The session keys of terminals and institutions: which set a message's MAC verifies under, and new
// sets at a logon. An owner has one active and one pending set; the pending one becomes active with
// the first message that verifies under it. [wire-protocol 3.4, 3.5] An institution's active set is
// taken for a while after that. Keys lie sealed in the store, and those of a bounded number of
// owners stay open.
//
// A logon has no MAC, and anybody can send one. So a serial number is bound when a set becomes
// active, one logon is written at a time, and sets that nobody uses are counted. PINs may be under
// DUKPT keys, whose base keys are those of key sets of many terminals. [ANSI X9.24-1:2009]

import { hasMac } from '../protocol/message/mac-input.ts'
import type { Message } from '../protocol/message/message.ts'
import type { SecurityModule } from '../protocol/security/security-module.ts'
import type { Key, KeyScheme } from '../protocol/values/key.ts'
import {
  type KeyOwner,
  type KeyStore,
  masterPlace,
  type SealedKeySet,
  type StoredKeys,
} from '../switch/core/key-store.ts'
import { newSessionKeys, openedSet, type SessionKeys, sealedSet } from './session-keys.ts'

/** `none`: no set at all. `wrong`: no MAC, or one of another key. */
export type MacVerdict = SessionKeys | 'none' | 'wrong'

export interface LogonRequest {
  readonly scheme: KeyScheme
  /** DE 11. */
  readonly stan: string
  readonly transmission: string
  /** As it is written down, which is not always whole. */
  readonly serialNumber: string
  /** As it was written down by versions that hashed nothing. */
  readonly masked: string
}

export type LogonResult =
  /** Three TR-31 blocks: MAC, PIN and data key. */
  | { readonly kind: 'keys'; readonly blocks: string }
  | { readonly kind: 'no-master-key' }
  | { readonly kind: 'other-serial-number' }
  | { readonly kind: 'not-written' }
  /** Another one of its terminal is being written. */
  | { readonly kind: 'busy' }

export interface KeyDeskPorts {
  readonly module: SecurityModule
  readonly store: KeyStore
  /** Owners whose keys stay open. */
  readonly ownersMost: number
  /** Sets that an owner is given, and does not use, before its logons are counted. */
  readonly unusedMost: number
  /** How long keys of an institution are taken that others have replaced; left out: not at all. */
  readonly replaced?: { readonly takenMs: number; readonly monotonicMs: () => number } | undefined
  /** Sealed keys that do not open: another storage key, or damage. */
  readonly alarm: (what: string, owner: KeyOwner) => void
}

const KEY_SET_CHARS = 10

interface Sets {
  readonly active: { readonly generation: number } | undefined
  readonly pending: { readonly generation: number } | undefined
}

interface Opened {
  readonly master: Key | undefined
  /** Its check value, by which the store knows whether it is still the owner's. */
  readonly under: string
  serialNumber: string | undefined
  active: SessionKeys | undefined
  pending: SessionKeys | undefined
  /** Of an institution: was in force before, and is taken until then. */
  replaced: { readonly set: SessionKeys; readonly untilMs: number } | undefined
  /** In force, and the store has not said yet that it knows. */
  unnoted: SessionKeys | undefined
  /** The store is being told. */
  isNoting: boolean
  /** Of the newest set, durable or not. */
  generation: number
  /** Given since it last began to use one. */
  unused: number
}

/** A logon whose set is being written. */
interface Writing {
  readonly request: LogonRequest
  readonly result: Promise<LogonResult>
}

export class KeyDesk {
  readonly #ports: KeyDeskPorts
  readonly #opened = new Map<KeyOwner, Opened>()
  /** One for an owner, whatever becomes of what is open of him meanwhile. */
  readonly #writing = new Map<KeyOwner, Writing>()
  /** As many as there are in the store: what it does not have is not remembered. */
  readonly #baseKeys = new Map<KeyOwner, Key | undefined>()

  constructor(ports: KeyDeskPorts) {
    this.#ports = ports
  }

  /** Before any state of a sale is read. Keys of another scheme than is asked for are none. */
  verify(owner: KeyOwner, message: Message, scheme: KeyScheme): MacVerdict {
    const { module } = this.#ports
    const keys = this.#keysOf(owner)
    const { active, pending } = keys
    if (active?.scheme !== scheme && pending?.scheme !== scheme) return 'none'
    const verifies = (set: SessionKeys | undefined): set is SessionKeys =>
      set?.scheme === scheme &&
      hasMac(message, (input, mac) => module.verifiesMac(set.macKey, input, mac))
    if (verifies(active)) {
      if (keys.unnoted !== undefined) this.#noteAgain(owner, keys)
      return active
    }
    if (!verifies(pending)) {
      const replaced = this.#replacedOf(keys)
      return verifies(replaced) ? replaced : 'wrong'
    }
    this.#replace(owner, keys)
    keys.active = pending
    keys.pending = undefined
    keys.serialNumber ??= pending.serialNumber
    keys.unused = 0
    // A logon that is being written takes its place in the store before the note is.
    this.#note(owner, keys, { set: pending, isReplaced: this.#writing.has(owner) })
    return pending
  }

  /**
   * The servers of an institution begin to use new keys one after the other, each on a connection
   * of its own. A terminal is one device, and knows which keys it has.
   */
  #replace(owner: KeyOwner, keys: Opened): void {
    const { active: set } = keys
    const { replaced } = this.#ports
    if (set === undefined || replaced === undefined || !owner.startsWith('institution/')) return
    keys.replaced = { set, untilMs: replaced.monotonicMs() + replaced.takenMs }
  }

  #replacedOf({ replaced }: Opened): SessionKeys | undefined {
    const nowMs = this.#ports.replaced?.monotonicMs() ?? 0
    return replaced !== undefined && nowMs < replaced.untilMs ? replaced.set : undefined
  }

  /** It was given sets again and again and used none: somebody asks who has not its master key. */
  isFlooded(owner: KeyOwner): boolean {
    return this.#keysOf(owner).unused >= this.#ports.unusedMost
  }

  /** A message that comes twice meanwhile has one answer: other keys would make its first void. */
  async logon(owner: KeyOwner, request: LogonRequest): Promise<LogonResult> {
    const keys = this.#keysOf(owner)
    const writing = this.#writing.get(owner)
    if (writing !== undefined) {
      return isSame(writing.request, request) ? writing.result : { kind: 'busy' }
    }
    const result = this.#logOn(owner, keys, request)
    this.#writing.set(owner, { request, result })
    try {
      const told = await result
      if (told.kind === 'keys') this.#catchUp(owner, keys)
      return told
    } finally {
      this.#writing.delete(owner)
    }
  }

  /**
   * What was opened while the logon was being written lacks its set: it is read anew, unless it has
   * keys in force of which the store may not know yet.
   */
  #catchUp(owner: KeyOwner, { pending, generation }: Opened): void {
    const now = this.#opened.get(owner)
    if (now === undefined || now.generation >= generation) return
    if (now.unnoted === undefined) this.#opened.delete(owner)
    else Object.assign(now, { pending, generation })
  }

  async #logOn(owner: KeyOwner, keys: Opened, request: LogonRequest): Promise<LogonResult> {
    const { module, store } = this.#ports
    const { master } = keys
    if (master === undefined || master.scheme !== request.scheme) return { kind: 'no-master-key' }
    const bound = keys.serialNumber ?? request.serialNumber
    if (bound !== request.serialNumber && bound !== request.masked) {
      return { kind: 'other-serial-number' }
    }
    const made = newSessionKeys(module, request.scheme)
    const generation = keys.generation + 1
    const { scheme, transmission, serialNumber } = request
    const set = { scheme, transmission, serialNumber, module, generation, ...made }
    const sealed = sealedSet(owner, set)
    if (keys.unnoted !== undefined) {
      this.#note(owner, keys, { set: keys.unnoted, isReplaced: true })
    }
    // From here on nothing is asked of the module before the set is durable.
    keys.generation = generation
    const isWritten = await store.putPending(owner, sealed, keys.under)
    if (!isWritten) return this.#notWritten(owner, keys)
    keys.pending = set
    keys.unused += 1
    const blocks = [set.macKey, set.pinKey, set.dataKey].map((key) =>
      module.exportUnder(master, key),
    )
    return { kind: 'keys', blocks: blocks.join('') }
  }

  /**
   * The disk is full, or an administrator has replaced the master key meanwhile. Or the store has a
   * newer set than was known here, and the next one is to go beyond that.
   */
  #notWritten(owner: KeyOwner, keys: Opened): LogonResult {
    const newest = newestOf(this.#ports.store.find(owner))
    keys.generation = Math.max(keys.generation, newest)
    return { kind: 'not-written' }
  }

  /**
   * Nothing waits for it: after a crash the set is still pending, and verifies as it did here.
   * Where the disk did not take it, it is noted again with the next message, and before a logon
   * takes the set's place.
   */
  #note(
    owner: KeyOwner,
    keys: Opened,
    { set, isReplaced }: { readonly set: SessionKeys; readonly isReplaced: boolean },
  ): void {
    keys.unnoted = set
    keys.isNoting = true
    const whole = isReplaced ? sealedSet(owner, set) : undefined
    void this.#ports.store.activate(owner, set, keys.under, whole).then((isWritten) => {
      if (keys.unnoted !== set) return
      keys.isNoting = false
      if (isWritten) keys.unnoted = undefined
    })
  }

  /** The disk did not take it: after a crash the set before would be in force again. */
  #noteAgain(owner: KeyOwner, keys: Opened): void {
    const { unnoted, isNoting } = keys
    if (unnoted !== undefined && !isNoting) {
      this.#note(owner, keys, { set: unnoted, isReplaced: true })
    }
  }

  /** What the keys of this serial number come from; undefined when nothing here does. */
  baseKey(keySerialNumber: string): Key | undefined {
    const owner = keySetOwner(keySerialNumber)
    if (this.#baseKeys.has(owner)) return this.#baseKeys.get(owner)
    const { module, store, alarm } = this.#ports
    const stored = store.find(owner).master
    if (stored?.scheme !== 'tdes') return undefined
    const key = module.unseal('dukpt-base', 'tdes', stored.sealed, masterPlace(owner))
    if (key === undefined) alarm('a base key does not open', owner)
    this.#baseKeys.set(owner, key)
    return key
  }

  /** Its keys were changed in the store. */
  changed(owner: KeyOwner): void {
    this.#opened.delete(owner)
    this.#baseKeys.delete(owner)
  }

  #keysOf(owner: KeyOwner): Opened {
    const known = this.#opened.get(owner)
    if (known !== undefined) return known
    const opened = this.#open(owner, this.#ports.store.find(owner))
    this.#opened.set(owner, opened)
    if (this.#opened.size > this.#ports.ownersMost) this.#forgetOldest()
    return opened
  }

  /** A Map keeps the order in which they came. */
  #forgetOldest(): void {
    for (const [owner, keys] of this.#opened) {
      if (this.#writing.has(owner) || keys.unnoted !== undefined) continue
      if (this.#replacedOf(keys) !== undefined) continue
      this.#opened.delete(owner)
      return
    }
  }

  #open(owner: KeyOwner, stored: StoredKeys): Opened {
    const { module, alarm } = this.#ports
    const { master, active, pending, serialNumber } = stored
    const opened = (set: SealedKeySet | undefined) => {
      const keys = set === undefined ? undefined : openedSet(module, owner, set)
      if (set !== undefined && keys === undefined) alarm('keys do not open', owner)
      return keys
    }
    const key =
      master === undefined
        ? undefined
        : module.unseal('master', master.scheme, master.sealed, masterPlace(owner))
    if (master !== undefined && key === undefined) alarm('a master key does not open', owner)
    return {
      ...{ master: key, under: master?.checkValue ?? '' },
      ...{ serialNumber, generation: newestOf(stored) },
      ...{ unused: 0, unnoted: undefined, isNoting: false },
      replaced: undefined,
      active: opened(active),
      pending: opened(pending),
    }
  }
}

function isSame(one: LogonRequest, other: LogonRequest): boolean {
  return (
    one.stan === other.stan &&
    one.transmission === other.transmission &&
    one.serialNumber === other.serialNumber
  )
}

/** Generation of the newest set that is durable; 0 without one. */
function newestOf({ active, pending }: Sets): number {
  return Math.max(active?.generation ?? 0, pending?.generation ?? 0)
}

/** The key set's identifier stands in front, before device and counter. */
function keySetOwner(keySerialNumber: string): KeyOwner {
  return `dukpt/${keySerialNumber.slice(0, KEY_SET_CHARS)}`
}
