// The daily limits of reversals: what counts towards them, also when messages come at once, and
// that a reversal that was refused for them has ended.

import { beforeEach, describe, expect, it } from 'vitest'
import type { JournalRecord } from '../../../switch/core/journal.ts'
import { adviceFields, ask, inquiryFields } from './story-terminal.ts'
import { code, Story } from './story-world.ts'

const NONE = { terminal: { count: 0, rial: 0 }, merchant: { count: 0, rial: 0 } }

let story: Story

beforeEach(async () => {
  story = await Story.begin()
})

describe('the limits of reversals', () => {
  const sellAndReverse = async (stan: number, terminal: number) => {
    const { fields } = await story.sell(stan, { terminal })
    await story.time.run(2_000)
    return code(await story.advise('0400', fields))
  }

  it('count for the terminal: the one above is 61 with a claim, once, and stays sold', async () => {
    story = await Story.begin({
      refundLimits: { terminal: { count: 2, rial: 0 }, merchant: { count: 9, rial: 0 } },
    })
    const codes = []
    for (let stan = 1; stan <= 3; stan++) codes.push(await sellAndReverse(stan, 1))
    expect(codes).toEqual(['00', '00', '61'])
    expect(await sellAndReverse(1, 2)).toBe('00')
    const third = { ...story.sale(3), 12: story.book.reader.byId(3)?.time ?? '' }
    expect(code(await story.advise('0401', third))).toBe('61')
    expect(story.count('claim')).toBe(1)
    expect(story.count('sale', 'id = 3 and state = 1')).toBe(1)
  })

  it('count for the merchant over its terminals', async () => {
    story = await Story.begin({
      refundLimits: { terminal: { count: 2, rial: 0 }, merchant: { count: 3, rial: 0 } },
    })
    const codes = [await sellAndReverse(1, 1), await sellAndReverse(2, 1)]
    codes.push(await sellAndReverse(3, 2), await sellAndReverse(4, 2), await sellAndReverse(5, 3))
    expect(codes).toEqual(['00', '00', '00', '61', '61'])
  })

  it('by amount are reached exactly, and begin again the next Tehran day', async () => {
    story = await Story.begin({
      refundLimits: { terminal: { count: 9, rial: 100_000 }, merchant: { count: 9, rial: 0 } },
    })
    expect([await sellAndReverse(1, 1), await sellAndReverse(2, 1)]).toEqual(['00', '00'])
    expect(await sellAndReverse(3, 1)).toBe('61')
    await story.time.run(86_400_000)
    expect(await sellAndReverse(4, 1)).toBe('00')
  })

  it('hold for reversals that come at once', async () => {
    const sales = []
    for (let stan = 1; stan <= 8; stan++)
      sales.push((await story.sell(stan, { terminal: 1 })).fields)
    await story.time.run(2_000)
    const asked = sales.map((fields) => story.send('0400', adviceFields(story.time, fields)))
    const codes = (await story.wait(Promise.all(asked))).map(code)
    expect(codes.filter((each) => each === '00')).toHaveLength(5)
    expect(codes.filter((each) => each === '61')).toHaveLength(3)
  })

  it('hold for reversals that come at once while the notes of their answers are written', async () => {
    const sales = []
    for (let stan = 1; stan <= 8; stan++) sales.push((await story.sell(stan)).fields)
    const asked = sales.map((fields) => story.send('0400', adviceFields(story.time, fields)))
    void story.book.answered.flush()
    const codes = (await story.wait(Promise.all(asked))).map(code)
    expect(codes.filter((each) => each === '00')).toHaveLength(5)
    expect(codes.filter((each) => each === '61')).toHaveLength(3)
  })

  it('do not count a sale whose answer never went out', async () => {
    story = await Story.begin({
      refundLimits: { terminal: { count: 0, rial: 0 }, merchant: { count: 0, rial: 0 } },
    })
    const fields = story.sale(1)
    await expect(story.ask('0200', fields, true)).resolves.toBeUndefined()
    expect(code(await story.advise('0400', fields))).toBe('00')
    expect(await sellAndReverse(2, 1)).toBe('61')
  })
})

describe('a reversal that was refused for the limit', () => {
  it('has ended: repeated it is 61 again after midnight, without another claim', async () => {
    // Five minutes before midnight in Tehran.
    const one = { count: 1, rial: 0 }
    const refundLimits = { terminal: one, merchant: one }
    story = await Story.begin({ refundLimits }, Date.UTC(2026, 10, 22, 20, 25))
    const first = await story.sell(1)
    const { fields } = await story.sell(2)
    expect(code(await story.advise('0400', first.fields))).toBe('00')
    expect(code(await story.advise('0400', fields))).toBe('61')
    await story.time.run(600_000)
    expect(code(await story.advise('0401', fields))).toBe('61')
    expect([story.netDebits(), story.count('claim')]).toEqual([1, 1])
    await story.advise('0220', fields)
    expect(code(await story.advise('0401', fields))).toBe('21')
  })

  it('is 61 after a restart too, and past the time of reversals', async () => {
    story = await Story.begin({ refundLimits: NONE })
    const { fields } = await story.sell(1)
    expect(code(await story.advise('0400', fields))).toBe('61')
    await story.restart()
    await story.time.run(2 * 86_400_000)
    expect(code(await story.advise('0401', fields))).toBe('61')
    expect(story.count('claim')).toBe(1)
  })
})

describe('an answer that is on its way', () => {
  /** A sold sale whose 0210 was lost. */
  const unanswered = async () => {
    story = await Story.begin({ refundLimits: NONE })
    const fields = story.sale(1)
    await story.ask('0200', fields, true)
    return fields
  }

  it.each(['0201', 'an inquiry'])(
    'to %s counts: a reversal right behind it is 61',
    async (what) => {
      const fields = await unanswered()
      const shown =
        what === '0201'
          ? story.send('0201', fields)
          : story.send('0100', inquiryFields(story.time, fields, 900))
      const reversed = story.send('0400', adviceFields(story.time, fields))
      const [reply, reversal] = await story.wait(Promise.all([shown, reversed]))
      expect([reply?.has(62), code(reversal)]).toEqual([true, '61'])
      expect(story.netDebits()).toBe(1)
    },
  )

  it('to the sale itself counts for a reversal that came while its outcome was written', async () => {
    story = await Story.begin({ refundLimits: NONE })
    const fields = story.sale(1)
    const { journal } = story.book
    let isWritten = false
    const write = (record: JournalRecord) => {
      isWritten ||= record.kind === 'outcome'
      return journal.write(record)
    }
    story.change({ journal: { write } })
    const sale = ask(story.running, story.time, '0200', fields, { writtenMs: 5 })
    await story.time.runUntil(() => isWritten, 1_000)
    const reversed = story.send('0400', adviceFields(story.time, fields))
    const [reply, reversal] = await story.wait(Promise.all([sale, reversed]))
    expect([reply?.has(62), code(reversal)]).toEqual([true, '61'])
  })

  it('counts no more when it turns out to be lost', async () => {
    const fields = await unanswered()
    await story.ask('0201', fields, true)
    expect(story.book.answered.onTheirWay).toBe(0)
    expect(code(await story.advise('0400', fields))).toBe('00')
  })
})
