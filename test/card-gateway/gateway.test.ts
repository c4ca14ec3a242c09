// Debits and reversals against the simulated card host on loopback, fault by fault.

import { afterEach, describe, expect, it } from 'vitest'
import type { FaultRuleData } from '../../card-host/faults.ts'
import type { CardHostEvent } from '../../card-host/host-options.ts'
import type { Stan } from '../../protocol/values/identifiers.ts'
import type { Debit } from '../../switch/core/card-host.ts'
import type { OpenReversal } from '../../switch/core/journal.ts'
import { CARD, OTHER_CARD, pause, TIMERS } from '../card-host/host-client.ts'
import {
  BareHost,
  debitOf,
  linked,
  Rig,
  reversalOf,
  SETTINGS,
  stansAfter,
  started,
  stopAll,
  until,
} from './rig.ts'

afterEach(stopAll)

function faulty(fault: FaultRuleData['fault'], more: Partial<FaultRuleData> = {}) {
  return linked({ faults: [{ ...more, fault }] })
}

/** The reversal of this debit, with a trace of its own. */
function undo(rig: Rig, { trace }: Debit, changes: Partial<OpenReversal> = {}): OpenReversal {
  const own = rig.gateway.reversalTrace(trace)
  if (own === undefined) throw new Error('no STAN is left')
  return reversalOf({ host: trace, trace: own, ...changes })
}

describe('a debit', () => {
  it('is approved', async () => {
    const { rig, cardHost } = await linked({ answerDe15: true })
    const result = await rig.gateway.debit(rig.prepared())
    const approval = { authCode: '004711', hostDate: '1122' }
    expect(result).toEqual({ kind: 'approved', approval })
    expect(cardHost.netDebits()).toHaveLength(1)
    expect(rig.counted('debits: approved')).toBe(1)
  })

  it('is declined', async () => {
    const { rig } = await faulty({ kind: 'decline', rc: '51' })
    const result = await rig.gateway.debit(rig.prepared())
    expect(result).toEqual({ kind: 'declined', responseCode: '51' })
  })

  it('is unknown at the deadline when the host is silent, and not before', async () => {
    const { rig } = await faulty({ kind: 'act-then-silent' })
    const startMs = TIMERS.monotonicMs()
    const result = await rig.gateway.debit(rig.prepared())
    expect(result).toMatchObject({ kind: 'unknown', approval: undefined })
    expect(TIMERS.monotonicMs() - startMs).toBeGreaterThanOrEqual(149)
  })

  it('stays unknown when its approval comes late, and the approval is told', async () => {
    const { rig } = await faulty({ kind: 'late', ms: 220 })
    const debit = rig.prepared()
    expect((await rig.gateway.debit(debit)).kind).toBe('unknown')
    expect(rig.late).toEqual([])
    await until(() => rig.late.length > 0)
    const approval = { authCode: '004711', hostDate: undefined }
    // Nobody knows under which setting it was asked for.
    const host = { ...debit.trace, acquirerId: undefined }
    expect(rig.late).toEqual([{ host, tid: '10000001', approval }])
  })

  it('tells of a late approval for a partial amount; a late decline or 0430 is only counted', async () => {
    const host = await BareHost.start(() => ({ 39: '00' }))
    const rig = await started([{ ...SETTINGS, port: host.port }])
    await until(() => rig.gateway.ready('bank'))
    const about = { 7: '1122054431', 11: '004201', 41: '10000001' }
    host.send('0210', { ...about, 39: '51' })
    host.send('0430', { ...about, 39: '00' })
    host.send('0210', { ...about, 4: '20000', 39: '10', 38: '004711' })
    await until(() => rig.late.length > 0)
    expect(rig.counted('card host replies: late, no approval')).toBe(1)
    expect(rig.counted('card host replies: late, of a reversal')).toBe(1)
    expect(rig.late[0]?.approval.authCode).toBe('004711')
  })

  it('is late by the clock, though after a stall its timer has not fired yet', async () => {
    const { rig } = await linked()
    const result = rig.gateway.debit(rig.prepared())
    rig.aheadMs = 151
    expect(await result).toMatchObject({ kind: 'unknown', approval: { authCode: '004711' } })
  })

  it('is unknown at once when its only connection ends', async () => {
    const { rig } = await linked({
      faults: [{ fault: { kind: 'act-then-drop' } }],
      timeouts: { cardHostMs: 4_000 },
    })
    const startMs = TIMERS.monotonicMs()
    expect((await rig.gateway.debit(rig.prepared())).kind).toBe('unknown')
    expect(TIMERS.monotonicMs() - startMs).toBeLessThan(2_000)
  })

  it.each([
    ['another amount', { kind: 'wrong-amount', amountRial: 60_000 }],
    ['a partial amount', { kind: 'partial', amountRial: 20_000 }],
  ] as const)('that is approved for %s is unknown with its approval', async (_name, fault) => {
    const { rig } = await faulty(fault)
    const result = await rig.gateway.debit(rig.prepared())
    expect(result).toMatchObject({ kind: 'unknown', approval: { authCode: '004711' } })
  })

  it('is unknown at once when its answer is unreadable behind DE 41', async () => {
    const { rig } = await linked({
      faults: [{ fault: { kind: 'bad-frame' } }],
      timeouts: { cardHostMs: 4_000 },
    })
    const startMs = TIMERS.monotonicMs()
    const result = await rig.gateway.debit(rig.prepared())
    expect(result).toMatchObject({ kind: 'unknown', approval: undefined })
    expect(TIMERS.monotonicMs() - startMs).toBeLessThan(2_000)
    expect(rig.counted('card host frames dropped: unreadable')).toBe(1)
  })

  it('waits until the deadline when its answer is garbage', async () => {
    const { rig } = await faulty({ kind: 'bad-frame', how: 'garbage' })
    const startMs = TIMERS.monotonicMs()
    expect((await rig.gateway.debit(rig.prepared())).kind).toBe('unknown')
    expect(TIMERS.monotonicMs() - startMs).toBeGreaterThanOrEqual(149)
  })

  it('counts a duplicate answer once and takes it for nothing else', async () => {
    const { rig } = await faulty({ kind: 'duplicate' })
    expect((await rig.gateway.debit(rig.prepared())).kind).toBe('approved')
    await until(() => rig.counted('card host replies: duplicate') > 0)
    await pause(20)
    expect(rig.counted('card host replies: duplicate')).toBe(1)
    expect(rig.late).toEqual([])
  })

  it('is not sent when it cannot be built, and no value is told', async () => {
    const { rig, cardHost } = await linked()
    const result = await rig.gateway.debit(rig.prepared({ name: 'فروشگاه نمونه' }))
    expect(result.kind).toBe('not-sent')
    expect(rig.notices.at(-1)?.detail).toMatch(/^bank: DE 43: /)
    expect(cardHost.netDebits()).toEqual([])
  })

  it('is not sent to a host that is unknown here', async () => {
    const { rig } = await linked()
    const trace = { link: 'other', stan: '000001' as Stan, transmission: '0101000000' }
    expect((await rig.gateway.debit(debitOf({ trace }))).kind).toBe('not-sent')
  })
})

