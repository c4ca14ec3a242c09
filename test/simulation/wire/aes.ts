// What a foreign terminal or auditor needs of AES, written from the standards over the ciphers of
// node:crypto: CMAC, keys in TR-31 blocks of version D, and single blocks. Shares nothing with the
// product. Throws on what is not as it should be.

import { createCipheriv, createDecipheriv } from 'node:crypto'

const BLOCK = 16
const ZEROS = Buffer.alloc(BLOCK)
/** Of the block of one AES key of 128 bits, whatever it is for. */
export const BLOCK_CHARS = 112
const HEADER_CHARS = 16

export type Cmac = (message: Buffer) => Buffer

/** AES-CMAC under one key. [NIST SP 800-38B] */
export function cmacOf(key: Buffer): Cmac {
  const whole = doubled(cbc(key, ZEROS))
  const padded = doubled(whole)
  return (message) => {
    const blocks = Math.max(1, Math.ceil(message.length / BLOCK))
    const text = Buffer.alloc(blocks * BLOCK)
    message.copy(text)
    const isWhole = message.length === text.length
    if (!isWhole) text[message.length] = 0x80
    const subKey = isWhole ? whole : padded
    for (let at = 0; at < BLOCK; at++) {
      const place = text.length - BLOCK + at
      text[place] = (text[place] ?? 0) ^ (subKey[at] ?? 0)
    }
    return cbc(key, text).subarray(-BLOCK)
  }
}

function cbc(key: Buffer, text: Buffer, vector: Buffer = ZEROS): Buffer {
  return createCipheriv('aes-128-cbc', key, vector).setAutoPadding(false).update(text)
}

/** Times x in the field of 2^128 elements. */
function doubled(block: Buffer): Buffer {
  const value = (BigInt(`0x${block.toString('hex')}`) << 1n) & ((1n << 128n) - 1n)
  const isCarried = ((block[0] ?? 0) & 0x80) !== 0
  const twice = isCarried ? value ^ 0x87n : value
  return Buffer.from(twice.toString(16).padStart(32, '0'), 'hex')
}

/** The key of 128 bits in a block with that usage and mode of use. [TR-31:2018, method D] */
export function keyOfBlock(master: Buffer, block: string, usage: string): Buffer {
  const header = block.slice(0, HEADER_CHARS)
  if (block.length !== BLOCK_CHARS || header !== headerOf(usage)) {
    throw new Error(`a header ${header}`)
  }
  const body = Buffer.from(block.slice(HEADER_CHARS), 'hex')
  const mac = body.subarray(-BLOCK)
  const [encipher, authenticate] = protectionKeys(master)
  const decipher = createDecipheriv('aes-128-cbc', encipher, mac).setAutoPadding(false)
  const clear = decipher.update(body.subarray(0, -BLOCK))
  const authentic = cmacOf(authenticate)(Buffer.concat([Buffer.from(header, 'latin1'), clear]))
  if (!authentic.equals(mac)) throw new Error('a key block with a wrong MAC')
  if (clear.readUInt16BE() !== 128) throw new Error('a key of another length')
  return Buffer.from(clear.subarray(2, 18))
}

/** The same the other way; `padding`: 14 bytes. */
export function blockOfKey(master: Buffer, key: Buffer, usage: string, padding: Buffer): string {
  const [encipher, authenticate] = protectionKeys(master)
  const header = headerOf(usage)
  const clear = Buffer.concat([Buffer.from('0080', 'hex'), key, padding])
  const mac = cmacOf(authenticate)(Buffer.concat([Buffer.from(header, 'latin1'), clear]))
  return (
    header +
    Buffer.concat([cbc(encipher, clear, mac), mac])
      .toString('hex')
      .toUpperCase()
  )
}

function headerOf(usage: string): string {
  return `D0112${usage.slice(0, 2)}A${usage.slice(2)}00N0000`
}

function protectionKeys(master: Buffer): [Buffer, Buffer] {
  const derive = cmacOf(master)
  const [encipher, authenticate] = ['0000', '0001'].map((purpose) =>
    derive(Buffer.from(`01${purpose}0000020080`, 'hex')),
  )
  return [encipher, authenticate] as [ReturnType<Cmac>, ReturnType<Cmac>]
}

/** Digits and F padding in one enciphered block of 32 hex characters. */
export function digitsOfField(key: Buffer, field: string): string {
  if (!/^[0-9A-F]{32}$/.test(field)) throw new Error('a PIN field that is no block')
  const decipher = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false)
  const clear = decipher.update(Buffer.from(field, 'hex')).toString('hex')
  const digits = /^(\d+)f*$/.exec(clear)?.[1]
  if (digits === undefined) throw new Error('a PIN field that is not digits and padding')
  return digits
}
