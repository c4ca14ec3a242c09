// What reversals, claims and ends of day leave in the store: counted on which day, of which
// merchant, and that no answer is given for what the store did not take.

import { beforeEach, describe, expect, it } from 'vitest'
import { adviceFields } from './story-terminal.ts'
import { code, Story } from './story-world.ts'

let story: Story

beforeEach(async () => {
  story = await Story.begin()
})

describe('a reversal', () => {
  it('counts on the day on which it comes, not on that of its sale', async () => {
    const { fields } = await story.sell(1)
    await story.time.run(2_000)
    // Eighteen hours later it is tomorrow in Tehran, and the sale can still be reversed.
    story.time.advance(18 * 3_600_000)
    expect(code(await story.advise('0400', fields))).toBe('00')
    expect(story.journal('refund')).toMatchObject([{ day: 20_261_123 }])
  })

  it.each([1, 49_999, 50_001])(
    'of %i rial of a sale of 50,000 is refused with 94',
    async (rial) => {
      const { fields } = await story.sell(1)
      const amount = String(rial).padStart(12, '0')
      const advice = { ...adviceFields(story.time, fields), 4: amount }
      expect(code(await story.ask('0400', advice))).toBe('94')
      expect(story.netDebits()).toBe(1)
    },
  )

  it('whose claim cannot be written is answered 96, not refused for good', async () => {
    const { fields } = await story.sell(1)
    story.time.advance(25 * 3_600_000)
    story.full = true
    expect(code(await story.advise('0400', fields))).toBe('96')
    story.full = false
    expect(code(await story.advise('0401', fields))).toBe('21')
    expect(story.count('claim')).toBe(1)
  })
})

it('an end of day names its terminal and the merchant of that', async () => {
  const fields = { ...story.dayEndFields(1, '0'.repeat(36)), 41: '10000002' }
  expect(code(await story.ask('0500', fields))).toBe('00')
  const about = { key: { terminalKey: 2 }, merchantKey: 1 }
  expect(story.journal('end-of-day')).toMatchObject([about])
})
