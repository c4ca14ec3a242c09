// Reversals and confirmations as the terminal gets them answered: with the RRN of the sale that
// they are about, and without one where there is none.

import { beforeEach, describe, expect, it } from 'vitest'
import { code, Story } from '../../switch/core/story-world.ts'

let story: Story

beforeEach(async () => {
  story = await Story.begin()
})

describe('an advice', () => {
  it.each(['0220', '0400'])('%s about a sale is answered with its RRN', async (mti) => {
    const { fields, reply } = await story.sell(1)
    const answer = await story.advise(mti, fields)
    expect([code(answer), answer?.get(37)]).toEqual(['00', reply?.get(37)])
  })

  it.each([
    ['0220', 'confirms', 'sold', 1],
    ['0221', 'confirms', 'sold', 1],
    ['0400', 'reverses', 'refunding', 0],
    ['0401', 'reverses', 'refunding', 0],
    ['0420', 'reverses', 'refunding', 0],
    ['0421', 'reverses', 'refunding', 0],
  ] as const)('%s %s its sale', async (mti, _what, state, confirmed) => {
    const { fields } = await story.sell(1)
    expect(code(await story.advise(mti, fields))).toBe('00')
    const sale = story.book.reader.byId(1)
    expect([sale?.state, sale?.confirmedMs === undefined ? 0 : 1]).toEqual([state, confirmed])
  })

  it.each([
    ['that was confirmed', '21', {}],
    ['of another amount', '94', { 4: '000000060000' }],
  ])('that is refused for a sale %s names that sale all the same', async (_what, rc, change) => {
    const { fields, reply } = await story.sell(1)
    await story.advise('0220', fields)
    const answer = await story.advise('0400', { ...fields, ...change })
    expect([code(answer), answer?.get(37)]).toEqual([rc, reply?.get(37)])
  })

  it('about a sale that never arrived is answered without one', async () => {
    const answer = await story.advise('0400', story.sale(1))
    expect([code(answer), answer?.has(37)]).toEqual(['00', false])
  })
})
