// A terminal with keys while the token that holds them does not answer: it meets silence, nothing
// is sold without its leave, and what it sends again when the token is back is answered.

import { describe, expect, it } from 'vitest'
import type { Fields } from '../../protocol/message/encode.ts'
import type { KeyScheme } from '../../protocol/values/key.ts'
import { adviceFields } from '../switch/core/story-terminal.ts'
import { KeyedDesk } from './keyed-desk.ts'

const SCHEMES: KeyScheme[] = ['tdes', 'aes']

describe.each(SCHEMES)('a terminal with %s keys, the token away', (scheme) => {
  it('gets no answer to a sale, and nothing is debited; the repeat is sold', async () => {
    const keyed = await KeyedDesk.open(scheme)
    const session = await keyed.logon(1)
    const sale = keyed.desk.story.sale(2)
    keyed.token.isAway = true
    expect(await keyed.ask(session, '0200', sale)).toBeUndefined()
    expect([keyed.desk.story.ledger.debits.size, keyed.desk.story.count('sale')]).toEqual([0, 0])
    expect(keyed.desk.counted).toContain('messages: unanswered, keys away')
    keyed.token.isAway = false
    const reply = await keyed.ask(session, '0201', sale)
    expect([reply?.get(39), keyed.verifies(session, reply)]).toEqual(['00', true])
    expect(keyed.desk.story.ledger.debits.size).toBe(1)
    expect([keyed.alarms, keyed.desk.closings, keyed.desk.dropped]).toEqual([[], [], 0])
  })

  it('whose sale was sold meanwhile gets its voucher by the repeat, and one debit', async () => {
    const keyed = await KeyedDesk.open(scheme)
    const { story, handlers, sent } = keyed.desk
    const session = await keyed.logon(1)
    const sale = story.sale(2)
    const before = sent.length
    handlers.frame(keyed.sealed(session, '0200', sale), undefined)
    await story.time.runUntil(() => story.ledger.debits.size === 1, 10_000)
    keyed.token.isAway = true
    await story.time.run(3_000)
    expect(sent.length).toBe(before)
    expect(story.count('sale', 'state = 1')).toBe(1)
    expect(story.book.answered.onTheirWay).toBe(0)
    expect(await keyed.ask(session, '0201', sale)).toBeUndefined()
    keyed.token.isAway = false
    const reply = await keyed.ask(session, '0201', sale)
    expect([reply?.get(39), reply?.has(62)]).toEqual(['00', true])
    expect([story.ledger.debits.size, story.netDebits()]).toEqual([1, 1])
  })

  it('whose answer got no MAC has not been answered: its reversal counts towards no limit', async () => {
    const keyed = await KeyedDesk.open(scheme)
    const { story } = keyed.desk
    const session = await keyed.logon(1)
    const sale = story.sale(2)
    keyed.token.awayFor = 'mac'
    expect(await keyed.ask(session, '0200', sale)).toBeUndefined()
    expect([story.netDebits(), story.book.answered.onTheirWay]).toEqual([1, 0])
    keyed.token.awayFor = undefined
    const reversal = adviceFields(story.time, sale)
    expect((await keyed.ask(session, '0400', reversal))?.get(39)).toBe('00')
    expect(story.journal('refund')).toMatchObject([{ counted: false }])
  })

  it('is not logged on, and keeps the keys it has', async () => {
    const keyed = await KeyedDesk.open(scheme)
    const session = await keyed.logon(1)
    keyed.token.isAway = true
    expect(await keyed.desk.ask('0800', keyed.logonFields(2))).toBeUndefined()
    keyed.token.isAway = false
    const echo: Fields = { ...keyed.logonFields(3), 3: '990000' }
    expect((await keyed.ask(session, '0800', echo))?.get(39)).toBe('00')
    const next = await keyed.logon(4)
    expect((await keyed.ask(next, '0200', keyed.desk.story.sale(5)))?.get(39)).toBe('00')
  })

  it('seen for the first time is not taken for one whose keys do not open', async () => {
    const before = await KeyedDesk.open(scheme)
    const session = await before.logon(1)
    await before.ask(session, '0800', { ...before.logonFields(2), 3: '990000' })
    const keyed = before.restarted()
    keyed.token.isAway = true
    const sale = keyed.desk.story.sale(3)
    expect(await keyed.ask(session, '0200', sale)).toBeUndefined()
    keyed.token.isAway = false
    expect((await keyed.ask(session, '0200', sale))?.get(39)).toBe('00')
    expect(keyed.alarms).toEqual([])
  })
})
