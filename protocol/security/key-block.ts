// Keys under another key: TR-31 blocks (ASC X9 TR-31:2018, ANSI X9.143), key derivation binding.
// Version B under a triple DES key of 16 bytes, version D under an AES key.
//
//   header: version · length n4 · usage 2 · algorithm · mode of use · key version n2 ·
//     exportability · optional blocks n2 · reserved `00`
//   hex of CBC(encryption key, IV = MAC; length of the key in bits 2 bytes · key · random padding)
//   hex of the MAC: CMAC(authentication key; header · what was enciphered)
//
// Only the header that is expected is read. A reason names a part of the block, never its content.

import { timingSafeEqual } from 'node:crypto'
import { type Reason, reason } from '../values/reason.ts'
import { BLOCK_BYTES, decipher, encipher } from './block-cipher.ts'
import { cmac } from './cmac.ts'
import { KEY_BYTES } from './key-strength.ts'
import { type Key, type KeyScheme, type KeyUse, KeyUseError } from './security-module.ts'

/** The header without version, length and algorithm, which follow from the scheme. */
export interface KeyBlockHeader {
  readonly usage: string
  readonly modeOfUse: string
  readonly exportability: string
}

/** A master key whose bytes are elsewhere: a whole CMAC under it is all that is asked of it. */
export interface OuterMaster {
  cmac(input: Uint8Array): Buffer
}

export type MasterKey = Uint8Array | OuterMaster

/** Randomness comes in from outside, so that a test owns it. */
export type RandomBytes = (count: number) => Uint8Array

const HEADER_CHARS = 16
const VERSION = { tdes: 'B', aes: 'D' } as const satisfies Record<KeyScheme, string>
const ALGORITHM = { tdes: 'T', aes: 'A' } as const satisfies Record<KeyScheme, string>
const KEY_VERSION = '00'
const NO_OPTIONAL_BLOCKS = '0000'
const LENGTH_BYTES = 2

/**
 * What is enciphered of a key of 16 bytes: its own length, which is what we write, or that of the
 * longest key of the algorithm, by which others hide the length.
 */
const CLEAR_BYTES = { tdes: [24, 32], aes: [32, 48] } as const

/** Session keys and their headers. [wire-protocol 3.4] Other keys do not travel in blocks. */
export function headerOf(use: KeyUse, scheme: KeyScheme): KeyBlockHeader | undefined {
  const exportability = 'N'
  switch (use) {
    case 'mac':
      return { usage: scheme === 'tdes' ? 'M3' : 'M6', modeOfUse: 'C', exportability }
    case 'pin':
      return { usage: 'P0', modeOfUse: 'E', exportability }
    case 'data':
      return { usage: 'D0', modeOfUse: 'D', exportability }
    default:
      return undefined
  }
}

/** Of a key that goes under that master key. Throws `KeyUseError`. */
export function blockHeader(master: Key, use: KeyUse, scheme: KeyScheme): KeyBlockHeader {
  const header = headerOf(use, scheme)
  if (header === undefined) throw new KeyUseError(`a ${use} key travels in no block`)
  if (master.scheme === scheme) return header
  throw new KeyUseError(`a ${scheme} key under a master key for ${master.scheme}`)
}

export function wrapKey(
  scheme: KeyScheme,
  master: MasterKey,
  key: Uint8Array,
  header: KeyBlockHeader,
  random: RandomBytes,
): string {
  const clear = Buffer.alloc(CLEAR_BYTES[scheme][0])
  clear.writeUInt16BE(key.length * 8)
  clear.set(key, LENGTH_BYTES)
  const padding = LENGTH_BYTES + key.length
  clear.set(random(clear.length - padding), padding)
  const macBytes = BLOCK_BYTES[scheme]
  const length = HEADER_CHARS + 2 * (clear.length + macBytes)
  const text = headerText(scheme, header, length)
  const keys = protectionKeys(scheme, master)
  const mac = authenticator(scheme, keys.authentication, text, clear)
  const body = encipher(scheme, keys.encryption, clear, mac)
  wipe(clear, keys.encryption, keys.authentication)
  return text + body.toString('hex').toUpperCase() + mac.toString('hex').toUpperCase()
}

