// Strict decoding: what is refused, with which words, and that nothing is ever thrown.

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode } from '../../../protocol/message/decode.ts'
import { DIALECTS, type Dialect, withHexBinary } from '../../../protocol/message/dialect.ts'
import { encode } from '../../../protocol/message/encode.ts'

const BINARY = DIALECTS.iso87binary
const ASCII = DIALECTS.iso87ascii
const MIXED = DIALECTS['iso87ascii-binary-bitmap']
const ALL: Dialect[] = [BINARY, ASCII, MIXED, withHexBinary(BINARY), withHexBinary(MIXED)]

describe('a message in iso87binary', () => {
  it('accepts F and 0 as the pad nibble of an odd LL field, and nothing else', () => {
    expect(read(BINARY, binary([32], '05 12345F'), 32)).toBe('12345')
    expect(read(BINARY, binary([32], '05 123450'), 32)).toBe('12345')
    expect(fault(BINARY, binary([32], '05 123451'))).toEqual([32, 'pad nibble is not F or 0'])
    expect(fault(BINARY, binary([35], '05 12D451'))).toEqual([35, 'pad nibble is not F or 0'])
  })

  it('wants nibble 0 in front of an odd fixed field', () => {
    expect(read(BINARY, binary([22], '0021'), 22)).toBe('021')
    expect(fault(BINARY, binary([22], 'F021'))).toEqual([22, 'pad nibble is not 0'])
    expect(fault(BINARY, binary([27], '10'))).toEqual([27, 'pad nibble is not 0'])
  })

  it('reads D as the separator of track 2, and no other letter', () => {
    expect(read(BINARY, binary([35], '06 1234D5'), 35)).toBe('1234=5')
    expect(fault(BINARY, binary([35], '06 1234E5'))).toEqual([35, 'non-digit'])
    expect(fault(BINARY, binary([2], '06 1234D5'))).toEqual([2, 'non-digit'])
  })

  it('reads the sign of an amount as a character and its digits packed', () => {
    expect(read(BINARY, binary([28], '44 00000500'), 28)).toBe('D00000500')
    expect(read(BINARY, binary([28], '30 00000500'), 28)).toBe('000000500')
    expect(read(BINARY, binary([97], '43 0000000000000500'), 97)).toBe('C0000000000000500')
    expect(fault(BINARY, binary([28], '58 00000500'))).toEqual([28, 'sign is not C, D or 0'])
    expect(fault(BINARY, binary([28], '44 0000050A'))).toEqual([28, 'non-digit'])
  })

  it('reads an LLL length as four packed digits', () => {
    expect(read(BINARY, binary([48], '0002 4142'), 48)).toBe('AB')
    expect(fault(BINARY, binary([48], '1000'))).toEqual([
      48,
      'length above the maximum: 1000 of 999',
    ])
    expect(fault(BINARY, binary([48], '00A2 4142'))).toEqual([48, 'non-digit in the length'])
  })

  it('accepts LL and LLL fields of length zero', () => {
    const message = decode(BINARY, binary([2, 35, 48, 55, 63], '00 00 0000 0000 0000'))
    expect(message.kind).toBe('message')
    if (message.kind !== 'message') return
    for (const de of [2, 35, 48, 55, 63]) expect(message.get(de)).toBe('')
  })
})

describe('a message in an ASCII dialect', () => {
  it('wants = as the separator of track 2', () => {
    expect(read(MIXED, mixed([35], '061234=5'), 35)).toBe('1234=5')
    expect(fault(MIXED, mixed([35], '061234D5'))).toEqual([35, 'non-digit'])
  })

  it('refuses a sign or a space in numbers and lengths', () => {
    expect(fault(MIXED, mixed([3], '+15000'))).toEqual([3, 'non-digit'])
    expect(fault(MIXED, mixed([3], ' 15000'))).toEqual([3, 'non-digit'])
    expect(fault(MIXED, mixed([2], ' 112'))).toEqual([2, 'non-digit in the length'])
  })

  it('counts the hex characters of a binary field, two to a byte', () => {
    const hex = withHexBinary(MIXED)
    expect(read(hex, mixed([55], '0049f26'), 55)).toBe('9F26')
    expect(fault(hex, mixed([55], '0039F2'))).toEqual([55, 'odd count of hexadecimal characters'])
    expect(fault(hex, mixed([55], '0029G'))).toEqual([55, 'not hexadecimal'])
    expect(fault(hex, mixed([52], '0123456789ABCDE'))).toEqual([
      52,
      'under-run: 16 bytes needed, 15 left',
    ])
  })

  it('reads lower-case hex in the bitmap as well', () => {
    const wire = Buffer.from('020000000000000000000', 'latin1').subarray(0, 20)
    wire.write('000000000000001c', 4, 'latin1')
    const frame = Buffer.concat([wire, Buffer.from('003ABC003DEF001X', 'latin1')])
    const message = decode(ASCII, frame)
    expect(message.kind === 'message' ? message.numbers() : message.reason).toEqual([60, 61, 62])
  })
})

