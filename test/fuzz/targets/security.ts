// Key blocks (TR-31), PIN blocks and the key change of a link, all of which come from outside. A
// key block opens to the key that went into it or not at all, and with one bit changed never. A PIN
// block gives what a plain second reading gives, and is read back as it was written.

import { createDecipheriv } from 'node:crypto'
import { encipher, xorInto } from '../../../protocol/security/block-cipher.ts'
import {
  headerOf,
  type KeyBlockHeader,
  unwrapKey,
  wrapKey,
} from '../../../protocol/security/key-block.ts'
import { readPinBlock, writePinBlock } from '../../../protocol/security/pin-block.ts'
import type { KeyScheme } from '../../../protocol/security/security-module.ts'
import { isReason } from '../../../protocol/values/reason.ts'
import type { Dice } from '../dice.ts'
import { type FuzzTarget, Mismatch, type Outcome, type Seed } from '../target.ts'

const SCHEMES = ['tdes', 'aes'] as const
const USES = ['mac', 'pin', 'data'] as const
const LEAD = 2

export const bytesOf = (dice: Dice) => (count: number) =>
  Uint8Array.from({ length: count }, () => dice.bits())

/** Byte 0 chooses scheme and use, byte 1 a bit of a good block; the rest is read as a block. */
export const KEY_BLOCK_TARGET: FuzzTarget = {
  name: 'key-block',
  weight: 4,
  sliceRuns: 60_000,
  mostBytes: 200,
  floorBytes: 65_536,
  words: ['B0080', 'D0112', 'M3', 'M6', 'P0', 'D0', '00N0000', 'TC', 'AC', 'TE', 'AE'],
  open: (dice) => {
    const blocks = new KnownBlocks(dice)
    return {
      seeds: SCHEMES.flatMap((_, s) =>
        USES.flatMap((_, u) => [blocks.make(s, u), blocks.make(s, u)]),
      ),
      generate: () => blocks.make(dice.below(SCHEMES.length), dice.below(USES.length)),
      run: (input) => blocks.run(input),
    }
  },
}

class KnownBlocks {
  readonly #random: (count: number) => Uint8Array
  readonly #masters: readonly Uint8Array[]
  /** The key of each block that was made. */
  readonly #made = new Map<string, string>()
  readonly #list: { text: string; schemeAt: number; useAt: number }[] = []

  constructor(dice: Dice) {
    this.#random = bytesOf(dice)
    this.#masters = SCHEMES.map(() => this.#random(16))
  }

  make(schemeAt: number, useAt: number): Seed {
    const { scheme, master, header } = this.#kind(schemeAt, useAt)
    const key = this.#random(16)
    const text = wrapKey(scheme, master, key, header, this.#random)
    this.#made.set(text, hexOf(key))
    this.#list.push({ text, schemeAt, useAt })
    const bytes = Buffer.concat([Buffer.from([schemeAt | (useAt << 1), 0]), Buffer.from(text)])
    return { bytes, marks: [0, 1, 2, 3, 6, 7, 9, 10, 11, 13, 14, 16, 18, 50] }
  }

  run(input: Buffer): Outcome {
    const [first = 0, second = 0] = input
    const kind = this.#kind(first & 1, (first >> 1) % USES.length)
    const text = input.toString('latin1', LEAD)
    this.#oneBit(input, second)
    const key = unwrapKey(kind.scheme, kind.master, text, kind.header)
    if (isReason(key)) {
      if (this.#made.has(text) && this.#fits(kind, text))
        throw new Mismatch('a good block was refused')
      return `${first & 1} ${key.reason}`
    }
    if (this.#made.get(text) !== hexOf(key)) throw new Mismatch('a block that nobody made')
    return `${kind.scheme} ${kind.header.usage}`
  }

  /** One bit of one character changed, anywhere in a block that was made. */
  #oneBit(input: Buffer, bit: number): void {
    const made = this.#list[(input.length + bit) % this.#list.length]
    if (made === undefined) throw new RangeError('no block')
    const bytes = Buffer.from(made.text)
    const at = (bit * 13 + input.length + (input[LEAD] ?? 0) * 7) % bytes.length
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7))
    const { scheme, master, header } = this.#kind(made.schemeAt, made.useAt)
    if (!isReason(unwrapKey(scheme, master, bytes.toString('latin1'), header))) {
      throw new Mismatch('a changed block was opened')
    }
  }

  #fits({ scheme, header }: { scheme: KeyScheme; header: KeyBlockHeader }, text: string): boolean {
    return text[0] === (scheme === 'tdes' ? 'B' : 'D') && text.slice(5, 7) === header.usage
  }

  #kind(schemeAt: number, useAt: number) {
    const [scheme, use, master] = [SCHEMES[schemeAt], USES[useAt], this.#masters[schemeAt]]
    if (scheme === undefined || use === undefined || master === undefined)
      throw new RangeError('none')
    const header = headerOf(use, scheme)
    if (header === undefined) throw new RangeError('no header')
    return { scheme, master, header }
  }
}

/**
 * Byte 0: scheme, and whether the rest is a block as it stands, a field in the clear, or a card
 * and a PIN to be written. Byte 1 seeds the card number.
 */
export const PIN_BLOCK_TARGET: FuzzTarget = {
  name: 'pin-block',
  weight: 15,
  sliceRuns: 400_000,
  mostBytes: 80,
  floorBytes: 16_384,
  words: ['0123', 'FFFF', 'AAAA', '\x04\x12\x34', '\x44\x12\x34', '\xff\xff', '\xaa\xaa'],
  open: (dice) => {
    const keys = { tdes: bytesOf(dice)(16), aes: bytesOf(dice)(16) }
    return { seeds: pinSeeds(), run: (input) => runPinBlock(keys, input) }
  },
}

