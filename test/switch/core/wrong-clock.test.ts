// A clock that is wrong by a year, forwards or back, and one that is so far behind that nothing is
// found by it: nothing is debited twice, and no reversal is accepted that undoes nothing.

import { beforeEach, describe, expect, it } from 'vitest'
import { code, Story } from './story-world.ts'

const YEAR_MS = 365 * 86_400_000

let story: Story

beforeEach(async () => {
  story = await Story.begin()
})

describe.each([
  ['goes on', false],
  ['is started again', true],
])('a switch that %s when its clock', (_what, restarts) => {
  const jump = async (ms: number) => {
    story.time.jumpWall(ms)
    if (restarts) await story.restart()
  }

  it('falls back by a year repeats its sales and reverses them', async () => {
    const { fields, reply } = await story.sell(1)
    const other = await story.sell(2)
    await jump(-YEAR_MS)
    const repeated = await story.ask('0201', fields)
    expect([code(repeated), repeated?.get(37)]).toEqual(['00', reply?.get(37)])
    expect([story.ledger.debits.size, story.netDebits()]).toEqual([2, 2])
    expect(code(await story.advise('0400', other.fields))).toBe('00')
    await story.time.run(600_000)
    expect(story.netDebits()).toBe(1)
  })

  it('is set right, a year ahead before, repeats its sales and reverses them', async () => {
    await jump(YEAR_MS)
    const { fields, reply } = await story.sell(1)
    const other = await story.sell(2)
    await jump(-YEAR_MS)
    expect((await story.ask('0201', fields))?.get(37)).toBe(reply?.get(37))
    expect(code(await story.advise('0400', other.fields))).toBe('00')
    await story.time.run(600_000)
    expect([story.ledger.debits.size, story.netDebits()]).toEqual([2, 1])
  })
})

describe('while the clock is so far behind that a sale is not found by it', () => {
  it('nothing is said of what is not found, and a reversal is accepted once it is', async () => {
    const { fields } = await story.sell(1)
    const sales = story.count('sale')
    const rightMs = story.time.wallMs()
    story.time.jumpWall(-rightMs)
    await story.restart()
    story.change({ clockBehind: () => true, refusing: () => '96' })
    expect(code(await story.ask('0201', fields))).toBe('96')
    for (const mti of ['0400', '0420', '0220']) {
      expect([mti, code(await story.advise(mti, fields))]).toEqual([mti, '96'])
    }
    expect(code(await story.inquire(fields))).toBe('96')
    expect(code(await story.dayEnd(3, '0'.repeat(36)))).toBe('96')
    expect([story.count('sale'), story.count('day_end')]).toEqual([sales, 0])
    story.time.jumpWall(rightMs)
    await story.restart()
    expect(code(await story.advise('0401', fields))).toBe('00')
    await story.time.run(600_000)
    expect(story.netDebits()).toBe(0)
  })

  it('what was sold in its future is neither reversed nor shown for the windows after it', async () => {
    const { fields } = await story.sell(1)
    const printed = await story.sell(2)
    expect(code(await story.advise('0220', printed.fields))).toBe('00')
    const reprint = { ...story.sale(3), 3: '390000' }
    story.time.jumpWall(-30 * 86_400_000)
    await story.restart()
    story.change({ clockBehind: () => true, refusing: () => '96' })
    expect(code(await story.advise('0400', fields))).toBe('96')
    const shown = await story.ask('0201', printed.fields)
    expect([code(shown), shown?.has(62)]).toEqual(['00', false])
    expect(code(await story.ask('0100', reprint))).toBe('57')
    story.time.jumpWall(30 * 86_400_000)
    story.change({ clockBehind: () => false })
    expect(code(await story.advise('0401', fields))).toBe('00')
    expect(code(await story.ask('0100', reprint))).toBe('00')
  })

  it('what is found is reversed and confirmed as ever', async () => {
    const sales = [await story.sell(1), await story.sell(2)]
    story.change({ clockBehind: () => true })
    const [first = {}, second = {}] = sales.map(({ fields }) => fields)
    expect(code(await story.advise('0400', first))).toBe('00')
    expect(code(await story.advise('0220', second))).toBe('00')
  })
})
