// The samples' PINs are found, those and no other numbers.

import { basename } from 'node:path'
import { expect, it } from 'vitest'
import { sampleBatches } from './sample-batches.ts'

it('finds the PINs of every format', () => {
  const found = new Map(sampleBatches().map(({ file, pins }) => [basename(file), pins]))
  expect(found.size).toBe(7)
  for (const pins of found.values()) {
    expect(pins.length).toBeGreaterThanOrEqual(4)
    for (const digits of pins) expect(digits).toMatch(/^\d{13,17}$/)
  }
  expect(found.get('irancell.txt')?.[0]).toBe('6556581964714184')
  expect(found.get('mci-old.txt')?.[0]).toBe('8996936603294')
  expect(found.get('rightel.txt')?.[1]).toBe('732770193010202')
})
