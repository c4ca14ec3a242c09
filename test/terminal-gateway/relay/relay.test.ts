// A gateway with links to two switches: which one takes a connection, and that a connection stays
// with the link that it was opened on.

import { expect, it } from 'vitest'
import { readEnvelope } from '../../../terminal-gateway/relay/envelope.ts'
import { RelayRig, TPDU } from './relay-rig.ts'
import { Scripted } from './relay-scripted.ts'

const BODY = Buffer.from('0800abcdef', 'hex')
const SWITCHES = ['main', 'spare'].map((name) => ({
  ...{ name, host: name, port: 1 },
  tls: undefined as never,
}))

async function twoSwitches() {
  const [main, spare] = [new Scripted(), new Scripted()]
  const rig = await RelayRig.open({
    relay: { switches: SWITCHES },
    scripted: (body, channel, host) => (host === 'main' ? main : spare).hear(body, channel),
  })
  return { rig, main, spare }
}

it('a link is dialled with the times that are meant for it', async () => {
  const dialled: unknown[] = []
  const dial = (options: unknown) => {
    dialled.push(options)
    return { close: () => undefined }
  }
  await RelayRig.open({ relay: { dial } })
  expect(dialled).toMatchObject([
    {
      ...{ connectMs: 1_700, backoff: { firstMs: 90, maxMs: 110 } },
      limits: { firstFrameMs: 0, idleMs: 0, frameMs: 4_300 },
    },
  ])
})

it('a link has its echo after one time, and is given up after another', async () => {
  const scripted = new Scripted()
  scripted.echoes = false
  const kinds: string[] = []
  const rig = await RelayRig.open({
    scripted: (body, channel) => {
      kinds.push(readEnvelope(Buffer.from(body)).kind)
      scripted.hear(body, channel)
    },
  })
  // A tenth of a second has passed, of which the greeting took next to nothing.
  await rig.pass(4_450)
  expect(kinds).toEqual(['hello'])
  await rig.pass(100)
  expect(kinds).toEqual(['hello', 'echo'])
  await rig.pass(4_700)
  expect(rig.told).toEqual(['main up as gw'])
  await rig.pass(100)
  expect(rig.told.at(-1)).toBe('main down: no answer to an echo')
})

it('a connection takes the first switch of the list that is up, also when it came back last', async () => {
  const { rig, main, spare } = await twoSwitches()
  const heard = async () => {
    for (const one of [main, spare]) one.heard.length = 0
    rig.terminal().say(BODY)
    await rig.pass(10)
    return [main.kinds(), spare.kinds()]
  }
  expect(await heard()).toEqual([['open', 'frame'], []])
  rig.cut('cut', 'main')
  await rig.pass(10)
  expect(await heard()).toEqual([[], ['open', 'frame']])
  await rig.relink('main')
  expect(await heard()).toEqual([['open', 'frame'], []])
  expect(rig.relay.status().map(({ name, up }) => [name, up])).toEqual([
    ['main', true],
    ['spare', true],
  ])
})

it('a connection does not wait for a switch that is connected and has not said welcome', async () => {
  const { rig, main, spare } = await twoSwitches()
  rig.cut('cut', 'main')
  main.greets = false
  await rig.relink('main')
  const terminal = rig.terminal()
  terminal.say(BODY)
  await rig.pass(10)
  expect([main.kinds(), spare.kinds(), terminal.open]).toEqual([[], ['open', 'frame'], true])
})

it('a connection stays with its link when a better one comes up', async () => {
  const { rig, main, spare } = await twoSwitches()
  const others = [rig.terminal(), rig.terminal()]
  rig.cut('cut', 'main')
  await rig.pass(10)
  const terminal = rig.terminal()
  terminal.say(BODY)
  await rig.pass(10)
  await rig.relink('main')
  for (const other of others) other.say(BODY)
  await rig.pass(10)
  main.heard.length = 0
  terminal.say(BODY)
  await rig.pass(10)
  expect([main.kinds(), spare.ids('open'), spare.ids('frame')]).toEqual([[], [1], [1, 1]])
  spare.say({ kind: 'frame', id: 1, bytes: Buffer.concat([TPDU, BODY]) })
  await rig.pass(10)
  expect([terminal.sent.length, others.map(({ sent }) => sent.length)]).toEqual([1, [0, 0]])
})
