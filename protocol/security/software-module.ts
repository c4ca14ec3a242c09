// The security module without hardware: keys are bytes in this process, and whoever reads its
// memory has them. In production the configuration has to accept that in so many words. Outside
// this file a key is an object without bytes; a key of another module is refused as a wrong use is.

import type { CardPin, PinBlock } from '../values/card.ts'
import type { Pan } from '../values/pan.ts'
import { isReason, type Reason } from '../values/reason.ts'
import type { VoucherPin } from '../values/voucher-pin.ts'
import { keptCipher, type OuterKey } from './block-cipher.ts'
import { deciphered, enciphered, opens, type PinKey, translated } from './card-pin.ts'
import { checkValueOf } from './check-value.ts'
import { dukptPinKey } from './dukpt.ts'
import { blockHeader, type RandomBytes, unwrapKey, wrapKey } from './key-block.ts'
import { HeldKeys } from './key-handle.ts'
import { combinedParts, randomKey, randomParts, worthHaving } from './key-parts.ts'
import { isSameMac, macUnder } from './mac.ts'
import { MadeOfKeys } from './made-of-keys.ts'
import { openKey, type StorageKeys, sealKey } from './sealed-key.ts'
import {
  type Key,
  type KeyComponent,
  type KeyScheme,
  type KeyUse,
  KeyUseError,
  type SecurityModule,
} from './security-module.ts'
import { decipherField, encipherField } from './voucher-pin-field.ts'

/** What the configuration must say before a process of production holds keys itself. */
export const SOFTWARE_ACCEPTANCE = 'I accept that keys live in this process'

export interface Environment {
  /** Whether NODE_ENV is `production`. */
  readonly production: boolean
  /** What the configuration says; `SOFTWARE_ACCEPTANCE` to the letter, or it says nothing. */
  readonly acceptance: string | undefined
}

export class SoftwareRefusedError extends Error {
  readonly code = 'SOFTWARE_KEYS_REFUSED'

  constructor() {
    super(`in production the configuration has to say '${SOFTWARE_ACCEPTANCE}'`)
    this.name = 'SoftwareRefusedError'
  }
}

/** Keys whose MAC is kept made: some 3 kB each. */
const MOST_MACS = 4_096
/** PIN and data keys whose ciphers are kept made: some 1 kB each way. */
const MOST_CIPHERS = 8_192

export class SoftwareModule implements SecurityModule {
  readonly #storage: StorageKeys
  readonly #random: RandomBytes
  readonly #keys = new HeldKeys<Buffer>()
  readonly #macs = new MadeOfKeys(MOST_MACS, macUnder)
  readonly #ciphers = new MadeOfKeys(MOST_CIPHERS, keptCipher)

  /** Throws `SoftwareRefusedError`. `random`: of `node:crypto` outside tests. */
  constructor(environment: Environment, storage: StorageKeys, random: RandomBytes) {
    if (environment.production && environment.acceptance !== SOFTWARE_ACCEPTANCE) {
      throw new SoftwareRefusedError()
    }
    this.#storage = storage
    this.#random = random
  }

  generate(use: KeyUse, scheme: KeyScheme): Key {
    return this.#keep(use, scheme, randomKey(scheme, this.#random))
  }

  generateComponents(use: KeyUse, scheme: KeyScheme, parts: number) {
    const { bytes, components } = randomParts(scheme, parts, this.#random)
    return { key: this.#keep(use, scheme, bytes), components }
  }

  combine(use: KeyUse, scheme: KeyScheme, components: readonly KeyComponent[]): Key | Reason {
    const bytes = combinedParts(scheme, components)
    return isReason(bytes) ? bytes : this.#keep(use, scheme, bytes)
  }

  checkValue(key: Key): string {
    return this.#keys.checkValue(key)
  }

  seal(key: Key, place: string): Uint8Array {
    const { use, scheme } = key
    const bytes = this.#open(key, use)
    return sealKey(this.#storage.newest(), bytes, { use, scheme, place }, this.#random)
  }

  unseal(use: KeyUse, scheme: KeyScheme, sealed: Uint8Array, place: string): Key | undefined {
    const bytes = openKey(this.#storage, sealed, { use, scheme, place })
    return bytes === undefined ? undefined : this.#keep(use, scheme, bytes)
  }

  exportUnder(master: Key, key: Key): string {
    const { use, scheme } = key
    const header = blockHeader(master, use, scheme)
    const bytes = this.#open(key, use)
    return wrapKey(scheme, this.#open(master, 'master'), bytes, header, this.#random)
  }

  importUnder(master: Key, block: string, use: KeyUse): Key | Reason {
    const header = blockHeader(master, use, master.scheme)
    const bytes = unwrapKey(master.scheme, this.#open(master, 'master'), block, header)
    const taken = isReason(bytes) ? bytes : worthHaving(master.scheme, bytes)
    return isReason(taken) ? taken : this.#keep(use, master.scheme, taken)
  }

  mac(key: Key, input: Uint8Array): Uint8Array {
    return this.#macs.of(key, this.#open(key, 'mac'))(input)
  }

  verifiesMac(key: Key, input: Uint8Array, mac: Uint8Array): boolean {
    return isSameMac(this.mac(key, input), mac)
  }

  encipherVoucherPin(key: Key, voucherPin: VoucherPin, longest = 0): string {
    return encipherField(key.scheme, this.#cipher(key, 'data'), voucherPin, longest)
  }

  decipherVoucherPin(key: Key, field: string): VoucherPin | Reason {
    return decipherField(key.scheme, this.#cipher(key, 'data'), field)
  }

  opensPin(key: Key, block: PinBlock, pan: Pan): Reason | undefined {
    return opens(this.#pinKey(key), { block, pan })
  }

  opensDukptPin(base: Key, keySerialNumber: string, block: PinBlock, pan: Pan): Reason | undefined {
    return this.#underDukpt(base, keySerialNumber, (from) => opens(from, { block, pan }))
  }

  translatePin(from: Key, to: Key, block: PinBlock, pan: Pan): PinBlock | Reason {
    return translated(this.#pinKey(from), this.#pinKey(to), { block, pan }, this.#random)
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
    const bytes = this.#open(base, 'dukpt-base')
    if (base.scheme !== 'tdes') throw new KeyUseError('DUKPT with a base key that is not tdes')
    const from = dukptPinKey(bytes, keySerialNumber)
    if (isReason(from)) return from
    try {
      return work({ scheme: 'tdes', key: from })
    } finally {
      from.fill(0)
    }
  }

  encipherPin(key: Key, cardPin: CardPin, pan: Pan): PinBlock {
    return enciphered(this.#pinKey(key), cardPin, pan, this.#random)
  }

  decipherPin(key: Key, block: PinBlock, pan: Pan): CardPin | Reason {
    return deciphered(this.#pinKey(key), block, pan)
  }

  #pinKey(key: Key): PinKey {
    return { scheme: key.scheme, key: this.#cipher(key, 'pin') }
  }

  #cipher(key: Key, use: KeyUse): OuterKey {
    return this.#ciphers.of(key, this.#open(key, use))
  }

  /** The bytes of a key that is for this use; nobody wipes or keeps them. */
  #open(key: Key, use: KeyUse): Buffer {
    return this.#keys.of(key, use)
  }

  #keep(use: KeyUse, scheme: KeyScheme, bytes: Buffer): Key {
    return this.#keys.hand({ use, scheme, checkValue: checkValueOf(scheme, bytes) }, bytes)
  }
}
