// Who may hold a connection: a message earns idle time when its sender is known, and not when it is
// answered to nobody in particular.

import { describe, expect, it } from 'vitest'
import type { Fields } from '../../protocol/message/encode.ts'
import type { GatewayListener } from '../../terminal-gateway/gateway.ts'
import type { SqliteTerminalDirectory } from '../../voucher-store/reading/terminal-directory.ts'
import { adviceFields } from '../switch/core/story-terminal.ts'
import { FrontDesk } from './front-desk.ts'
import { KeyedDesk } from './keyed-desk.ts'

describe('idle time', () => {
  it.each<[string, Fields, string, Partial<GatewayListener>]>([
    ['an unknown terminal', { 41: '99999999' }, '03', {}],
    ['an unknown merchant', { 42: '000000000999999' }, '03', {}],
    ['no terminal', { 41: '        ' }, '03', {}],
    ['a terminal that the listener does not take', {}, '58', { merchants: new Set(['1']) }],
  ])('is not earned by a message of %s', async (_who, change, code, listener) => {
    const desk = await FrontDesk.open(listener)
    expect(await desk.code('0200', { ...desk.story.sale(1), ...change })).toBe(code)
    expect([desk.dropped, desk.closings]).toEqual([1, []])
  })

  it('is not earned by a message without a merchant, which is answered 30', async () => {
    const desk = await FrontDesk.open()
    const { 42: _mid, ...sale } = desk.story.sale(1)
    expect([await desk.code('0200', sale), desk.dropped]).toEqual(['30', 1])
  })

  it('is not earned by a terminal with keys that has not logged on', async () => {
    const { desk } = await KeyedDesk.open('aes')
    expect([await desk.code('0200', desk.story.sale(1)), desk.dropped]).toEqual(['97', 1])
  })

  it('is earned by a blocked terminal with a right MAC, and not by others in its name', async () => {
    const keyed = await KeyedDesk.open('aes')
    const { desk } = keyed
    const session = await keyed.logon(1)
    desk.register({ scheme: 'aes', maySell: false })
    const directory = desk.gateway.directory as SqliteTerminalDirectory
    directory.changed()
    expect((await keyed.ask(session, '0200', desk.story.sale(2)))?.get(39)).toBe('58')
    expect(desk.dropped).toBe(0)
    expect([await desk.code('0200', desk.story.sale(3)), desk.dropped]).toEqual(['58', 1])
  })

  it('is earned by a sale, whatever it is answered', async () => {
    const desk = await FrontDesk.open()
    expect(await desk.code('0200', desk.story.sale(1, { amount: 1 }))).toBe('13')
    expect(await desk.code('0200', { ...desk.story.sale(2), 3: '000000' })).toBe('12')
    expect(desk.dropped).toBe(0)
  })
})

it('a blocked terminal’s repeat has no end in 58 while the clock would not find its sale', async () => {
  const desk = await FrontDesk.open()
  desk.register({ maySell: false })
  ;(desk.gateway.directory as SqliteTerminalDirectory).changed()
  const sale = desk.story.sale(1)
  expect(await desk.code('0201', sale)).toBe('58')
  desk.story.change({ clockBehind: () => true, refusing: () => '96' })
  const behind = new FrontDesk(desk.story)
  expect(await behind.code('0200', sale)).toBe('58')
  expect(await behind.code('0201', sale)).toBe('96')
})

it('a blocked terminal that has not logged on may not buy, and is told to for what it owes', async () => {
  const { desk } = await KeyedDesk.open('aes')
  desk.register({ scheme: 'aes', maySell: false })
  const sale = desk.story.sale(1)
  expect(await desk.code('0200', sale)).toBe('58')
  expect(await desk.code('0100', { ...desk.story.sale(2), 3: '390000' })).toBe('58')
  expect(await desk.code('0400', adviceFields(desk.story.time, sale))).toBe('97')
})
