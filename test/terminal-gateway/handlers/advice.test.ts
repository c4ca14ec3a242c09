// Reversals and confirmations as the terminal gets them answered: with the RRN of the sale that
// they are about, and without one where there is none or they say something else of it.

import { beforeEach, describe, expect, it } from 'vitest'
import { adviceFields } from '../../switch/core/story-terminal.ts'
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

  it('that is refused for a sale that was confirmed names that sale all the same', async () => {
    const { fields, reply } = await story.sell(1)
    await story.advise('0220', fields)
    const answer = await story.advise('0400', fields)
    expect([code(answer), answer?.get(37)]).toEqual(['21', reply?.get(37)])
  })

  it.each(['0220', '0400'])('%s of another amount names no sale, running or ended', async (mti) => {
    const fields = story.sale(1)
    const sale = story.send('0200', fields)
    await story.time.run(4)
    const other = adviceFields(story.time, { ...fields, 4: '000000060000' })
    const early = story.send(mti, other)
    expect(code(await story.wait(sale))).toBe('00')
    for (const answer of [await story.wait(early), await story.ask(mti, other)]) {
      expect([code(answer), answer?.has(37)]).toEqual(['94', false])
    }
  })

  it('about a sale that never arrived is answered without one', async () => {
    const answer = await story.advise('0400', story.sale(1))
    expect([code(answer), answer?.has(37)]).toEqual(['00', false])
  })
})