describe('a host that refuses connections', () => {
  it('is not ready, and recovers by itself', async () => {
    const { rig, cardHost } = await linked()
    const debit = rig.prepared()
    cardHost.refuseConnections(150)
    await until(() => !rig.gateway.ready('bank'))
    expect(rig.gateway.prepare()).toBeUndefined()
    expect((await rig.gateway.debit(debit)).kind).toBe('not-sent')
    await until(() => rig.gateway.ready('bank'))
    expect((await rig.gateway.debit(rig.prepared())).kind).toBe('approved')
    expect(rig.told).toEqual(['up bank', 'down bank', 'up bank'])
    const alarms = rig.notices.filter(({ level }) => level === 'alarm')
    expect(alarms.map(({ what }) => what)).toEqual(['card host cannot be reached'])
  })

  it('is told each time that it goes away, and once each', async () => {
    const { rig, cardHost } = await linked()
    for (const times of [1, 2]) {
      cardHost.refuseConnections(150)
      await until(() => !rig.gateway.ready('bank'))
      await until(() => rig.gateway.ready('bank'))
      const alarms = rig.notices.filter(({ what }) => what === 'card host cannot be reached')
      expect(alarms).toHaveLength(times)
    }
  })

  it('is passed over for the next one', async () => {
    const { rig, cardHost } = await linked()
    const both = await started([
      { ...SETTINGS, name: 'down', port: 1 },
      { ...SETTINGS, port: cardHost.port },
    ])
    await until(() => both.gateway.ready('bank'))
    expect(both.gateway.prepare()?.link).toBe('bank')
    expect(both.gateway.status()).toEqual([
      { name: 'down', connections: 1, signedOn: 0, keys: 'none' },
      { name: 'bank', connections: 1, signedOn: 1, keys: 'none' },
    ])
    expect(rig.errors).toEqual([])
  })
})

