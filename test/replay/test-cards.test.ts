// Test cards by their names: the same card for the same name, a valid one, and never one of a list
// that was not given.

import { describe, expect, it } from 'vitest'
import { isReason } from '../../protocol/values/reason.ts'
import { listedCards, madeUpCards } from '../../replay/test-cards.ts'

describe('made-up cards', () => {
  const cards = madeUpCards()
  const numbers = Array.from({ length: 2_000 }, (_, n) => cards(n.toString(36)).pan.reveal())

  it('are the same for the same name, and others for others', () => {
    expect(cards('zz').pan.reveal()).toBe(madeUpCards()('zz').pan.reveal())
    expect(new Set(numbers).size).toBe(2_000)
  })

  it('have 16 digits, a track with their number and a PIN', () => {
    const { pan, track2, cardPin } = cards('d22d476ce106')
    expect(pan.reveal()).toMatch(/^603799\d{10}$/)
    expect(track2.reveal().startsWith(`${pan.reveal()}=4912`)).toBe(true)
    expect(cardPin?.reveal()).toHaveLength(4)
  })
})

describe('a list of cards', () => {
  it('gives each name one of its cards, with or without a PIN', () => {
    const cards = listedCards('# bank\n6037990000000014=2912 4711\n\n6037990000000022=3001\n')
    if (isReason(cards)) throw new Error(cards.reason)
    const all = Array.from({ length: 50 }, (_, n) => cards(String(n)))
    const endings = new Set(all.map(({ pan, cardPin }) => `${pan.masked()} ${cardPin?.reveal()}`))
    expect([...endings].sort()).toEqual([
      ...['603799******0014 4711', '603799******0022 undefined'],
    ])
  })

  it('gives a PIN of any length whole', () => {
    for (const digits of ['4711', '47111', '471147114711']) {
      const cards = listedCards(`6037990000000014=2912 ${digits}\n`)
      if (isReason(cards)) throw new Error(cards.reason)
      expect(cards('a').cardPin?.reveal()).toBe(digits)
    }
  })

  it.each([
    ['nothing', '# none\n', 'no card'],
    ['a wrong check digit', '6037990000000015=2912', 'line 1'],
    ['no expiry', '6037990000000014', 'line 1'],
  ])('with %s is refused without a word of it', (_, text, why) => {
    const cards = listedCards(text)
    expect(cards).toMatchObject({ reason: expect.stringContaining(why) })
    expect(JSON.stringify(cards)).not.toContain('6037')
  })
})
