// DE 24, which nothing else looks at: a request that has to have it is a format error without it,
// and is looked at no further. An advice may be without.

import { describe, expect, it } from 'vitest'
import type { Fields } from '../../../protocol/message/encode.ts'
import { FrontDesk } from '../front-desk.ts'
import { KeyedDesk } from '../keyed-desk.ts'

const NO_SALES = '0'.repeat(36)

async function shop() {
  const desk = await FrontDesk.open()
  const { story } = desk
  const sale = story.sale(1)
  expect(await desk.code('0200', sale)).toBe('00')
  const { 4: _amount, 48: _order, ...own } = story.sale(2)
  return { desk, story, sale, own }
}

const without24 = ({ 24: _network, ...rest }: Fields): Fields => rest

describe('without DE 24', () => {
  it('an inquiry tells nothing of its sale', async () => {
    const { desk, sale, own } = await shop()
    const inquiry = { ...own, 3: '330000', 48: `${sale[11]}${sale[12]}${sale[13]}` }
    const refused = await desk.ask('0100', without24(inquiry))
    expect([refused?.get(39), refused?.has(62)]).toEqual(['30', false])
    expect(await desk.code('0100', inquiry)).toBe('00')
  })

  it('a reprint is none, and is not counted as one', async () => {
    const { desk, own } = await shop()
    const reprint = { ...own, 3: '390000' }
    const refused = await desk.ask('0100', without24(reprint))
    expect([refused?.get(39), refused?.has(62)]).toEqual(['30', false])
    const first = await desk.ask('0100', reprint)
    expect([first?.get(39), first?.get(48)]).toEqual(['00', '01'])
  })

  it.each(['0500', '0501'])('an end of day %s closes nothing', async (mti) => {
    const { desk, story } = await shop()
    const claimed = story.dayEndFields(3, NO_SALES)
    expect(await desk.code(mti, without24(claimed))).toBe('30')
    expect(story.count('day_end')).toBe(0)
    expect(await desk.code(mti, claimed)).toBe('95')
  })

  it('a logon brings no keys', async () => {
    const keyed = await KeyedDesk.open('aes')
    const refused = await keyed.desk.ask('0800', without24(keyed.logonFields(1)))
    expect([refused?.get(39), refused?.has(62)]).toEqual(['30', false])
    expect(await keyed.desk.code('0800', keyed.logonFields(2))).toBe('00')
  })
})
