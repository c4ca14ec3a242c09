// A connection to the card host while it lasts: sign-on, echoes, the host's own requests, bad
// frames, and the end.

import { afterEach, describe, expect, it } from 'vitest'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { encode, type Fields } from '../../protocol/message/encode.ts'
import { pause, TIMERS } from '../card-host/host-client.ts'
import { BareHost, linked, reversalOf, SETTINGS, started, stopAll, until } from './rig.ts'

afterEach(stopAll)

const accepts = (): Fields => ({ 39: '00' })
const WHEN = { 7: '1122060000', 11: '900001' }

async function signedOn(answer: Parameters<typeof BareHost.start>[0] = accepts, timeouts = {}) {
  const host = await BareHost.start(answer)
  const rig = await started([{ ...SETTINGS, port: host.port }], timeouts)
  await until(() => rig.gateway.ready('bank'))
  return { host, rig }
}

describe('sign-on', () => {
  it('has the fields of the golden message', async () => {
    const { host } = await signedOn()
    const message = host.messages[0]?.message
    expect(message?.mti).toBe('0800')
    expect(message?.numbers()).toEqual([7, 11, 70])
    expect(message?.get(70)).toBe('001')
  })

  it('that is refused leaves the host not ready, and is tried again', async () => {
    const { rig } = await linked({
      faults: [{ on: 'network', times: 2, fault: { kind: 'decline', rc: '91' } }],
    })
    expect(rig.told).toEqual(['up bank'])
    const details = rig.notices.map(({ detail }) => detail)
    expect(details).toEqual(['bank: the sign-on was refused with 91', 'bank'])
  })

  it('that is not answered is tried again on a new connection', async () => {
    const { rig } = await linked({
      faults: [{ on: 'network', times: 1, fault: { kind: 'silent' } }],
      timeouts: { echoAnswerMs: 40 },
    })
    expect(rig.notices[0]?.detail).toBe('bank: the sign-on was not answered')
  })

  it('is left out where the profile says so', async () => {
    const profile = { ...SETTINGS.profile, signOn: false }
    const { rig } = await linked({ signOn: 'none', settings: { profile } })
    expect((await rig.gateway.debit(rig.prepared())).kind).toBe('approved')
  })

  it('gives up its STAN, and purchases take theirs after it', async () => {
    const { rig } = await signedOn()
    expect(rig.gateway.prepare()?.stan).toBe('000002')
  })
})

describe('echoes', () => {
  it('are sent after silence, and keep the connection when they are answered', async () => {
    const { host, rig } = await signedOn(accepts, { echoAfterMs: 30, echoAnswerMs: 200 })
    await until(() => host.seen().filter((seen) => seen === '0800 301').length >= 3)
    expect(host.channels).toHaveLength(1)
    expect(rig.counted('card host connections: echo missed')).toBe(0)
  })

  it('that are missed twice close the connection, and it is dialed again', async () => {
    const { host, rig } = await signedOn(
      (message) => (message.get(70) === '301' ? undefined : accepts()),
      { echoAfterMs: 30, echoAnswerMs: 30 },
    )
    await until(() => host.channels.length > 1)
    const first = host.messages.filter(({ channel }) => channel === host.channels[0])
    expect(first.map(({ message }) => message.get(70))).toEqual(['001', '301', '301'])
    expect(rig.notices.at(1)?.detail).toBe('bank: echoes were not answered')
    await until(() => rig.told.join() === 'up bank,down bank,up bank')
  })

  it('that are missed now and then, and answered between, keep the connection', async () => {
    let echoes = 0
    const { host, rig } = await signedOn(
      (message) => {
        if (message.get(70) === '301') echoes++
        return message.get(70) === '301' && echoes % 2 === 1 ? undefined : accepts()
      },
      { echoAfterMs: 10, echoAnswerMs: 250 },
    )
    await until(() => echoes >= 6)
    expect(rig.counted('card host connections: echo missed')).toBeGreaterThanOrEqual(2)
    expect(host.channels).toHaveLength(1)
  })

  it('that are not answered are not missed when anything else comes meanwhile', async () => {
    const { host, rig } = await signedOn(
      (message) => {
        if (message.get(70) !== '301') return accepts()
        host.send('0800', { ...WHEN, 70: '301' })
        return undefined
      },
      { echoAfterMs: 30, echoAnswerMs: 150 },
    )
    await until(() => host.seen().filter((seen) => seen === '0800 301').length >= 4)
    expect(host.channels).toHaveLength(1)
    expect(rig.counted('card host connections: echo missed')).toBe(0)
  })
})

