// What a logon may do: ask for keys, and nothing else. It has no MAC, so anybody can send one in a
// terminal's name, and what it tells of sales and devices is not believed.

import { describe, expect, it } from 'vitest'
import type { Fields } from '../../../protocol/message/encode.ts'
import { FrontDesk } from '../front-desk.ts'
import { KeyedDesk } from '../keyed-desk.ts'

/** DE 60 of a message that tells all that a terminal can tell: of its newest sale and of itself. */
const TELLING = '0106000002020120302v904'

describe('what a logon tells, which anybody may have sent,', () => {
  it('confirms no sale; a message with a right MAC does', async () => {
    const keyed = await KeyedDesk.open('aes')
    const session = await keyed.logon(1)
    expect((await keyed.ask(session, '0200', keyed.desk.story.sale(2)))?.get(39)).toBe('00')
    const confirmed = () => keyed.desk.story.count('sale', 'confirmed_ms is not null')
    const logon = { ...keyed.logonFields(3), 60: `${TELLING}03PX7` }
    expect(await keyed.desk.code('0800', logon)).toBe('00')
    expect(confirmed()).toBe(0)
    const echo = { ...keyed.logonFields(4), 3: '990000', 60: TELLING.slice(0, 10) }
    expect((await keyed.ask(session, '0800', echo))?.get(39)).toBe('00')
    expect(confirmed()).toBe(1)
  })

  it('is not noted of the terminal, whatever the logon was answered', async () => {
    const keyed = await KeyedDesk.open('tdes')
    const noted: unknown[] = []
    const seen = {
      noted: (...facts: unknown[]) => noted.push(facts),
      failedMac: () => undefined,
    }
    const { story, listener, gateway } = keyed.desk
    const desk = new FrontDesk(story, listener, { ...gateway, seen })
    const logon = (stan: number): Fields => ({
      ...keyed.logonFields(stan),
      60: `${TELLING}03PX7`,
    })
    expect(await desk.code('0800', logon(1))).toBe('00')
    const { 7: _time, ...timeless } = logon(2)
    expect(await desk.code('0800', timeless)).toBe('30')
    expect(noted).toEqual([])
  })

  it('counts from a terminal without keys as in any other message', async () => {
    const desk = await FrontDesk.open()
    expect(await desk.code('0200', desk.story.sale(2))).toBe('00')
    const logon = { ...desk.story.sale(3), 3: '920000', 60: TELLING.slice(0, 10) }
    expect(await desk.code('0800', logon)).toBe('12')
    expect(desk.story.count('sale', 'confirmed_ms is not null')).toBe(1)
  })
})
