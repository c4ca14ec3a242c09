// Frames cut from a byte stream, whole, split, merged, trickled and broken.

import { describe, expect, it } from 'vitest'
import {
  FrameCutter,
  FrameError,
  type Framing,
  frame,
  swapTpdu,
} from '../../../protocol/link/framing.ts'

const PLAIN: Framing = {
  length: 'binary2',
  lengthIncludesItself: false,
  tpdu: false,
  maxFrameBytes: 4096,
}
const TERMINAL: Framing = { ...PLAIN, tpdu: true }
const TPDU = Buffer.from('6000010002', 'hex')

function cutAll(framing: Framing, ...chunks: Buffer[]): string[] {
  const cutter = new FrameCutter(framing)
  const found: string[] = []
  for (const chunk of chunks) {
    cutter.push(chunk)
    for (let cut = cutter.next(); cut !== undefined; cut = cutter.next()) {
      if (cut.kind === 'broken') return [...found, `broken: ${cut.reason}`]
      found.push(`${cut.tpdu?.toString('hex') ?? ''}|${cut.body.toString('latin1')}`)
    }
  }
  return found
}

const FRAMINGS: Framing[] = (['binary2', 'ascii4', 'bcd2'] as const).flatMap((length) =>
  [true, false].flatMap((lengthIncludesItself) =>
    [true, false].map((tpdu) => ({ length, lengthIncludesItself, tpdu, maxFrameBytes: 4096 })),
  ),
)

describe('the header', () => {
  it.each([
    [{ ...PLAIN }, '0003616263'],
    [{ ...PLAIN, lengthIncludesItself: true }, '0005616263'],
    [{ ...PLAIN, length: 'ascii4' as const }, '30303033616263'],
    [{ ...PLAIN, length: 'ascii4' as const, lengthIncludesItself: true }, '30303037616263'],
    [{ ...PLAIN, length: 'bcd2' as const }, '0003616263'],
  ])('%j is written as it stands in the protocol', (framing, hex) => {
    expect(frame(framing, Buffer.from('abc')).toString('hex')).toBe(hex)
  })

  it('counts the TPDU as part of what follows', () => {
    expect(frame(TERMINAL, Buffer.from('abc'), TPDU).toString('hex')).toBe('00086000010002616263')
  })

  it('in BCD is decimal, not binary', () => {
    const bytes = frame({ ...PLAIN, length: 'bcd2' }, Buffer.alloc(123, 'x'))
    expect(bytes.subarray(0, 2).toString('hex')).toBe('0123')
  })
})

describe('every kind of framing', () => {
  it.each(FRAMINGS)('%j gives back what was framed, however the bytes are split', (framing) => {
    const tpdu = framing.tpdu ? TPDU : undefined
    const bodies = ['a', 'bc'.repeat(150), '', 'end'].map((text) => Buffer.from(text))
    const stream = Buffer.concat(bodies.map((body) => frame(framing, body, tpdu)))
    const wanted = bodies.map((body) => `${tpdu?.toString('hex') ?? ''}|${body.toString('latin1')}`)
    for (const size of [1, 2, 3, 7, 100, stream.length]) {
      const chunks: Buffer[] = []
      for (let at = 0; at < stream.length; at += size) chunks.push(stream.subarray(at, at + size))
      expect(cutAll(framing, ...chunks)).toEqual(wanted)
    }
  })

  it.each(FRAMINGS)('%j takes the largest frame and refuses one byte more', (framing) => {
    const tpdu = framing.tpdu ? TPDU : undefined
    const room = 4096 - (tpdu?.length ?? 0)
    expect(cutAll(framing, frame(framing, Buffer.alloc(room, 'x'), tpdu))).toHaveLength(1)
    const larger = { ...framing, maxFrameBytes: 9000 }
    expect(cutAll(framing, frame(larger, Buffer.alloc(room + 1, 'x'), tpdu))).toEqual([
      'broken: length header: 4097 bytes, 4096 allowed',
    ])
  })
})