describe('text', () => {
  it('may hold line feeds and UTF-8 in DE 63, but no other control character', () => {
    expect(read(MIXED, mixed63('شارژ\nABC'), 63)).toBe('شارژ\nABC')
    expect(fault(MIXED, mixed63('A\rB'))).toEqual([63, 'control character'])
    expect(fault(MIXED, mixed63('A\u001bB'))).toEqual([63, 'control character'])
    for (const control of ['\u007f', '\u0080', '\u0085', '\u009b', '\u009f']) {
      expect(fault(MIXED, mixed63(`A${control}B`))).toEqual([63, 'control character'])
    }
    expect(read(MIXED, mixed63('A\u00a0B'), 63)).toBe('A\u00a0B')
    expect(fault(MIXED, mixed([48], '003A\nB'))).toEqual([48, 'not printable ASCII'])
    expect(fault(MIXED, mixed([48], '003A\x7fB'))).toEqual([48, 'not printable ASCII'])
  })

  it('is judged as UTF-8 exactly as a strict decoder judges it', () => {
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    const odd = fc.constantFrom(0x41, 0x80, 0xa0, 0xbf, 0xc1, 0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0xf5)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 8 }), fc.array(odd, { maxLength: 6 }), (any, some) => {
        const bytes = Buffer.concat([any, Buffer.from(some)])
        const length = String(bytes.length).padStart(3, '0')
        const wire = Buffer.concat([mixed([63], length), bytes])
        const judged = decode(MIXED, wire)
        let text: string | undefined
        try {
          text = strict.decode(bytes)
        } catch {
          text = undefined
        }
        if (text === undefined) expect(judged).toMatchObject({ kind: 'rejected', field: 63 })
        else if (judged.kind === 'message') expect(judged.get(63)).toBe(text)
        else expect(judged.reason).toBe('control character')
      }),
      { numRuns: 2000 },
    )
  })

  it('is UTF-8 in DE 62 of an initialise reply only', () => {
    const catalogue = Buffer.concat([Buffer.from('006'), Buffer.from('شار')])
    const reply = Buffer.concat([mixed([62], '', '0810'), catalogue])
    expect(read(MIXED, reply, 62)).toBe('شار')
    const sale = Buffer.concat([mixed([62], '', '0210'), catalogue])
    expect(fault(MIXED, sale)).toEqual([62, 'not printable ASCII'])
  })
})

describe('the bitmap', () => {
  it('may announce an empty second half; DE 1 is never a field', () => {
    const wire = Buffer.from(
      '0200 A000000000000000 0000000000000000 150000'.replaceAll(' ', ''),
      'hex',
    )
    const message = decode(BINARY, wire)
    expect(message.kind === 'message' ? message.numbers() : message.reason).toEqual([3])
    expect(message.kind === 'message' && message.has(1)).toBe(false)
  })

  it('is cut short when the second half is announced and not there', () => {
    const wire = Buffer.from('0200A0000000000000000000', 'hex')
    expect(fault(BINARY, wire)).toEqual(['bitmap', 'under-run: 8 bytes needed, 2 left'])
  })
})

describe('the place of the MAC', () => {
  const mac = '0011223344556677'

  it('is the last field when that is DE 64 or DE 128', () => {
    for (const dialect of ALL) {
      const size = dialect.binary === 'hex' ? 16 : 8
      for (const fields of [
        { 3: '990000', 64: mac },
        { 3: '990000', 70: '301', 128: mac },
        { 64: mac, 128: mac },
      ]) {
        const wire = encode(dialect, '0800', fields)
        const message = decode(dialect, wire)
        expect(message.kind === 'message' && message.macOffset).toBe(wire.length - size)
      }
    }
  })

  it('is nowhere when DE 64 is followed by a field above it', () => {
    const message = decode(BINARY, encode(BINARY, '0800', { 64: mac, 70: '301' }))
    expect(message.kind === 'message' && message.macOffset).toBe(-1)
  })
})