describe('requests of the card host', () => {
  it('are answered: an echo, a sign-on, and with 12 a key change and an unknown one', async () => {
    const { host } = await signedOn()
    for (const code of ['301', '001', '101', '999']) host.send('0800', { ...WHEN, 70: code })
    host.send('0100', { ...WHEN, 3: '330000', 41: '10000001' })
    host.send('0800', WHEN)
    await until(() => host.messages.length === 7)
    expect(host.seen().slice(1)).toEqual([
      '0810 301 00',
      '0810 001 00',
      '0810 101 12',
      '0810 999 12',
      '0110',
      '0810 undefined 30',
    ])
    expect(host.messages[5]?.message.get(39)).toBe('12')
    expect(host.messages[1]?.message.get(11)).toBe('900001')
  })

  it('that are a sign-off make it not ready until the host signs on', async () => {
    const { host, rig } = await signedOn(accepts, { dialBackoffMaxMs: 5_000 })
    host.send('0800', { ...WHEN, 70: '002' })
    await until(() => rig.told.includes('down bank'))
    expect(rig.gateway.prepare()).toBeUndefined()
    host.send('0800', { ...WHEN, 70: '001' })
    await until(() => rig.gateway.ready('bank'))
    expect(host.seen()).toEqual(['0800 001', '0810 002 00', '0810 001 00', '0800 001'])
    expect(host.channels).toHaveLength(1)
  })

  it('that are a sign-off are followed by our sign-on after a pause', async () => {
    const { host, rig } = await signedOn(accepts, { dialBackoffMaxMs: 40 })
    host.send('0800', { ...WHEN, 70: '002' })
    await until(() => rig.told.join() === 'up bank,down bank,up bank')
    expect(host.seen()).toEqual(['0800 001', '0810 002 00', '0800 001'])
  })

  it('that cannot be read are answered 30', async () => {
    const { host } = await signedOn()
    const body = Buffer.from('0800822000000000000004000000000000001122060000900001301x')
    host.channels[0]?.send(body)
    await until(() => host.messages.length === 2)
    expect(host.seen()[1]).toBe('0810 301 30')
  })
})

describe('frames that are no message', () => {
  it('are dropped, and the fifth closes the connection', async () => {
    const { host, rig } = await signedOn()
    for (let turn = 0; turn < 4; turn++) host.channels[0]?.send(Buffer.from('?'))
    await pause(30)
    expect(rig.gateway.ready('bank')).toBe(true)
    host.send('0110', WHEN)
    await until(() => host.channels.length > 1)
    expect(rig.counted('card host frames dropped: unreadable')).toBe(4)
    expect(rig.counted('card host frames dropped: not an answer')).toBe(1)
  })
})

describe('answers', () => {
  it('that come twice are unmatched the second time', async () => {
    const { host, rig } = await signedOn()
    const asked = host.messages[0]?.message
    const [at, stan] = [asked?.get(7) ?? '', asked?.get(11) ?? '']
    host.send('0810', { 7: at, 11: stan, 39: '00', 70: '001' })
    await until(() => rig.counted('card host replies: unmatched') === 1)
  })

  it('that cannot be read are bad frames as well, and the fifth closes the connection', async () => {
    const { host } = await signedOn()
    const body = encode(DIALECTS.iso87ascii, '0210', { ...WHEN, 39: '00', 41: '10000001' })
    for (let times = 0; times < 5; times++) host.sendBody(body.subarray(0, -1))
    await until(() => host.channels.length > 1)
  })
})

describe('a host that signed off', () => {
  it('is left alone for the longest back-off, not for the shortest', async () => {
    const { host } = await signedOn(accepts, { dialBackoffFirstMs: 10, dialBackoffMaxMs: 5_000 })
    host.send('0800', { ...WHEN, 70: '002' })
    await until(() => host.seen().includes('0810 002 00'))
    await pause(100)
    expect(host.seen()).toEqual(['0800 001', '0810 002 00'])
  })

  it('and signs on again meets one echo after a silence, not two', async () => {
    const { host, rig } = await signedOn(accepts, { echoAfterMs: 400 })
    for (const code of ['002', '001']) host.send('0800', { ...WHEN, 70: code })
    await until(() => rig.told.join() === 'up bank,down bank,up bank')
    await until(() => host.seen().includes('0800 301'))
    await pause(50)
    expect(host.seen().filter((seen) => seen === '0800 301')).toHaveLength(1)
  })

  it('in a message that cannot be read has not signed off', async () => {
    const { host, rig } = await signedOn()
    const body = Buffer.from('0800822000000000000004000000000000001122060000900001002x')
    host.sendBody(body)
    await until(() => host.seen().includes('0810 002 30'))
    expect(rig.gateway.ready('bank')).toBe(true)
  })
})

describe('a stop', () => {
  it('signs off, closes, and dials no more', async () => {
    const { host, rig } = await signedOn()
    await rig.gateway.stop()
    expect(host.seen()).toEqual(['0800 001', '0800 002'])
    expect(rig.gateway.prepare()).toBeUndefined()
    await pause(60)
    expect(host.channels).toHaveLength(1)
  })

  it.each([1, 2])('of %i connections is nothing to be warned of', async (connections) => {
    const { rig } = await linked({ settings: { connections } })
    await rig.gateway.stop()
    expect(rig.notices.filter(({ level }) => level !== 'info')).toEqual([])
  })

  it('does not wait for a host that does not answer', async () => {
    const { rig } = await signedOn(
      (message) => (message.get(70) === '001' ? accepts() : undefined),
      {
        echoAnswerMs: 50,
      },
    )
    const startMs = TIMERS.monotonicMs()
    await rig.gateway.stop()
    expect(TIMERS.monotonicMs() - startMs).toBeLessThan(1_500)
  })

  it('sends nothing more on a connection that is signing off, reversals included', async () => {
    const { host, rig } = await signedOn(
      (message) => (message.get(70) === '001' ? accepts() : undefined),
      { cardHostMs: 30, echoAnswerMs: 200 },
    )
    const debit = rig.prepared()
    await rig.gateway.debit(debit)
    const stopped = rig.gateway.stop()
    const reversal = reversalOf({ host: debit.trace })
    expect(await rig.gateway.reverse(reversal, false)).toEqual({ kind: 'not-sent' })
    await stopped
    expect(host.messages.map(({ message }) => message.mti)).toEqual(['0800', '0200', '0800'])
  })

  it('ends the attempts to reach a host that is not there', async () => {
    const rig = await started([{ ...SETTINGS, port: 1 }])
    await rig.gateway.stop()
    expect(rig.gateway.ready('bank')).toBe(false)
  })
})
