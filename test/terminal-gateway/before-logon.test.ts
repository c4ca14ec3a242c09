// A repeat that is older than the keys it comes under. What is known of its sale is answered again;
// what nobody knows is never sold, because a terminal reverses such a sale and does not repeat it.

import { expect, it } from 'vitest'
import type { Message } from '../../protocol/message/message.ts'
import { good } from '../protocol/security/test-module.ts'
import { KeyedDesk, type TerminalSession } from './keyed-desk.ts'

it('a repeat from before the logon that nobody knows is answered 94, and stays so', async () => {
  const keyed = await KeyedDesk.open('tdes')
  const before = keyed.desk.story.sale(1)
  await keyed.desk.story.time.run(60_000)
  const session = await keyed.logon(2)
  expect((await keyed.ask(session, '0201', before))?.get(39)).toBe('94')
  expect((await keyed.ask(session, '0200', before))?.get(39)).toBe('94')
  const after = keyed.desk.story.sale(3)
  expect((await keyed.ask(session, '0201', after))?.get(39)).toBe('00')
})

it('a set knows after a restart when its logon was: a repeat from before it is answered 94', async () => {
  const keyed = await KeyedDesk.open('tdes')
  const before = keyed.desk.story.sale(1)
  await keyed.desk.story.time.run(60_000)
  const session = await keyed.logon(2)
  const reply = await keyed.restarted().ask(session, '0201', before)
  expect(reply?.get(39)).toBe('94')
})

it('a repeat from before the logon of a sale that is known brings the same voucher', async () => {
  const keyed = await KeyedDesk.open('aes')
  const old = await keyed.logon(1)
  const sale = keyed.desk.story.sale(2)
  const sold = await keyed.ask(old, '0200', sale)
  await keyed.desk.story.time.run(60_000)
  const next = await keyed.logon(3)
  const echo = { ...keyed.logonFields(4), 3: '990000' }
  expect((await keyed.ask(next, '0800', echo))?.get(39)).toBe('00')
  const again = await keyed.ask(next, '0201', sale)
  expect([again?.get(39), again?.get(37)]).toEqual(['00', sold?.get(37)])
  expect(opened(keyed, next, again)).toBe(opened(keyed, old, sold))
  expect(keyed.desk.story.netDebits()).toBe(1)
})

/** The PIN of the only voucher in DE 62. */
function opened(keyed: KeyedDesk, { dataKey }: TerminalSession, reply: Message | undefined) {
  const field = reply?.get(62) ?? ''
  const block = field.slice(6 + Number(field.slice(2, 4)))
  return good(keyed.module.decipherVoucherPin(dataKey, block)).reveal()
}
