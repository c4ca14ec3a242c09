// The security module's port: everything that is done with a key is done behind it, and a key is
// never more than a handle outside. Each key has one use and serves no other; asking for another is
// a bug of the caller and throws `KeyUseError`. Adapters: software (node:crypto) and PKCS#11.
// [wire-protocol 3.4 to 3.6, 4]

import type { CardPin, PinBlock } from '../values/card.ts'
import type { Key, KeyScheme, KeyUse } from '../values/key.ts'
import type { Pan } from '../values/pan.ts'
import { type Reason, reason } from '../values/reason.ts'
import { Secret } from '../values/secret.ts'
import type { VoucherPin } from '../values/voucher-pin.ts'

export type { Key, KeyScheme, KeyUse }

/** A printed part of a key, 16 bytes as upper-case hex; the key is the exclusive or of them. */
export class KeyPart extends Secret {
  private constructor(hex: string) {
    super(hex)
  }

  /** As it was typed: groups may be apart, and letters small. The reason does not repeat it. */
  static parse(text: string): KeyPart | Reason {
    const hex = text.replaceAll(/[\s-]/g, '').toUpperCase()
    if (!/^[0-9A-F]{32}$/.test(hex)) return reason('key part: 32 hex characters expected')
    return new KeyPart(hex)
  }
}

/** A part and the check value that is printed with it, 6 characters of upper-case hex. */
export interface KeyComponent {
  readonly component: KeyPart
  readonly checkValue: string
}

/** A key was asked for what it is not for, or is none of this module. Our own bug. */
export class KeyUseError extends Error {
  readonly code = 'KEY_USE'

  constructor(what: string) {
    super(what)
    this.name = 'KeyUseError'
  }
}

/**
 * A hardware module does not do what it is asked: it is unplugged, rebooting, or its line is cut.
 * Whoever needs the key does without: nothing is answered, and nothing new is sold meanwhile.
 */
export class ModuleAwayError extends Error {
  readonly code = 'MODULE_AWAY'

  constructor(why: string) {
    super(why)
    this.name = 'ModuleAwayError'
  }
}

/** What can be said of it without the module. */
export function unlessAway<Result, Otherwise>(
  work: () => Result,
  otherwise: Otherwise,
): Result | Otherwise {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof ModuleAwayError)) throw error
    return otherwise
  }
}

/** Every operation may throw `ModuleAwayError` where keys are in hardware. */
export interface SecurityModule {
  /** 16 random bytes; odd parity for `tdes`. */
  generate(use: KeyUse, scheme: KeyScheme): Key
  /** Random parts of a new key, 2 to 9, each to be printed apart, and the key they make. */
  generateComponents(
    use: KeyUse,
    scheme: KeyScheme,
    parts: number,
  ): { readonly key: Key; readonly components: readonly KeyComponent[] }
  /** A reason: fewer than two parts, a check value that differs, a part or the key is weak. */
  combine(use: KeyUse, scheme: KeyScheme, components: readonly KeyComponent[]): Key | Reason
  /** First 3 bytes of zeros under the key for `tdes`, of the CMAC of zeros for `aes`; hex. */
  checkValue(key: Key): string

  /** For the disk: enciphered under the module's storage key, bound to use, scheme and place. */
  seal(key: Key, place: string): Uint8Array
  /** Undefined when the bytes are not those of that use, scheme and place. */
  unseal(use: KeyUse, scheme: KeyScheme, sealed: Uint8Array, place: string): Key | undefined

  /** A TR-31 block of `key` under `master`: version B for `tdes`, D for `aes`. */
  exportUnder(master: Key, key: Key): string
  /** The key of a TR-31 block; the reason never holds a part of it. */
  importUnder(master: Key, block: string, use: KeyUse): Key | Reason

  /** 8 bytes: ISO 9797-1 algorithm 3 with padding 1, or AES-CMAC cut. [wire-protocol 3.5] */
  mac(key: Key, input: Uint8Array): Uint8Array
  /** In constant time. */
  verifiesMac(key: Key, input: Uint8Array, mac: Uint8Array): boolean

  /**
   * The PIN field of DE 62 under a data key, upper-case hex. `longest`: the digits of the longest
   * PIN of the reply, since all its fields have one length. [wire-protocol 3.1]
   */
  encipherVoucherPin(key: Key, voucherPin: VoucherPin, longest?: number): string
  /** A reason when the field is not digits and F padding under this key. */
  decipherVoucherPin(key: Key, field: string): VoucherPin | Reason

  /** Why the block is none of this card and key; undefined when it is. [wire-protocol 3.6] */
  opensPin(key: Key, block: PinBlock, pan: Pan): Reason | undefined
  /** The same under the key that `base` gives for this key serial number. */
  opensDukptPin(base: Key, keySerialNumber: string, block: PinBlock, pan: Pan): Reason | undefined
  /** From one PIN key to another, format 0 for `tdes` and 4 for `aes`. [wire-protocol 3.6] */
  translatePin(from: Key, to: Key, block: PinBlock, pan: Pan): PinBlock | Reason
  /**
   * From the key that `base` gives for this key serial number, 20 upper-case hex characters. A
   * reason also when no terminal counts so. [ANSI X9.24-1:2009]
   */
  translateDukptPin(
    base: Key,
    keySerialNumber: string,
    to: Key,
    block: PinBlock,
    pan: Pan,
  ): PinBlock | Reason
  /** What a terminal's keypad does. */
  encipherPin(key: Key, cardPin: CardPin, pan: Pan): PinBlock
  /** What a card issuer does. */
  decipherPin(key: Key, block: PinBlock, pan: Pan): CardPin | Reason
}