describe('two connections', () => {
  it('take turns, and an answer may come on the other one', async () => {
    const faults: FaultRuleData[] = [{ fault: { kind: 'other-connection' } }]
    const events: CardHostEvent[] = []
    const observe = (event: CardHostEvent) => events.push(event)
    const { rig } = await linked({ faults, observe, settings: { connections: 2 } })
    const debits = [rig.prepared(), rig.prepared()]
    const results = await Promise.all(debits.map((debit) => rig.gateway.debit(debit)))
    expect(results.map(({ kind }) => kind)).toEqual(['approved', 'approved'])
    const purchases = events.filter(({ kind, mti }) => kind === 'request' && mti === '0200')
    expect(new Set(purchases.map(({ connection }) => connection)).size).toBe(2)
  })

  it('carry a reversal on the connection of its 0200', async () => {
    const events: CardHostEvent[] = []
    const observe = (event: CardHostEvent) => events.push(event)
    const { rig } = await linked({ observe, settings: { connections: 2 } })
    const connectionOf = (mti: string) =>
      events.filter((event) => event.kind === 'request' && event.mti === mti).at(-1)?.connection
    for (let turn = 0; turn < 3; turn++) {
      const debit = rig.prepared()
      await rig.gateway.debit(debit)
      const reply = await rig.gateway.reverse(undo(rig, debit), false)
      expect(reply).toEqual({ kind: 'answered', responseCode: '00' })
      expect(connectionOf('0420')).toBe(connectionOf('0200'))
    }
  })

  it('let a debit wait for its answer on the other when its own is gone', async () => {
    const host = await BareHost.start(() => ({ 39: '00' }))
    const rig = await started([{ ...SETTINGS, port: host.port, connections: 2 }], {
      cardHostMs: 3_000,
    })
    await until(() => rig.signedOn() === 2)
    const result = rig.gateway.debit(rig.prepared())
    await until(() => host.seen().includes('0200'))
    const asked = host.messages.at(-1)
    const other = host.channels.find((channel) => channel !== asked?.channel)
    asked?.channel.close('test')
    await until(() => rig.signedOn() === 1)
    const echoed = [7, 11, 41].map((de) => [de, asked?.message.get(de)])
    host.send('0210', { ...Object.fromEntries(echoed), 4: '50000', 39: '00' }, other)
    expect((await result).kind).toBe('approved')
  })
})

describe('a reversal', () => {
  it('is answered 00, and undoes the debit', async () => {
    const { rig, cardHost } = await faulty({ kind: 'act-then-silent' })
    const debit = rig.prepared()
    await rig.gateway.debit(debit)
    const reply = await rig.gateway.reverse(undo(rig, debit), false)
    expect(reply).toEqual({ kind: 'answered', responseCode: '00' })
    expect(cardHost.netDebits()).toEqual([])
    const de90 = `0200${debit.trace.stan}${debit.trace.transmission}0000005810000000000000`
    expect(cardHost.ledger.entries().at(-1)?.de90).toBe(de90)
  })

  it('is answered 25 when there was no debit', async () => {
    const { rig } = await faulty({ kind: 'silent' })
    const debit = rig.prepared()
    await rig.gateway.debit(debit)
    const reply = await rig.gateway.reverse(undo(rig, debit), false)
    expect(reply).toEqual({ kind: 'answered', responseCode: '25' })
  })

  it('is silent when no answer comes', async () => {
    const { rig } = await faulty({ kind: 'act-then-silent' }, { on: 'reversal' })
    const debit = rig.prepared()
    await rig.gateway.debit(debit)
    expect(await rig.gateway.reverse(undo(rig, debit), false)).toEqual({ kind: 'silent' })
    expect(rig.counted('reversals: silent')).toBe(1)
  })

  it('is not sent without a connection, nor when its card number does not open', async () => {
    const { rig, cardHost } = await linked()
    const debit = rig.prepared()
    await rig.gateway.debit(debit)
    const broken = undo(rig, debit, { sealedCard: Buffer.from('?') })
    expect(await rig.gateway.reverse(broken, false)).toEqual({ kind: 'no-card' })
    expect(rig.notices.at(-1)).toMatchObject({ level: 'alarm', saleId: 7 })
    cardHost.refuseConnections(1_000)
    await until(() => !rig.gateway.ready('bank'))
    expect(await rig.gateway.reverse(undo(rig, debit), false)).toEqual({ kind: 'not-sent' })
  })

  it('keeps every field in its repeats, though an approval turned up meanwhile', async () => {
    const host = await BareHost.start(() => ({ 39: '00' }))
    const rig = await started([{ ...SETTINGS, port: host.port }], { cardHostMs: 30 })
    await until(() => rig.gateway.ready('bank'))
    const debit = rig.prepared()
    await rig.gateway.debit(debit)
    const first = undo(rig, debit)
    const approval = { authCode: '004711', hostDate: '1122' }
    const later: OpenReversal = { ...first, approval, wasReopened: true, tries: 1 }
    await rig.gateway.reverse(first, false)
    await rig.gateway.reverse(later, true)
    rig.gateway.forget(debit.trace)
    await rig.gateway.reverse(later, true)
    const sent = host.messages.slice(-3).map(({ message }) => ({
      mti: message.mti,
      fields: message.numbers().map((de) => [de, message.get(de)]),
    }))
    expect(sent.map(({ mti }) => mti)).toEqual(['0420', '0421', '0421'])
    expect(sent[1]?.fields).toEqual(sent[0]?.fields)
    expect(sent[2]?.fields).toEqual(sent[0]?.fields)
  })

  it('that is made afresh for a late approval carries its DE 38 and 15', async () => {
    const host = await BareHost.start(() => ({ 39: '00' }))
    const profile = { ...SETTINGS.profile, lateApproval: 'fresh' as const }
    const rig = await started([{ ...SETTINGS, port: host.port, profile }], { cardHostMs: 30 })
    await until(() => rig.gateway.ready('bank'))
    const debit = rig.prepared()
    const approval = { authCode: '004711', hostDate: '1122' }
    const fresh = undo(rig, debit, { approval, wasReopened: true })
    await rig.gateway.reverse(fresh, false)
    await rig.gateway.reverse(fresh, true)
    for (const { message } of host.messages.slice(-2)) {
      expect([message.get(38), message.get(15)]).toEqual(['004711', '1122'])
    }
  })

  it('for a host that is unknown here is not sent and alarms', async () => {
    const { rig } = await linked()
    const host = { link: 'other', stan: '000001' as Stan, transmission: '0101000000' }
    expect(await rig.gateway.reverse(reversalOf({ host }), true)).toEqual({ kind: 'not-sent' })
    expect(rig.gateway.reversalTrace(host)).toBeUndefined()
    expect(rig.notices.map(({ level }) => level)).toContain('alarm')
  })
})

