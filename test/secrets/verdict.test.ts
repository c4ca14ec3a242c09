// The verdict on what a search found: what belongs to its place is none of its business, all else
// is a violation, and so is a search that did not see what was there.

import { describe, expect, it } from 'vitest'
import { formsOfDigits } from './forms.ts'
import { type Found, judge } from './verdict.ts'

const hit = (file: string, canary: string) => ({ file, canary, form: 'text' })
const held = (canary: string) => ({ canary, form: 'text', heldBy: 'a of b' })
const look = (hits: ReturnType<typeof held>[]) => ({ strings: 10, hits, image: undefined })

const PART = hit('parts/one.txt', 'key part 1')
const ALL = ['voucher PIN 1', 'card 1', 'key part 1', 'key-encryption key'].map((name, index) => ({
  name,
  forms: formsOfDigits(`731337000011112${index}`),
}))

/** Everything in its place, and everything that must be seen was. */
const GOOD: Found = {
  all: ALL,
  scan: {
    files: 3,
    bytes: 2_000_000,
    hits: [
      hit('receipts/customer-1.txt', 'voucher PIN 1'),
      PART,
      hit('shop/keys/kek', 'key-encryption key'),
      hit('sources/batch.txt', 'voucher PIN 1'),
    ],
  },
  writes: { writes: 9, removedFiles: 1, hits: [PART], planted: true },
  looks: { atRest: [look([])], inFlight: look([held('card 1')]) },
  unexpected: [],
  missed: [],
}

it('everything in its place is no violation', () => {
  const { violations, summary } = judge(GOOD)
  expect(violations).toEqual([])
  expect(summary).toMatchObject({ hits: 0, customerReceiptHits: 1, keyPartsOnTheirFiles: 1 })
})

describe('a violation is', () => {
  it.each([
    ['a voucher PIN in the log', hit('shop/switch.log', 'voucher PIN 1')],
    ["a voucher PIN on the merchant's receipt", hit('receipts/merchant-1.txt', 'voucher PIN 1')],
    ["a card number on a customer's receipt", hit('receipts/customer-1.txt', 'card 1')],
    ['a part of a key beside its file', hit('shop/data/evs.db', 'key part 1')],
    ['another key in the file of the key-encryption key', hit('shop/keys/kek', 'key part 1')],
    ['the key-encryption key elsewhere', hit('shop/data/kek', 'key-encryption key')],
  ])('%s, in a file or in one that is gone', (_what, found) => {
    const said = [`${found.canary} as text in ${found.file}`]
    const scan = { ...GOOD.scan, hits: [...GOOD.scan.hits, found] }
    expect(judge({ ...GOOD, scan }).violations).toEqual(said)
    const writes = { ...GOOD.writes, hits: [...GOOD.writes.hits, found] }
    expect(judge({ ...GOOD, writes }).violations).toEqual(said)
  })

  it('a secret in memory at rest, told with what holds it', () => {
    const looks = { ...GOOD.looks, atRest: [look([held('card 1')])] }
    expect(judge({ ...GOOD, looks }).violations).toEqual(['card 1 as text in memory: a of b'])
  })
})

describe('a search that is blind says so', () => {
  it.each<[string, Partial<Found>, string]>([
    ['what was planted was missed', { missed: ['card 1 as text'] }, 'planted in a copy'],
    [
      'no receipt was printed',
      { scan: { ...GOOD.scan, hits: GOOD.scan.hits.slice(1) } },
      'no receipt was printed',
    ],
    [
      'a part was not found on its file',
      { scan: { ...GOOD.scan, hits: GOOD.scan.hits.filter((one) => one !== PART) } },
      '0 of 1 parts',
    ],
    [
      'a removed file was not seen',
      { writes: { ...GOOD.writes, planted: false } },
      'a file that was removed',
    ],
    [
      'no part was seen being written',
      { writes: { ...GOOD.writes, hits: [] } },
      'no part of a key',
    ],
    [
      'a sale in flight was not seen in memory',
      { looks: { ...GOOD.looks, inFlight: undefined } },
      'the card of a sale in flight',
    ],
  ])('when %s', (_what, change, words) => {
    const { violations } = judge({ ...GOOD, ...change })
    expect(violations).toHaveLength(1)
    expect(violations[0]).toContain(words)
  })
})