describe('bytes that are no message', () => {
  const path = new URL('../../golden/messages.json', import.meta.url)
  const frames: Buffer[] = JSON.parse(readFileSync(path, 'utf8')).map((golden: { hex: string }) =>
    Buffer.from(golden.hex, 'hex'),
  )

  it('never make the decoder throw, and are rejected with a field and a reason', () => {
    fc.assert(fc.property(fc.constantFrom(...ALL), fc.uint8Array({ maxLength: 300 }), isSound), {
      numRuns: 3000,
    })
  })

  it('never make the decoder throw when a good message is damaged', () => {
    const damage = fc.record({
      frame: fc.constantFrom(...frames),
      skip: fc.constantFrom(0, 2, 4, 7),
      flips: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
      cut: fc.nat(40),
    })
    fc.assert(
      fc.property(fc.constantFrom(...ALL), damage, (dialect, { frame, skip, flips, cut }) => {
        const bytes = Buffer.from(frame.subarray(skip))
        for (const [at, xor] of flips) {
          const index = at % bytes.length
          bytes[index] = (bytes[index] ?? 0) ^ xor
        }
        isSound(dialect, bytes.subarray(0, Math.max(0, bytes.length - cut)))
      }),
      { numRuns: 5000 },
    )
  })

  it('are judged by themselves, not by what lies around them in memory', () => {
    const good = encode(BINARY, '0200', { 3: '150000', 4: '1', 48: 'AB' })
    const room = Buffer.concat([Buffer.alloc(5, 0x11), good, Buffer.alloc(5, 0x11)])
    const inside = new Uint8Array(room.buffer, room.byteOffset + 5, good.length)
    expect(decode(BINARY, inside).kind).toBe('message')
    expect(decode(BINARY, inside.subarray(0, good.length - 1))).toMatchObject({ field: 48 })
  })
})

function isSound(dialect: Dialect, bytes: Uint8Array): void {
  const result = decode(dialect, bytes)
  if (result.kind === 'rejected') {
    expect(result.reason).not.toBe('')
    const named = typeof result.field === 'string' || (result.field >= 2 && result.field <= 128)
    expect(named).toBe(true)
    for (let de = 2; de <= 128; de++) if (result.read.has(de)) result.read.get(de)
    return
  }
  const fields = Object.fromEntries(result.numbers().map((de) => [de, result.get(de) ?? '']))
  const again = decode(dialect, encode(dialect, result.mti, fields))
  expect(again.kind === 'message' && again.numbers()).toEqual(result.numbers())
}

function read(dialect: Dialect, wire: Buffer, de: number): string | undefined {
  const result = decode(dialect, wire)
  return result.kind === 'message' ? result.get(de) : result.reason
}

function fault(dialect: Dialect, wire: Buffer): unknown {
  const result = decode(dialect, wire)
  return result.kind === 'rejected' ? [result.field, result.reason] : 'accepted'
}

function bitmap(numbers: number[]): Buffer {
  const bits = Buffer.alloc(numbers.some((de) => de > 64) ? 16 : 8)
  if (bits.length > 8) bits[0] = 0x80
  for (const de of numbers) {
    const at = (de - 1) >> 3
    bits[at] = (bits[at] ?? 0) | (0x80 >> ((de - 1) & 7))
  }
  return bits
}

function binary(numbers: number[], hex: string): Buffer {
  const values = Buffer.from(hex.replaceAll(' ', ''), 'hex')
  return Buffer.concat([Buffer.from('0200', 'hex'), bitmap(numbers), values])
}

function mixed(numbers: number[], values: string, mti = '0200'): Buffer {
  return Buffer.concat([Buffer.from(mti), bitmap(numbers), Buffer.from(values, 'latin1')])
}

function mixed63(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([mixed([63], String(bytes.length).padStart(3, '0')), bytes])
}

describe('an MTI of another version', () => {
  it.each(['1000', '1200', '9999'])('%s is not read, the first of them neither', (mti) => {
    const frame = Buffer.from(`${mti}${'0'.repeat(16)}`, 'latin1')
    expect(decode(DIALECTS.iso87ascii, frame)).toMatchObject({
      ...{ kind: 'rejected', field: 'MTI', reason: 'unknown MTI version', mti: null },
    })
  })
})
