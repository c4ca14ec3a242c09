// A connection to the card host on a clock of the test's own, with a host that is played by hand:
// what shows that the host is there, what proves its keys, a host that wants no sign-on, and how
// long its farewell is waited for.

import { describe, expect, it } from 'vitest'
import { Session } from '../../card-gateway/session.ts'
import { Traces } from '../../card-gateway/traces.ts'
import { ZoneKeys } from '../../card-gateway/zone-keys.ts'
import type { Channel } from '../../protocol/link/channel.ts'
import { decode } from '../../protocol/message/decode.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import type { Fields } from '../../protocol/message/encode.ts'
import { encodeWithMac } from '../../protocol/message/mac-input.ts'
import type { Message } from '../../protocol/message/message.ts'
import type { Key } from '../../protocol/values/key.ts'
import { newModule } from '../protocol/security/test-module.ts'
import { VirtualTime } from '../simulation/virtual-time.ts'
import { stansAfter, sure } from './rig.ts'
import { change, changeUnder, newLink, proved, sendsUnder } from './zone-key-rig.ts'

const DIALECT = DIALECTS.iso87ascii
const TIMEOUTS = {
  ...{ cardHostMs: 2_500, frameMs: 700, connectMs: 1_100, echoAfterMs: 9_300 },
  ...{ echoAnswerMs: 6_100, dialBackoffFirstMs: 30, dialBackoffMaxMs: 900 },
}
const LIMITS = {
  ...{ frameBytes: 4096, badFramesPerConnection: 5, missedEchoes: 3, wrongMacsOfCardHost: 3 },
  ...{ inFlightSales: 7, reversalsInParallel: 3 },
}
const WHEN = { 7: '1122060000', 11: '900001' }
const module = newModule()

interface Wishes {
  readonly signOn?: boolean
  readonly keys?: ZoneKeys
  /** Whether a request waits for what the host answers. */
  readonly isAwaited?: boolean
}

async function connection({ signOn = false, keys, isAwaited = false }: Wishes = {}) {
  const time = new VirtualTime()
  const closings: string[] = []
  const sent: Message[] = []
  const nothing = () => undefined
  const channel: Channel = {
    ...{ id: 1, remote: 'host', open: true, dropped: nothing },
    send: (body) => {
      const message = decode(DIALECT, body)
      if (message.kind === 'rejected') throw new Error(message.reason)
      return sent.push(message) > 0
    },
    close: (reason) => {
      closings.push(reason)
    },
  }
  const session = new Session(channel, {
    ...{ dialect: DIALECT, signOn, keysChanged: nothing },
    keys: keys ?? new ZoneKeys('bank', 'none', undefined),
    traces: new Traces(await stansAfter(0), time),
    ...{ timers: time, timeouts: TIMEOUTS, limits: LIMITS },
    ...{ ready: nothing, signedOff: nothing, closed: nothing, count: nothing },
    reply: () => isAwaited,
    onError: (error) => {
      throw error
    },
  })
  session.start()
  const says = (mti: string, fields: Fields, macKey?: Key) => {
    const mac = macKey && ((input: Buffer) => module.mac(macKey, input))
    session.handlers.frame(encodeWithMac(DIALECT, mti, fields, mac), undefined)
  }
  const answers = (macKey?: Key) => {
    const asked = sure(sent.at(-1))
    const [at, stan, code] = [7, 11, 70].map((de) => sure(asked.get(de)))
    says('0810', { 7: sure(at), 11: sure(stan), 39: '00', 70: sure(code) }, macKey)
  }
  const seen = () => sent.map((message) => `${message.mti} ${message.get(70)}`)
  return { time, session, closings, says, answers, seen }
}

describe.each(['tdes', 'aes'] as const)('a host with keys (%s)', (scheme) => {
  async function keyed(isAwaited = false) {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const zone = link.restart()
    const own = keys()
    expect(await change(zone, blocksOf(own))).toBe('00')
    /** How the first change of somebody else is answered, after a request without an answer. */
    const other = () => {
      zone.unanswered(zone.inForce)
      return change(zone, blocksOf(keys()))
    }
    return { ...(await connection({ keys: zone, isAwaited })), own, stranger: keys(), other }
  }

  it('is not there for answers with a wrong MAC, however many come', async () => {
    const { time, closings, answers, seen, stranger } = await keyed()
    await time.run(TIMEOUTS.echoAfterMs)
    for (let missed = 0; missed < LIMITS.missedEchoes; missed++) {
      expect(closings).toEqual([])
      await time.run(10)
      answers(stranger.macKey)
      await time.run(TIMEOUTS.echoAnswerMs - 10)
    }
    expect(closings).toEqual(['echoes were not answered'])
    expect(seen()).toEqual(['0800 301', '0800 301', '0800 301'])
  })

  it.each([
    ['that a request waits for', true, '63'],
    ['that nobody waits for, which may be an old one,', false, '00'],
  ])('has proved them by an answer %s: %s', async (_which, isAwaited, answer) => {
    const { says, own, other } = await keyed(isAwaited)
    says('0210', { ...WHEN, 39: '00', 41: '10000001' }, own.macKey)
    expect(await other()).toBe(answer)
  })

  it('has proved them by the answer to an echo', async () => {
    const { time, answers, own, other } = await keyed()
    await time.run(TIMEOUTS.echoAfterMs)
    answers(own.macKey)
    expect(await other()).toBe('63')
  })

  it('that answers under the keys before has not heard of the new ones', async () => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const [zone, first, second] = [link.restart(), keys(), keys()]
    const { macKey } = first
    await proved(module, zone, { macKey, blocks: blocksOf(first) })
    expect(await changeUnder(module, zone, { macKey, blocks: blocksOf(second) })).toBe('00')
    const { time, answers } = await connection({ keys: zone })
    await time.run(TIMEOUTS.echoAfterMs)
    expect(sendsUnder(module, zone, second.macKey)).toBe(true)
    answers(macKey)
    expect(sendsUnder(module, zone, macKey)).toBe(true)
  })

  it('has proved nothing by an answer to an echo that nobody asked for', async () => {
    const { says, own, other } = await keyed()
    says('0810', { ...WHEN, 39: '00', 70: '301' }, own.macKey)
    expect(await other()).toBe('00')
  })
})

describe('a host that wants no sign-on', () => {
  it('and signed off is left alone, and ready as soon as it signs on', async () => {
    const { time, session, says, seen } = await connection()
    says('0800', { ...WHEN, 70: '002' })
    expect(session.ready).toBe(false)
    await time.run(2 * TIMEOUTS.dialBackoffMaxMs)
    expect([session.ready, seen()]).toEqual([false, ['0810 002']])
    says('0800', { ...WHEN, 70: '001' })
    expect([session.ready, seen()]).toEqual([true, ['0810 002', '0810 001']])
  })
})

describe('a farewell', () => {
  it('is waited for two seconds, however long an echo may take', async () => {
    const { time, session, answers, seen } = await connection({ signOn: true })
    answers()
    let isEnded = false
    session.end(() => {
      isEnded = true
    })
    await time.run(1_999)
    expect([isEnded, seen()]).toEqual([false, ['0800 001', '0800 002']])
    await time.run(1)
    expect(isEnded).toBe(true)
  })
})
