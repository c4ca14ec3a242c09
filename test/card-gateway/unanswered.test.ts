// What the link asks a card host with keys and gets no answer to: a host that hangs up on a MAC it
// does not know is as silent as one that waits, and one that was asked nothing is not.

import { afterEach, describe, expect, it } from 'vitest'
import type { Message } from '../../protocol/message/message.ts'
import type { Key } from '../../protocol/values/key.ts'
import { AwayModule } from '../protocol/security/away-module.ts'
import { newModule } from '../protocol/security/test-module.ts'
import { BareHost, SETTINGS, started, stopAll, until } from './rig.ts'
import { newLink, sendsUnder } from './zone-key-rig.ts'

const module = newModule()

afterEach(stopAll)

describe.each(['tdes', 'aes'] as const)('a host that hangs up on the sign-on (%s)', (scheme) => {
  it('under keys that nobody has proved has its own first change taken', async () => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const [old, own] = [keys(), keys()]
    let mayHangUp = true
    const hangsUp = (message: Message) => {
      if (message.macOffset < 0) return { 39: '00' }
      if (mayHangUp) host.channels.at(-1)?.close('a wrong MAC')
      return undefined
    }
    const host: BareHost = await BareHost.start(hangsUp)
    const ports = { module, store: link.store, alarm: () => undefined }
    const rig = await started([{ ...SETTINGS, port: host.port, keys: scheme }], {}, ports)
    await until(() => rig.signedOn() === 1)
    const first = (set: { macKey: Key; pinKey: Key }) =>
      host.send('0800', { 7: '1122054400', 11: '000001', 62: blocksOf(set), 70: '101' })
    // Read on the line once, and sent again by somebody.
    first(old)
    await until(() => host.seen().includes('0810 101 00'))
    host.channels.at(-1)?.close('the host starts anew')
    await until(() => host.channels.length > 2)
    mayHangUp = false
    const before = host.messages.length
    await until(() => host.messages.slice(before).length > 0)
    first(own)
    const answers = () => host.seen().filter((one) => one.startsWith('0810 101'))
    await until(() => answers().length === 2)
    expect(answers()[1]).toBe('0810 101 00')
    expect(sendsUnder(module, link.restart(), own.macKey)).toBe(true)
  })
})

it('echoes that cannot be sent while the token is away are missed one by one', async () => {
  const token = new AwayModule(module)
  const { link, blocksOf, keys } = newLink(module, 'aes')
  const own = keys()
  const host: BareHost = await BareHost.start(() => ({ 39: '00' }))
  const settings = { ...SETTINGS, port: host.port, keys: 'aes' as const }
  const ports = { module: token.module, store: link.store, alarm: () => undefined }
  const times = { echoAfterMs: 100, echoAnswerMs: 400 }
  const rig = await started([settings], times, ports)
  await until(() => rig.signedOn() === 1)
  host.send('0800', { 7: '1122054400', 11: '000001', 62: blocksOf(own), 70: '101' })
  await until(() => host.seen().includes('0810 101 00'))
  token.isAway = true
  await until(() => rig.counted('card host connections: echo missed') === 1)
  expect(host.channels).toHaveLength(1)
  token.isAway = false
  // Back within the time of the second: what the host says then shows that it is there.
  host.sendUnder(module, own.macKey, '0800', { 7: '1122054401', 11: '000002', 70: '301' })
  await until(() => host.seen().includes('0800 301'))
  expect(host.channels).toHaveLength(1)
})
