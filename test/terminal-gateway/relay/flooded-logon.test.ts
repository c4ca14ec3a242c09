// A logon beyond the sets that its terminal uses earns no idle time, and is answered all the same,
// once its keys are durable: a gateway waits for that answer as for any other.

import { expect, it } from 'vitest'
import type { Fields } from '../../../protocol/message/encode.ts'
import { KeyDesk } from '../../../terminal-gateway/key-desk.ts'
import { newModule } from '../../protocol/security/test-module.ts'
import { StoredInMemory } from '../stored-keys.ts'
import { RelayRig } from './relay-rig.ts'

const OWNER = 'terminal/1'

it('a gateway waits for the answer of a logon that earns nothing, and no longer', async () => {
  const module = newModule()
  const store = new StoredInMemory()
  store.putMaster(module, OWNER, module.generate('master', 'aes'))
  const written: (() => void)[] = []
  const put = store.putPending.bind(store)
  store.putPending = async (...set) => {
    await new Promise<void>((resolve) => written.push(resolve))
    return put(...set)
  }
  const ports = { module, store, ownersMost: 9, unusedMost: 1, alarm: () => undefined }
  const rig = await RelayRig.open({
    listener: { keys: 'aes', insecure: false },
    gateway: { keyDesk: new KeyDesk(ports) },
  })
  rig.story.database.prepare('update terminal set scheme = ? where id = 1').run('aes')
  const terminal = rig.terminal()
  const answers = async (stan: number, codes: string[]) => {
    terminal.ask('0800', logonOf(rig, stan))
    await rig.pass(100)
    expect(terminal.isWaiting).toBe(true)
    for (const resolve of written.splice(0)) resolve()
    await rig.pass(100)
    expect([terminal.codes(), terminal.isWaiting]).toEqual([codes, false])
  }
  await answers(1, ['00'])
  const { earned } = terminal
  await answers(2, ['00', '00'])
  expect([terminal.earned, rig.errors]).toEqual([earned, []])
  terminal.ask('0800', logonOf(rig, 3))
  await rig.pass(100)
  // A stop of the gateway lets that answer out, too.
  rig.relay.drain()
  terminal.say(Buffer.from('?'))
  await rig.pass(100)
  expect(terminal.closings).toEqual([])
  for (const resolve of written.splice(0)) resolve()
  await rig.pass(100)
  expect([terminal.codes().length, terminal.closings]).toEqual([3, ['the gateway is stopping']])
})

function logonOf(rig: RelayRig, stan: number): Fields {
  const sale = rig.story.sale(stan)
  const fields: Fields = { 3: '920000', 60: '0403PX7' }
  for (const de of [7, 11, 12, 13, 24, 41, 42]) fields[de] = sale[de] ?? ''
  return fields
}
