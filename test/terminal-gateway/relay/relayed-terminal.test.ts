// Why a terminal's connection at a gateway ended, in the words of the closed list: they go to the
// switch and become labels of metrics, so that nothing of an error or an address is among them.

import { expect, it } from 'vitest'
import { TPDU } from './relay-rig.ts'
import { openScripted } from './relay-scripted.ts'

const BODY = Buffer.from('0800abcdef', 'hex')

it.each([
  ['closed by the peer', 'closed by the terminal'],
  ['the peer does not read', 'the terminal does not read'],
  ['a frame did not end in time', 'a broken frame'],
  ['length header: 65535 bytes, 4096 allowed', 'a broken frame'],
  ['TPDU: does not start with 60', 'a broken frame'],
  ['socket error: ECONNRESET', 'socket error'],
  ['idle', 'idle'],
  ['no message in time', 'no message in time'],
  ['the gateway is stopping', 'the gateway is stopping'],
  ['no link to the switch', 'the link of its gateway ended'],
  ['the link to the switch ended', 'the link of its gateway ended'],
  ['an end that nobody knows', 'another reason'],
])('an end because of "%s" is told as "%s"', async (reason, told) => {
  const { rig, scripted } = await openScripted()
  const terminal = rig.terminal()
  terminal.say(BODY)
  await rig.pass(10)
  terminal.end(reason)
  await rig.pass(10)
  expect(scripted.heard.at(-1)).toEqual({ kind: 'closed', id: 1, reason: told })
  expect(rig.counted).toContain(`connections closed: ${told}`)
})

it('an answer that is as long as any may be reaches its terminal', async () => {
  const { rig, scripted } = await openScripted()
  const terminal = rig.terminal()
  terminal.say(BODY)
  await rig.pass(10)
  scripted.say({ kind: 'frame', id: 1, bytes: Buffer.alloc(4_096, 0x60) })
  await rig.pass(10)
  expect([terminal.sent.length, terminal.closings]).toEqual([1, []])
})

it('the end of a connection that never spoke is counted, and the switch hears nothing', async () => {
  const { rig, scripted } = await openScripted()
  rig.terminal().end('closed by the peer')
  await rig.pass(10)
  expect([rig.counted, scripted.heard]).toEqual([
    ['connections closed: closed by the terminal'],
    [],
  ])
})

it('more taken of a connection than it sent ends the link, though others sent as much', async () => {
  const { rig, scripted } = await openScripted()
  const terminals = [rig.terminal(), rig.terminal()]
  for (const terminal of terminals) terminal.say(BODY)
  await rig.pass(10)
  scripted.take(2, TPDU.length + BODY.length)
  terminals[1]?.say(BODY)
  await rig.pass(10)
  expect(terminals.map(({ open }) => open)).toEqual([true, true])
  scripted.take(1, TPDU.length + BODY.length + 1)
  await rig.pass(10)
  const why = 'the switch broke the protocol: taken: more than was sent'
  expect(rig.told.at(-1)).toBe(`main down: ${why}`)
  expect(terminals.map(({ open }) => open)).toEqual([false, false])
})