describe('traces of the time before the start', () => {
  it('are not given to a new sale until they are forgotten', async () => {
    const { rig } = await linked()
    const open = { link: 'bank', stan: '000002' as Stan, transmission: '0101000000' }
    rig.gateway.reopen(open, { stan: '000003' as Stan, transmission: '0101000001' })
    expect(rig.gateway.prepare()?.stan).toBe('000004')
    rig.gateway.forget(open)
    expect(rig.gateway.reversalTrace(open)?.stan).toBe('000005')
  })

  it('are given back to their own card host, of several', async () => {
    const { cardHost } = await linked()
    const both = await started([
      { ...SETTINGS, name: 'down', port: 1 },
      { ...SETTINGS, port: cardHost.port },
    ])
    await until(() => both.gateway.ready('bank'))
    const open = { link: 'bank', stan: '000002' as Stan, transmission: '0101000000' }
    both.gateway.reopen(open)
    both.gateway.forget(open)
    expect(both.gateway.prepare()?.stan).toBe('000002')
  })

  it('are taken again by a reversal that is sent again', async () => {
    const { rig } = await linked()
    const host = { link: 'bank', stan: '000002' as Stan, transmission: '0101000000' }
    const trace = { stan: '000003' as Stan, transmission: '0101000001' }
    await rig.gateway.reverse(reversalOf({ host, trace }), true)
    expect(rig.gateway.prepare()?.stan).toBe('000004')
  })

  it('run out with the numbers, and then nothing is prepared', async () => {
    const { cardHost } = await linked()
    const profile = { ...SETTINGS.profile, signOn: false }
    const settings = { ...SETTINGS, port: cardHost.port, profile }
    const rig = new Rig([{ settings, stans: await stansAfter(0, 0) }])
    rig.gateway.start()
    await until(() => rig.gateway.ready('bank'))
    expect(rig.gateway.prepare()).toBeUndefined()
    await rig.gateway.stop()
  })
})

describe('notices and counts', () => {
  it('hold no card number', async () => {
    const { rig, cardHost } = await faulty({ kind: 'duplicate' })
    await rig.gateway.debit(rig.prepared())
    cardHost.refuseConnections(10)
    await until(() => !rig.gateway.ready('bank'))
    const told = JSON.stringify([rig.notices, [...rig.counts]])
    expect(told).not.toContain(CARD)
    expect(told).not.toContain(OTHER_CARD)
  })
})
