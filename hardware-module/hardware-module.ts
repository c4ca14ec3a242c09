// The security module over a PKCS#11 token. Keys lie on the disk wrapped by the token and are used
// inside it. In the clear they are in this process for a moment only where generic PKCS#11 leaves
// no other way: when a key is born (chance, parts, a TR-31 block) and when it goes into a block.
// A PIN is in the clear here between the two keys that it is translated between; buffers are wiped.
//
// Keys that the software module sealed are opened too, so that a shop can move: see `unseal`.

import { BLOCK_BYTES, type OuterKey, xorInto, zeroIv } from '../protocol/security/block-cipher.ts'
import {
  deciphered,
  enciphered,
  opens,
  type PinKey,
  translated,
} from '../protocol/security/card-pin.ts'
import { checkValueOf } from '../protocol/security/check-value.ts'
import { dukptPinKey, maskedKey } from '../protocol/security/dukpt.ts'
import {
  blockHeader,
  type OuterMaster,
  unwrapKey,
  wrapKey,
} from '../protocol/security/key-block.ts'
import { HeldKeys } from '../protocol/security/key-handle.ts'
import {
  combinedParts,
  randomKey,
  randomParts,
  worthHaving,
} from '../protocol/security/key-parts.ts'
import { isSameMac } from '../protocol/security/mac.ts'
import { openKey, type StorageKeys } from '../protocol/security/sealed-key.ts'
import {
  type Key,
  type KeyComponent,
  type KeyScheme,
  type KeyUse,
  KeyUseError,
  type SecurityModule,
} from '../protocol/security/security-module.ts'
import { decipherField, encipherField } from '../protocol/security/voucher-pin-field.ts'
import type { CardPin, PinBlock } from '../protocol/values/card.ts'
import type { Pan } from '../protocol/values/pan.ts'
import { isReason, type Reason } from '../protocol/values/reason.ts'
import type { VoucherPin } from '../protocol/values/voucher-pin.ts'
import { type LoadedKey, SessionObjects } from './session-objects.ts'
import { StorageKeysInToken } from './storage-keys.ts'
import type { Token } from './token.ts'
import { clearOf } from './transport.ts'
import type { WrappedKey } from './wrapped-key.ts'

export interface HardwareModuleOptions {
  /** Of the storage keys in the token. */
  readonly keyLabel: string
  /** Number of the storage key that seals. Its bytes open what the software module sealed. */
  readonly storage: StorageKeys
  /** Keys that stay loaded in the token. */
  readonly keysLoaded?: number
}

const KEYS_LOADED = 4_096
const MAC_BYTES = 8

export class HardwareModule implements SecurityModule {
  readonly #token: Token
  readonly #storage: StorageKeys
  readonly #keys: StorageKeysInToken
  readonly #objects: SessionObjects
  readonly #wrapped = new HeldKeys<WrappedKey>()
  readonly #random = (bytes: number) => this.#token.random(bytes)

  constructor(
    token: Token,
    { keyLabel, storage, keysLoaded = KEYS_LOADED }: HardwareModuleOptions,
  ) {
    this.#token = token
    this.#storage = storage
    this.#keys = new StorageKeysInToken(token, keyLabel)
    this.#objects = new SessionObjects(token, keysLoaded)
  }

  generate(use: KeyUse, scheme: KeyScheme): Key {
    return this.#run(() => this.#keep(use, scheme, randomKey(scheme, this.#random)))
  }

  generateComponents(use: KeyUse, scheme: KeyScheme, parts: number) {
    return this.#run(() => {
      const { bytes, components } = randomParts(scheme, parts, this.#random)
      return { key: this.#keep(use, scheme, bytes), components }
    })
  }

