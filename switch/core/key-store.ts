// Where the keys of terminals and zones lie, as the gateways see it: bytes that only the security
// module opens. An owner has a master key, and of session keys one active and one pending set. A
// new set replaces the pending one; the pending set becomes active when its owner has shown that it
// has it. [wire-protocol 3.4]

import type { KeyScheme } from '../../protocol/values/key.ts'

/**
 * `terminal/17` by the terminal's key, `institution/bank` and `host/simulator` by name. Also
 * `dukpt/FFFF987654`, a key set of DUKPT terminals: its master key is the base key, and it has no
 * sets.
 */
export type KeyOwner = string

/** What a master key is sealed for, so that it opens for no other owner. */
export function masterPlace(owner: KeyOwner): string {
  return `${owner}/master`
}

/** What the keys of a set are sealed for. */
export function setPlace(owner: KeyOwner, generation: number): string {
  return `${owner}/${generation}`
}

export interface SealedKeySet {
  /** Counts upwards within the owner; part of the place that the keys are sealed for. */
  readonly generation: number
  readonly scheme: KeyScheme
  readonly macKey: Uint8Array
  readonly pinKey: Uint8Array
  /** A card host has none. */
  readonly dataKey: Uint8Array | undefined
  /** DE 7 of the logon that it was made for; undefined for the set of a zone. */
  readonly transmission: string | undefined
  /** As the logon told it, and bound when the set becomes active. */
  readonly serialNumber: string | undefined
}

export interface StoredMaster {
  readonly scheme: KeyScheme
  readonly sealed: Uint8Array
  /** Names it among the master keys that its owner has had. */
  readonly checkValue: string
}

export interface StoredKeys {
  readonly master: StoredMaster | undefined
  /** Of the device that the master key is in; undefined until its first logon is proven. */
  readonly serialNumber: string | undefined
  readonly active: SealedKeySet | undefined
  readonly pending: SealedKeySet | undefined
}

/**
 * `under`: the check value of the master key that a set came under, empty without one. A record
 * waits in line, and an administrator's may be before it: while that key is not the owner's any
 * more, nothing is written.
 */
export interface KeyStore {
  find(owner: KeyOwner): StoredKeys
  /** Durable when it resolves with true; never rejects. False also behind a newer set. */
  putPending(owner: KeyOwner, set: SealedKeySet, under: string): Promise<boolean>
  /**
   * The pending set of that generation becomes the active one. `whole`: the set itself, when a
   * newer one may have taken its place meanwhile; without it, it must still be there.
   */
  activate(
    owner: KeyOwner,
    set: Pick<SealedKeySet, 'generation' | 'serialNumber'>,
    under: string,
    whole?: SealedKeySet,
  ): Promise<boolean>
}
