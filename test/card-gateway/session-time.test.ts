// What a connection to the card host makes of silence, on a clock of the test's own: when a request
// without a number is over, and which keys one that had no answer speaks against.

import { describe, expect, it } from 'vitest'
import { Session } from '../../card-gateway/session.ts'
import { Traces } from '../../card-gateway/traces.ts'
import { ZoneKeys } from '../../card-gateway/zone-keys.ts'
import type { Channel } from '../../protocol/link/channel.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { newModule } from '../protocol/security/test-module.ts'
import { VirtualTime } from '../simulation/virtual-time.ts'
import { stansAfter } from './rig.ts'
import { change, changeUnder, newLink } from './zone-key-rig.ts'

const TIMEOUTS = {
  ...{ cardHostMs: 2_500, frameMs: 700, connectMs: 1_100, echoAfterMs: 5_300 },
  ...{ echoAnswerMs: 1_900, dialBackoffFirstMs: 30, dialBackoffMaxMs: 900 },
}
const LIMITS = {
  ...{ frameBytes: 4096, badFramesPerConnection: 5, missedEchoes: 3, wrongMacsOfCardHost: 3 },
  ...{ inFlightSales: 7, reversalsInParallel: 3 },
}

/** A connection to a host that says nothing. */
async function silent(signOn: boolean, keys: ZoneKeys, numbers = 10_000) {
  const time = new VirtualTime()
  const closings: string[] = []
  const counted: string[] = []
  const nothing = () => undefined
  const channel: Channel = {
    ...{ id: 1, remote: 'host', open: true, send: () => true, dropped: nothing },
    close: (reason) => {
      closings.push(reason)
    },
  }
  const session = new Session(channel, {
    ...{ dialect: DIALECTS.iso87ascii, signOn, keys, keysChanged: nothing },
    traces: new Traces(await stansAfter(0, numbers), time),
    ...{ timers: time, timeouts: TIMEOUTS, limits: LIMITS },
    ...{ ready: nothing, signedOff: nothing, closed: nothing, reply: () => false },
    count: (what, label) => counted.push(`${what}: ${label}`),
    onError: (error) => {
      throw error
    },
  })
  session.start()
  return { time, closings, counted }
}

it('a sign-on for which there is no number is silence, and not over before its time', async () => {
  const keys = new ZoneKeys('bank', 'none', undefined)
  const { time, closings, counted } = await silent(true, keys, 0)
  expect(counted).toEqual(['card host connections: no trace number'])
  await time.run(TIMEOUTS.echoAnswerMs - 1)
  expect(closings).toEqual([])
  await time.run(1)
  expect(closings).toEqual(['the sign-on was not answered'])
})

describe.each(['tdes', 'aes'] as const)('an echo that has no answer (%s)', (scheme) => {
  const module = newModule()

  it.each([
    ['speaks against the keys that it is under', false, '00'],
    ['says nothing of keys that came while it waited', true, '63'],
  ])('%s', async (_what, changesMeanwhile, answer) => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const zone = link.restart()
    const [old, own, next] = [keys(), keys(), keys()]
    expect(await change(zone, blocksOf(old))).toBe('00')
    const { time, counted } = await silent(false, zone)
    await time.run(TIMEOUTS.echoAfterMs)
    if (changesMeanwhile) {
      const under = { macKey: old.macKey, blocks: blocksOf(own) }
      expect(await changeUnder(module, zone, under)).toBe('00')
    }
    await time.run(TIMEOUTS.echoAnswerMs)
    expect(counted).toEqual(['card host connections: echo missed'])
    expect(await change(zone, blocksOf(next))).toBe(answer)
  })
})