  combine(use: KeyUse, scheme: KeyScheme, components: readonly KeyComponent[]): Key | Reason {
    return this.#run(() => {
      const bytes = combinedParts(scheme, components)
      return isReason(bytes) ? bytes : this.#keep(use, scheme, bytes)
    })
  }

  checkValue(key: Key): string {
    return this.#wrapped.checkValue(key)
  }

  seal(key: Key, place: string): Uint8Array {
    const { use, scheme } = key
    return this.#run(() => {
      const number = this.#storage.newest().id
      const wrapped = this.#keys.under(number, this.#of(key, use), scheme)
      return this.#keys.seal(wrapped, { use, scheme, place })
    })
  }

  /** What the software module sealed goes into the token now, and is sealed there from then on. */
  unseal(use: KeyUse, scheme: KeyScheme, sealed: Uint8Array, place: string): Key | undefined {
    return this.#run(() => {
      const bound = { use, scheme, place }
      const wrapped = this.#keys.unseal(sealed, bound)
      if (wrapped !== undefined) return this.#handed(use, scheme, wrapped)
      const bytes = openKey(this.#storage, sealed, bound)
      return bytes === undefined ? undefined : this.#keep(use, scheme, bytes)
    })
  }

  exportUnder(master: Key, key: Key): string {
    const { use, scheme } = key
    const header = blockHeader(master, use, scheme)
    return this.#run(() => {
      const { number, key: wrapped } = this.#of(key, use)
      const outer = this.#master(master)
      const clear = clearOf(this.#token, this.#keys.wrapping(number), scheme, wrapped)
      const block = wrapKey(scheme, outer, clear, header, this.#random)
      clear.fill(0)
      return block
    })
  }

  importUnder(master: Key, block: string, use: KeyUse): Key | Reason {
    const { scheme } = master
    const header = blockHeader(master, use, scheme)
    return this.#run(() => {
      const bytes = unwrapKey(scheme, this.#master(master), block, header)
      const taken = isReason(bytes) ? bytes : worthHaving(scheme, bytes)
      return isReason(taken) ? taken : this.#keep(use, scheme, taken)
    })
  }

  mac(key: Key, input: Uint8Array): Uint8Array {
    return this.#run(() => {
      const loaded = this.#load(key, 'mac')
      if (key.scheme === 'tdes') return this.#retailMac(loaded, input)
      const { aes: bytes } = BLOCK_BYTES
      return this.#token.sign('CKM_AES_CMAC', loaded.key, input, bytes).subarray(0, MAC_BYTES)
    })
  }

  verifiesMac(key: Key, input: Uint8Array, mac: Uint8Array): boolean {
    return isSameMac(this.mac(key, input), mac)
  }

  encipherVoucherPin(key: Key, voucherPin: VoucherPin, longest = 0): string {
    return this.#run(() =>
      encipherField(key.scheme, this.#cipher(key, 'data'), voucherPin, longest),
    )
  }

  decipherVoucherPin(key: Key, field: string): VoucherPin | Reason {
    return this.#run(() => decipherField(key.scheme, this.#cipher(key, 'data'), field))
  }

  opensPin(key: Key, block: PinBlock, pan: Pan): Reason | undefined {
    return this.#run(() => opens(this.#pinKey(key), { block, pan }))
  }

  opensDukptPin(base: Key, keySerialNumber: string, block: PinBlock, pan: Pan): Reason | undefined {
    return this.#underDukpt(base, keySerialNumber, (from) => opens(from, { block, pan }))
  }

  translatePin(from: Key, to: Key, block: PinBlock, pan: Pan): PinBlock | Reason {
    return this.#run(() =>
      translated(this.#pinKey(from), this.#pinKey(to), { block, pan }, this.#random),
    )
  }

  translateDukptPin(
    base: Key,
    keySerialNumber: string,
    to: Key,
    block: PinBlock,
    pan: Pan,
  ): PinBlock | Reason {
    return this.#underDukpt(base, keySerialNumber, (from) =>
      translated(from, this.#pinKey(to), { block, pan }, this.#random),
    )
  }

  /** The key of this one PIN is derived for the work and wiped after it. */
  #underDukpt<Result>(
    base: Key,
    keySerialNumber: string,
    work: (from: PinKey) => Result,
  ): Result | Reason {
    this.#of(base, 'dukpt-base')
    if (base.scheme !== 'tdes') throw new KeyUseError('DUKPT with a base key that is not tdes')
    return this.#run(() => {
      const { key, companion } = this.#load(base, 'dukpt-base')
      if (companion === undefined) throw new Error('a base key without its masked companion')
      const outer = { plain: this.#ecb('tdes', key), masked: this.#ecb('tdes', companion) }
      const from = dukptPinKey(outer, keySerialNumber)
      if (isReason(from)) return from
      try {
        return work({ scheme: 'tdes', key: from })
      } finally {
        from.fill(0)
      }
    })
  }

  encipherPin(key: Key, cardPin: CardPin, pan: Pan): PinBlock {
    return this.#run(() => enciphered(this.#pinKey(key), cardPin, pan, this.#random))
  }

  decipherPin(key: Key, block: PinBlock, pan: Pan): CardPin | Reason {
    return this.#run(() => deciphered(this.#pinKey(key), block, pan))
  }

  /** Whether the token has what keys are sealed under. */
  get hasStorageKey(): boolean {
    return this.#run(() => this.#keys.has(this.#storage.newest().id))
  }

  /** Before anything is sealed under that number. One that is there already is used. */
  makeStorageKey(number: number): void {
    this.#run(() => this.#keys.make(number))
  }

  #run<Result>(work: () => Result): Result {
    return this.#token.run(work)
  }

  #pinKey(key: Key): PinKey {
    return { scheme: key.scheme, key: this.#cipher(key, 'pin') }
  }

  /** All blocks but the last are single DES, chained; the last one is triple DES. [mac.ts] */
  #retailMac({ key, companion }: LoadedKey, input: Uint8Array): Uint8Array {
    const { tdes: block } = BLOCK_BYTES
    const blocks = Math.max(1, Math.ceil(input.length / block))
    const padded = Buffer.alloc(blocks * block)
    padded.set(input)
    const lastAt = padded.length - block
    if (lastAt > 0) {
      if (companion === undefined) throw new Error('a MAC key without its single DES companion')
      const mechanism = this.#token.cbc(zeroIv('tdes'))
      const chained = this.#token.encrypt(mechanism, companion, padded.subarray(0, lastAt))
      xorInto(padded, chained.subarray(lastAt - block, lastAt), lastAt)
    }
    return this.#token.encrypt('CKM_DES3_ECB', key, padded.subarray(lastAt)).subarray(0, block)
  }

  #cipher(key: Key, use: KeyUse): OuterKey {
    return this.#ecb(key.scheme, this.#load(key, use).key)
  }

  #ecb(scheme: KeyScheme, key: Buffer): OuterKey {
    const mechanism = scheme === 'tdes' ? 'CKM_DES3_ECB' : 'CKM_AES_ECB'
    return {
      encipher: (clear) => this.#token.encrypt(mechanism, key, clear),
      decipher: (body) => this.#token.decrypt(mechanism, key, body),
    }
  }

  #master(master: Key): OuterMaster {
    const { key } = this.#load(master, 'master')
    const mechanism = master.scheme === 'tdes' ? 'CKM_DES3_CMAC' : 'CKM_AES_CMAC'
    const bytes = BLOCK_BYTES[master.scheme]
    return { cmac: (input) => this.#token.sign(mechanism, key, input, bytes) }
  }

  #load(key: Key, use: KeyUse): LoadedKey {
    const wrapped = this.#of(key, use)
    const storage = () => this.#keys.wrapping(wrapped.number)
    return this.#objects.loaded(wrapped, use, key.scheme, storage)
  }

  #of(key: Key, use: KeyUse): WrappedKey {
    return this.#wrapped.of(key, use)
  }

  /** Takes the bytes over and wipes them. */
  #keep(use: KeyUse, scheme: KeyScheme, bytes: Buffer): Key {
    const companion = companionOf(use, scheme, bytes)
    try {
      const checkValue = checkValueOf(scheme, bytes)
      const number = this.#storage.newest().id
      const wrapped = this.#keys.wrapped(number, { scheme, checkValue, bytes, companion })
      return this.#handed(use, scheme, wrapped)
    } finally {
      bytes.fill(0)
      companion?.fill(0)
    }
  }

  #handed(use: KeyUse, scheme: KeyScheme, wrapped: WrappedKey): Key {
    return this.#wrapped.hand({ use, scheme, checkValue: wrapped.checkValue }, wrapped)
  }
}

/** In a buffer that the caller wipes. */
function companionOf(use: KeyUse, scheme: KeyScheme, bytes: Buffer): Buffer | undefined {
  if (scheme !== 'tdes') return undefined
  const left = bytes.subarray(0, bytes.length / 2)
  if (use === 'mac') return Buffer.concat([left, left])
  return use === 'dukpt-base' ? maskedKey(bytes) : undefined
}