describe('a broken frame', () => {
  it.each([
    ['a length above the limit', PLAIN, 'ffff', 'length header: 65535 bytes, 4096 allowed'],
    ['letters for a length', { ...PLAIN, length: 'ascii4' as const }, '3030413100', 'not a number'],
    ['a sign for a length', { ...PLAIN, length: 'ascii4' as const }, '2b30303100', 'not a number'],
    ['a nibble above 9', { ...PLAIN, length: 'bcd2' as const }, '000a', 'not a number'],
    ['a length below its own', { ...PLAIN, lengthIncludesItself: true }, '0001', 'than itself'],
    ['no room for a TPDU', TERMINAL, '000460000100', 'TPDU: fewer than 5 bytes'],
    ['an empty frame where a TPDU is due', TERMINAL, '0000', 'TPDU: fewer than 5 bytes'],
    ['another first byte', TERMINAL, '00056100010002', 'TPDU: does not start with 60'],
  ])('is %s', (_name, framing, hex, why) => {
    const [found] = cutAll(framing, Buffer.from(hex, 'hex'))
    expect(found).toMatch(/^broken: /)
    expect(found).toContain(why)
  })

  it('ends the stream: what follows is never read as a frame', () => {
    const cutter = new FrameCutter(PLAIN)
    cutter.push(Buffer.from('ffff', 'hex'))
    expect(cutter.next()).toMatchObject({ kind: 'broken' })
    cutter.push(frame(PLAIN, Buffer.from('abc')))
    expect(cutter.next()).toMatchObject({ kind: 'broken' })
    expect(cutter.begun).toBe(false)
  })

  it('does not take away the frames before it', () => {
    const chunk = Buffer.concat([frame(PLAIN, Buffer.from('abc')), Buffer.from('ffff', 'hex')])
    expect(cutAll(PLAIN, chunk)).toEqual([
      '|abc',
      'broken: length header: 65535 bytes, 4096 allowed',
    ])
  })
})

describe('the cutter', () => {
  it('tells whether a frame has begun', () => {
    const cutter = new FrameCutter(PLAIN)
    expect(cutter.begun).toBe(false)
    for (const byte of [0x00, 0x02, 0x61]) {
      cutter.push(Buffer.from([byte]))
      expect(cutter.next()).toBeUndefined()
      expect(cutter.begun).toBe(true)
    }
    cutter.push(Buffer.from([0x62]))
    expect(cutter.next()).toMatchObject({ kind: 'frame' })
    expect(cutter.begun).toBe(false)
  })

  it('takes several chunks before the first look', () => {
    const cutter = new FrameCutter(PLAIN)
    for (const byte of frame(PLAIN, Buffer.from('abc'))) cutter.push(Buffer.from([byte]))
    expect(cutter.next()).toEqual({ kind: 'frame', tpdu: undefined, body: Buffer.from('abc') })
    expect(cutter.next()).toBeUndefined()
  })

  it('gives a frame that lies in one chunk as a view, without copying', () => {
    const chunk = frame(PLAIN, Buffer.from('abc'))
    const cutter = new FrameCutter(PLAIN)
    cutter.push(chunk)
    const cut = cutter.next()
    expect(cut?.kind === 'frame' && cut.body.buffer === chunk.buffer).toBe(true)
  })

  it('copies every byte of a trickled frame once', () => {
    const large: Framing = { ...PLAIN, maxFrameBytes: 65_535 }
    const bytes = frame(large, Buffer.alloc(65_535, 'x'))
    const cutter = new FrameCutter(large)
    let copied = 0
    for (const byte of bytes) {
      const chunk = Buffer.from([byte])
      const copy = chunk.copy.bind(chunk)
      chunk.copy = (...args: Parameters<Buffer['copy']>) => {
        const count = copy(...args)
        copied += count
        return count
      }
      cutter.push(chunk)
      cutter.next()
    }
    expect(copied).toBe(65_535)
    expect(cutter.begun).toBe(false)
  })
})

describe('our own messages', () => {
  it('that do not fit the link are an error with a code', () => {
    const body = Buffer.alloc(4097)
    expect(() => frame(PLAIN, body)).toThrow(FrameError)
    expect(() =>
      frame({ ...PLAIN, length: 'bcd2', maxFrameBytes: 20_000 }, Buffer.alloc(10_000)),
    ).toThrow(FrameError)
    expect(() => frame(TERMINAL, Buffer.from('abc'))).toThrow('this link wants a TPDU')
    expect(() => frame(PLAIN, Buffer.from('abc'), TPDU)).toThrow('this link has no TPDU')
    expect(() => frame(TERMINAL, Buffer.from('abc'), Buffer.alloc(5))).toThrow('5 bytes')
  })

  it('go back with source and destination of the TPDU swapped', () => {
    expect(swapTpdu(Buffer.from('6012345678', 'hex')).toString('hex')).toBe('6056781234')
  })
})
