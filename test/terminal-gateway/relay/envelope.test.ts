// Envelopes of the link of a gateway: every one is read back as it was written, and whatever is not
// exactly one is broken, with its kind and without a throw. The layouts are those of
// docs/protocol.md, byte for byte.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CLOSE_REASONS } from '../../../terminal-gateway/close-reason.ts'
import {
  type Envelope,
  envelope,
  frameEnvelope,
  readEnvelope,
} from '../../../terminal-gateway/relay/envelope.ts'

const TPDU = Buffer.from('6000010002', 'hex')

/** As the page has them. */
const LAYOUTS: [Envelope, string][] = [
  [
    {
      kind: 'hello',
      version: 1,
      frameBytes: 4096,
      doors: [
        { listener: 'pos', tpdu: true },
        { listener: 'bank', tpdu: false },
      ],
    },
    '01 01 1000 02 01 03 706f73 00 04 62616e6b',
  ],
  [{ kind: 'welcome', version: 1, gateway: 'gw-1' }, '02 01 04 67772d31'],
  [{ kind: 'refused', why: 'no' }, '03 02 6e6f'],
  [
    { kind: 'open', id: 7, door: 1, tls: false, remote: '::1:9', names: undefined },
    '10 000000000007 01 00 05 3a3a313a39',
  ],
  [
    { kind: 'open', id: 2 ** 40, door: 0, tls: true, remote: 'a:1', names: ['x', 'yz'] },
    '10 010000000000 00 03 03 613a31 02 01 78 02 797a',
  ],
  [{ kind: 'frame', id: 7, bytes: TPDU }, '11 000000000007 6000010002'],
  [{ kind: 'taken', id: 7, bytes: 300, was: 'dropped' }, '12 000000000007 012c 00'],
  [{ kind: 'taken', id: 7, bytes: 300, was: 'valid' }, '12 000000000007 012c 01'],
  [{ kind: 'taken', id: 7, bytes: 300, was: 'refused' }, '12 000000000007 012c 02'],
  [{ kind: 'written', id: 7, complete: false }, '13 000000000007 00'],
  [{ kind: 'close', id: 7, reason: 'messages without a right MAC' }, '14 000000000007 0a'],
  [{ kind: 'closed', id: 7, reason: 'closed by the terminal' }, '15 000000000007 01'],
  [{ kind: 'echo', number: 0xffffffff }, '20 ffffffff'],
  [{ kind: 'echoed', number: 1 }, '21 00000001'],
]

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe('an envelope', () => {
  it.each(LAYOUTS)('%j is written as the page says, and read back', (given, bytes) => {
    expect(envelope(given).toString('hex')).toBe(bytes.replaceAll(' ', ''))
    expect(readEnvelope(hex(bytes))).toEqual(given)
  })

  it('around a frame is the same whether or not its TPDU was taken off', () => {
    const body = Buffer.from('0200', 'hex')
    const whole = envelope({ kind: 'frame', id: 3, bytes: Buffer.concat([TPDU, body]) })
    expect(frameEnvelope(3, TPDU, body)).toEqual(whole)
    expect(frameEnvelope(3, undefined, Buffer.concat([TPDU, body]))).toEqual(whole)
  })

  it('has a number for every reason, and none beyond the list', () => {
    for (const [index, reason] of CLOSE_REASONS.entries()) {
      const bytes = envelope({ kind: 'close', id: 1, reason })
      expect([bytes.at(-1), readEnvelope(bytes)]).toEqual([index, { kind: 'close', id: 1, reason }])
    }
    const beyond = Buffer.concat([hex('14 000000000001'), Buffer.from([CLOSE_REASONS.length])])
    expect(readEnvelope(beyond).kind).toBe('broken')
  })

  it('refuses to carry a text that is not plain', () => {
    for (const why of ['', 'a\n', 'é', 'x'.repeat(256)]) {
      expect(() => envelope({ kind: 'refused', why })).toThrow(RangeError)
    }
  })
})

describe('what is no envelope', () => {
  it.each([
    ['nothing', '', 'unknown kind'],
    ['an unknown kind', '99', 'unknown kind'],
    ['a hello without doors', '01 01 1000 00', 'hello: a value out of its range'],
    ['a hello with 65 doors', '01 01 1000 41', 'hello: a value out of its range'],
    ['a hello with a reserved bit', '01 01 1000 01 02 01 61', 'hello: a value out of its range'],
    ['a hello whose name is cut', '01 01 1000 01 01 05 706f', 'hello: a value out of its range'],
    ['a name with a control character', '02 01 01 0a', 'welcome: a value out of its range'],
    ['an empty name', '02 01 00', 'welcome: a value out of its range'],
    ['connection 0', '11 000000000000 aa', 'frame: a value out of its range'],
    [
      'a certificate without TLS',
      '10 000000000001 00 02 01 61 00',
      'open: a value out of its range',
    ],
    [
      'an open with a reserved bit',
      '10 000000000001 00 04 01 61',
      'open: a value out of its range',
    ],
    ['65 names', '10 000000000001 00 03 01 61 41', 'open: a value out of its range'],
    ['a flag that is neither', '13 000000000001 02', 'written: a value out of its range'],
    [
      'a frame taken as nothing known',
      '12 000000000001 0001 03',
      'taken: a value out of its range',
    ],
    ['trailing bytes', '20 00000001 00', 'echo: trailing bytes'],
    ['half a number', '20 0000', 'echo: a value out of its range'],
  ])('%s is broken', (_what, bytes, reason) => {
    expect(readEnvelope(hex(bytes))).toEqual({ kind: 'broken', reason })
  })

  it('is every envelope that is cut anywhere, frames apart', () => {
    for (const [given, bytes] of LAYOUTS) {
      const whole = hex(bytes)
      const least = given.kind === 'frame' ? 7 : whole.length
      for (let length = 0; length < least; length++) {
        expect(readEnvelope(whole.subarray(0, length)).kind).toBe('broken')
      }
    }
  })

  it('never makes the reader throw, and what it takes is written the same', () => {
    const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array))
    fc.assert(
      fc.property(bytes, (given) => {
        const read = readEnvelope(given)
        if (read.kind !== 'broken') expect(envelope(read)).toEqual(given)
      }),
      { numRuns: 2_000 },
    )
  })
})