type Keys = Readonly<Record<KeyScheme, Uint8Array>>

const BLOCK = { tdes: 8, aes: 16 }
const FILL = { tdes: 'f', aes: 'a' }

function pinSeeds(): Seed[] {
  const bodies = [
    Buffer.from('1B9C1845EB993A7A'),
    Buffer.from('28B41FDDD29B743E93124BD8E32D921E'),
    Buffer.from('041234FFFFFFFFFF', 'hex'),
    Buffer.from('441234AAAAAAAAAA0123456789ABCDEF', 'hex'),
    Buffer.from('0C123456789012FF', 'hex'),
    Buffer.from('4C123456789012AA0000000000000000', 'hex'),
  ]
  return bodies.flatMap((body) =>
    [0, 1, 2, 3, 4, 5].map((kind) => ({ bytes: Buffer.concat([Buffer.from([kind, kind]), body]) })),
  )
}

function runPinBlock(keys: Keys, input: Buffer): Outcome {
  const [kind = 0, card = 0] = input
  const scheme = kind % 2 === 0 ? 'tdes' : 'aes'
  const pan = panFrom(card, input)
  const key = keys[scheme]
  const body = input.subarray(LEAD)
  switch ((kind >> 1) % 3) {
    case 0:
      return `block ${read(scheme, key, body.toString('latin1'), pan)}`
    case 1:
      return `field ${read(scheme, key, enciphered(scheme, key, body, pan), pan)}`
    default:
      return `written ${written(scheme, key, body, pan)}`
  }
}

/** Reads it twice, and writes again what came out. */
function read(scheme: KeyScheme, key: Uint8Array, text: string, pan: string): string {
  const digits = readPinBlock(scheme, key, text, pan)
  const plain = plainly(scheme, key, text, pan)
  if (isReason(digits)) {
    if (plain !== undefined) throw new Mismatch('a good PIN block was refused')
    return `${scheme} ${digits.reason}`
  }
  if (digits.join('') !== plain) throw new Mismatch('another PIN, or one of a bad block')
  const again = writePinBlock(scheme, key, digits, pan, () => new Uint8Array(8))
  if (scheme === 'tdes' && again !== text)
    throw new Mismatch('read and written it is another block')
  if (plainly(scheme, key, again, pan) !== plain)
    throw new Mismatch('read and written it is another')
  return `${scheme} ${digits.length}`
}

/** The field in the clear, by the pictures of ISO 9564-1. */
function plainly(scheme: KeyScheme, key: Uint8Array, text: string, pan: string) {
  if (!/^[0-9A-F]*$/.test(text) || text.length !== 2 * BLOCK[scheme]) return undefined
  const name = scheme === 'tdes' ? 'des-ede' : 'aes-128-ecb'
  const opened = (block: Uint8Array) =>
    createDecipheriv(name, key, null).setAutoPadding(false).update(block)
  const field = opened(Buffer.from(text, 'hex'))
  xorInto(field, panField(scheme, pan))
  const hex = (scheme === 'tdes' ? field : opened(field)).toString('hex').slice(0, 16)
  const size = Number.parseInt(hex[1] ?? '', 16)
  const digits = hex.slice(2, 2 + size)
  const filled = (scheme === 'tdes' ? '0' : '4') + (hex[1] ?? '') + digits.padEnd(14, FILL[scheme])
  return /^\d{4,12}$/.test(digits) && filled === hex ? digits : undefined
}

function panField(scheme: KeyScheme, pan: string): Buffer {
  if (scheme === 'tdes') return Buffer.from(pan.slice(-13, -1).padStart(16, '0'), 'hex')
  return Buffer.from(`${pan.length - 12}${pan}`.padEnd(32, '0'), 'hex')
}

/** A block whose field in the clear is the body, cut or filled to its size. */
function enciphered(scheme: KeyScheme, key: Uint8Array, body: Buffer, pan: string): string {
  const field = Buffer.alloc(BLOCK[scheme])
  field.set(body.subarray(0, field.length))
  const inner = scheme === 'tdes' ? field : encipher('aes', key, field)
  xorInto(inner, panField(scheme, pan))
  return encipher(scheme, key, inner).toString('hex').toUpperCase()
}

function written(scheme: KeyScheme, key: Uint8Array, body: Buffer, pan: string): number {
  const digits = Uint8Array.from(
    { length: 4 + ((body[0] ?? 0) % 9) },
    (_, i) => (body[i] ?? i) % 10,
  )
  const padding = (count: number) => Uint8Array.from({ length: count }, (_, i) => body[i] ?? i)
  const text = writePinBlock(scheme, key, digits, pan, padding)
  const again = readPinBlock(scheme, key, text, pan)
  if (isReason(again) || hexOf(again) !== hexOf(digits)) throw new Mismatch('another PIN was read')
  if (plainly(scheme, key, text, pan) !== digits.join(''))
    throw new Mismatch('another PIN was written')
  return digits.length
}

/** 12 to 19 digits. */
function panFrom(seed: number, input: Buffer): string {
  const digits = Array.from(
    { length: 12 + (seed % 8) },
    (_, i) => ((input[i] ?? 0) + seed + i) % 10,
  )
  return digits.join('')
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
