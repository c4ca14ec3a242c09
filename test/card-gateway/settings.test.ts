// How a link to a card host frames and writes, as its settings say.

import { describe, expect, it } from 'vitest'
import { chipBytesMost, dialectOf, framingOf } from '../../card-gateway/settings.ts'
import { encode } from '../../protocol/message/encode.ts'
import { SETTINGS } from './rig.ts'

const LIMITS = {
  ...{ frameBytes: 900, badFramesPerConnection: 5, missedEchoes: 3, wrongMacsOfCardHost: 3 },
  ...{ inFlightSales: 7, reversalsInParallel: 3 },
}

it.each([
  ['ascii4', true],
  ['binary2', false],
  ['bcd2', true],
] as const)('a frame has the header %s that counts itself (%s), and no TPDU', (length, own) => {
  const framing = framingOf({ ...SETTINGS, length, lengthIncludesItself: own }, LIMITS)
  expect(framing).toEqual({ length, lengthIncludesItself: own, tpdu: false, maxFrameBytes: 900 })
})

describe('binary fields', () => {
  it.each([
    [true, 16],
    [false, 8],
  ])('are hex only where that is configured (%s)', (binaryAsHex, bytes) => {
    const dialect = dialectOf({ ...SETTINGS, dialect: 'iso87ascii-binary-bitmap', binaryAsHex })
    const body = encode(dialect, '0200', { 52: '8C4421B42970E0AF' })
    expect(body).toHaveLength(4 + 8 + bytes)
  })
})

it.each([
  ['iso87ascii', false, 499],
  ['iso87binary', false, 999],
  ['iso87ascii-binary-bitmap', false, 999],
  ['iso87ascii-binary-bitmap', true, 499],
] as const)('%s with hex %s has room for chip data of %i bytes', (dialect, binaryAsHex, most) => {
  const settings = { dialect, binaryAsHex }
  expect(chipBytesMost(settings)).toBe(most)
  const encoded = (bytes: number) => encode(dialectOf(settings), '0200', { 55: 'AB'.repeat(bytes) })
  expect(encoded(most).length).toBeGreaterThan(most)
  expect(() => encoded(most + 1)).toThrow('DE 55')
})
