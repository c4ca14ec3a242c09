// DE 60 tag 01 in messages that come to nothing themselves: the receipt came out all the same.

import { describe, expect, it } from 'vitest'
import type { SqliteTerminalDirectory } from '../../voucher-store/reading/terminal-directory.ts'
import type { Story } from '../switch/core/story-world.ts'
import { FrontDesk } from './front-desk.ts'
import { KeyedDesk } from './keyed-desk.ts'

const PRINTED_2 = '0106000002'

const confirmed = (story: Story) => story.count('sale', 'confirmed_ms is not null')

describe('the last printed STAN', () => {
  it('confirms in a message of a service that is not offered', async () => {
    const desk = await FrontDesk.open()
    expect(await desk.code('0200', desk.story.sale(2))).toBe('00')
    const bill = { ...desk.story.sale(3, { status: PRINTED_2 }), 3: '170000' }
    expect(await desk.code('0200', bill)).toBe('12')
    expect(confirmed(desk.story)).toBe(1)
  })

  it('confirms in a sale that a blocked terminal is refused, when its MAC is right', async () => {
    const keyed = await KeyedDesk.open('aes')
    const { desk } = keyed
    const session = await keyed.logon(1)
    expect((await keyed.ask(session, '0200', desk.story.sale(2)))?.get(39)).toBe('00')
    desk.register({ scheme: 'aes', maySell: false })
    const directory = desk.gateway.directory as SqliteTerminalDirectory
    directory.changed()
    const sale = desk.story.sale(3, { status: PRINTED_2 })
    expect(await desk.code('0200', sale)).toBe('58')
    expect(confirmed(desk.story)).toBe(0)
    expect((await keyed.ask(session, '0200', sale))?.get(39)).toBe('58')
    expect(confirmed(desk.story)).toBe(1)
  })
})