/** The key of 16 bytes, in a buffer that the caller wipes. */
export function unwrapKey(
  scheme: KeyScheme,
  master: MasterKey,
  block: string,
  header: KeyBlockHeader,
): Buffer | Reason {
  const fault = headerFault(scheme, block, header)
  if (fault !== undefined) return reason(`key block: ${fault}`)
  const text = block.slice(0, HEADER_CHARS)
  const rest = Buffer.from(block.slice(HEADER_CHARS), 'hex')
  const macAt = rest.length - BLOCK_BYTES[scheme]
  const mac = rest.subarray(macAt)
  const keys = protectionKeys(scheme, master)
  const clear = decipher(scheme, keys.encryption, rest.subarray(0, macAt), mac)
  const expected = authenticator(scheme, keys.authentication, text, clear)
  const genuine = timingSafeEqual(expected, mac)
  const bits = clear.readUInt16BE()
  const key = Buffer.from(clear.subarray(LENGTH_BYTES, LENGTH_BYTES + KEY_BYTES))
  wipe(clear, expected, keys.encryption, keys.authentication)
  if (genuine && bits === KEY_BYTES * 8) return key
  wipe(key)
  return reason(genuine ? 'key block: a key of 128 bits expected' : 'key block: MAC is wrong')
}

function headerText(scheme: KeyScheme, header: KeyBlockHeader, length: number): string {
  const { usage, modeOfUse, exportability } = header
  const size = String(length).padStart(4, '0')
  const kind = usage + ALGORITHM[scheme] + modeOfUse + KEY_VERSION + exportability
  return VERSION[scheme] + size + kind + NO_OPTIONAL_BLOCKS
}

/** What is wrong with the header and the length of the block; undefined when nothing is. */
function headerFault(scheme: KeyScheme, block: string, header: KeyBlockHeader): string | undefined {
  if (block[0] !== VERSION[scheme]) return `version ${VERSION[scheme]} expected`
  const lengths = CLEAR_BYTES[scheme].map(
    (bytes) => HEADER_CHARS + 2 * (bytes + BLOCK_BYTES[scheme]),
  )
  if (!lengths.includes(block.length)) return `${lengths.join(' or ')} characters expected`
  if (block.slice(1, 5) !== String(block.length).padStart(4, '0')) return 'length is wrong'
  if (block.slice(5, 7) !== header.usage) return `usage ${header.usage} expected`
  if (block[7] !== ALGORITHM[scheme]) return `algorithm ${ALGORITHM[scheme]} expected`
  if (block[8] !== header.modeOfUse) return `mode of use ${header.modeOfUse} expected`
  if (block.slice(9, 11) !== KEY_VERSION) return `key version ${KEY_VERSION} expected`
  if (block[11] !== header.exportability) return `exportability ${header.exportability} expected`
  if (block.slice(12, 16) !== NO_OPTIONAL_BLOCKS) return 'no optional blocks expected'
  return /^[0-9A-F]+$/.test(block.slice(HEADER_CHARS)) ? undefined : 'hex expected'
}

/** Over the header as it stands and all that was enciphered, padding included. */
function authenticator(
  scheme: KeyScheme,
  key: Uint8Array,
  header: string,
  clear: Uint8Array,
): Buffer {
  const input = Buffer.concat([Buffer.from(header, 'latin1'), clear])
  const mac = cmacOf(scheme, key, input)
  wipe(input)
  return mac
}

/**
 * The two keys that a master key is used by, each a run of CMACs over
 * counter 1 byte · 0000 to encipher, 0001 to authenticate · 00 · algorithm 2 bytes · bits 2 bytes.
 * [TR-31:2018, key derivation binding method]
 */
function protectionKeys(scheme: KeyScheme, master: MasterKey) {
  return {
    encryption: derivedKey(scheme, master, 0),
    authentication: derivedKey(scheme, master, 1),
  }
}

function derivedKey(scheme: KeyScheme, master: MasterKey, purpose: number): Buffer {
  const blocks: Buffer[] = []
  const keyBytes = master instanceof Uint8Array ? master.length : KEY_BYTES
  for (let bytes = 0; bytes < keyBytes; bytes += BLOCK_BYTES[scheme]) {
    const input = Buffer.alloc(8)
    input.writeUInt8(blocks.length + 1, 0)
    input.writeUInt16BE(purpose, 1)
    input.writeUInt16BE(derivationAlgorithm(scheme, keyBytes), 4)
    input.writeUInt16BE(keyBytes * 8, 6)
    blocks.push(cmacOf(scheme, master, input))
  }
  const whole = Buffer.concat(blocks)
  wipe(...blocks)
  return whole.subarray(0, keyBytes)
}

/** 0000 two-key triple DES, 0002 AES-128, 0003 AES-192, 0004 AES-256. */
function derivationAlgorithm(scheme: KeyScheme, keyBytes: number): number {
  return scheme === 'tdes' ? 0 : keyBytes / 8
}

function cmacOf(scheme: KeyScheme, key: MasterKey, input: Uint8Array): Buffer {
  return key instanceof Uint8Array ? cmac(scheme, key, input) : key.cmac(input)
}

function wipe(...buffers: readonly Uint8Array[]): void {
  for (const buffer of buffers) buffer.fill(0)
}
