// One card host as its messages name terminals, PINs and answers, and what is told of its
// connections.

import { afterEach, describe, expect, it } from 'vitest'
import { PinBlock } from '../../protocol/values/card.ts'
import type { Stan, TerminalId } from '../../protocol/values/identifiers.ts'
import type { Key } from '../../protocol/values/key.ts'
import {
  BareHost,
  linked,
  Rig,
  reversalOf,
  SETTINGS,
  stansAfter,
  started,
  stopAll,
  sure,
  until,
} from './rig.ts'

afterEach(stopAll)

describe('a debit', () => {
  it('is approved at a terminal whose name is shorter than DE 41, and reversed', async () => {
    const { rig, cardHost } = await linked()
    const debit = rig.prepared({ tid: 'T1' })
    expect((await rig.gateway.debit(debit)).kind).toBe('approved')
    const trace = sure(rig.gateway.reversalTrace(debit.trace))
    const reversal = reversalOf({ host: debit.trace, trace, tid: 'T1' as TerminalId })
    expect(await rig.gateway.reverse(reversal, false)).toMatchObject({ responseCode: '00' })
    expect(cardHost.netDebits()).toEqual([])
  })

  it('whose PIN the link has no key for is not sent without it', async () => {
    const { rig, cardHost } = await linked()
    const block = new PinBlock('0123456789ABCDEF')
    const enteredPin = { block, key: {} as Key, keySerialNumber: undefined }
    const result = await rig.gateway.debit(rig.prepared({ card: { enteredPin } }))
    expect(result.kind).toBe('not-sent')
    expect(cardHost.netDebits()).toEqual([])
    expect(rig.notices.at(-1)).toMatchObject({ what: 'a PIN block cannot be translated' })
  })

  it('is not approved by an answer for another terminal', async () => {
    const host = await BareHost.start(() => ({ 39: '00' }))
    const rig = await started([{ ...SETTINGS, port: host.port }], { cardHostMs: 60 })
    await until(() => rig.gateway.ready('bank'))
    const debit = rig.prepared()
    const result = rig.gateway.debit(debit)
    await until(() => host.messages.some(({ message }) => message.mti === '0200'))
    const { stan, transmission } = debit.trace
    const amount = String(debit.request.content.amount).padStart(12, '0')
    const answer = { 3: '000000', 4: amount, 7: transmission, 11: stan, 39: '00' }
    host.send('0210', { ...answer, 41: '10000002' })
    expect(await result).toMatchObject({ kind: 'unknown', approval: undefined })
  })

  it('that is declined and then approved is told as late: the card was debited', async () => {
    const host = await BareHost.start(() => ({ 39: '00' }))
    const rig = await started([{ ...SETTINGS, port: host.port }])
    await until(() => rig.signedOn() === 1)
    const debit = rig.prepared()
    const result = rig.gateway.debit(debit)
    await until(() => host.messages.some(({ message }) => message.mti === '0200'))
    const { stan, transmission } = debit.trace
    const { tid } = debit.request.identity.terminal
    const amount = String(debit.request.content.amount).padStart(12, '0')
    const answer = { 3: '000000', 4: amount, 7: transmission, 11: stan, 41: tid.padEnd(8) }
    host.send('0210', { ...answer, 39: '51' })
    host.send('0210', { ...answer, 38: '004711', 39: '00' })
    expect(await result).toEqual({ kind: 'declined', responseCode: '51' })
    await until(() => rig.late.length === 1)
  })
})

describe('a reversal', () => {
  /** The newest message of a host that does not answer. */
  async function silentHost(connections = 1) {
    const host = await BareHost.start(() => ({ 39: '00' }))
    const rig = await started([{ ...SETTINGS, port: host.port, connections }], {
      ...{ cardHostMs: 30, dialBackoffFirstMs: 5_000, dialBackoffMaxMs: 5_000 },
    })
    await until(() => rig.signedOn() === connections)
    return { host, rig }
  }

  it('says of the approval what was known when it is sent first, however late that is', async () => {
    const { host, rig } = await silentHost()
    const debit = rig.prepared()
    await rig.gateway.debit(debit)
    const approval = { authCode: '004711', hostDate: '1122' }
    const reopened = { approval, wasReopened: true, host: debit.trace }
    await rig.gateway.reverse(reversalOf(reopened), false)
    await until(() => host.seen().includes('0420'))
    expect(host.messages.at(-1)?.message.get(38)).toBe('004711')
  })

  it('names the acquirer that its 0200 named, whatever the setting says since', async () => {
    const { host, rig } = await silentHost()
    const { trace } = rig.prepared()
    expect(trace.acquirerId).toBe(SETTINGS.acquirerId)
    const acquirers = async (acquirerId: string | undefined) => {
      await rig.gateway.reverse(reversalOf({ host: { ...trace, acquirerId } }), false)
      await until(() => host.seen().includes('0420'))
      const { message } = sure(host.messages.at(-1))
      return [message.get(32), message.get(90)?.slice(20, 31)]
    }
    expect(await acquirers('90000')).toEqual(['90000', '00000090000'])
    // A sale from before it was kept.
    expect(await acquirers(undefined)).toEqual(['58100', '00000058100'])
  })

  it('keeps what it said in its repeats though another reversal has ended meanwhile', async () => {
    const { host, rig } = await silentHost()
    const [debit, other] = [rig.prepared(), rig.prepared()]
    await rig.gateway.debit(debit)
    const approval = { authCode: '004711', hostDate: '1122' }
    const trace = sure(rig.gateway.reversalTrace(debit.trace))
    const about = { host: debit.trace, trace }
    await rig.gateway.reverse(reversalOf({ ...about, approval, wasReopened: true }), false)
    rig.gateway.forget(other.trace)
    await rig.gateway.reverse(reversalOf({ ...about, approval, wasReopened: true }), true)
    await until(() => host.seen().includes('0421'))
    expect(host.messages.at(-1)?.message.get(38)).toBe('004711')
  })

  it('has its own place beside the sales: as many as are taken keep no 0420 back', async () => {
    const host = await BareHost.start(() => ({ 39: '00' }))
    const hosts = [{ settings: { ...SETTINGS, port: host.port }, stans: await stansAfter(0) }]
    const limits = { inFlightSales: 1, reversalsInParallel: 1 }
    const rig = new Rig(hosts, { cardHostMs: 60 }, undefined, limits)
    rig.gateway.start()
    await until(() => rig.gateway.ready('bank'))
    const debited = rig.gateway.debit(rig.prepared())
    expect(await rig.gateway.reverse(reversalOf(), false)).toEqual({ kind: 'silent' })
    await debited
    await until(() => host.messages.length === 3)
    expect(host.seen()).toEqual(['0800 001', '0200', '0420'])
    await rig.gateway.stop()
  })

  it('goes out on the connection of its 0200, though many others went out since', async () => {
    const { host, rig } = await silentHost(2)
    const debits = Array.from({ length: 21 }, () => rig.prepared())
    await Promise.all(debits.map((debit) => rig.gateway.debit(debit)))
    const [first] = debits
    await rig.gateway.reverse(reversalOf({ host: sure(first?.trace) }), false)
    await until(() => host.seen().includes('0420'))
    const own = host.messages.find(({ message }) => message.get(11) === first?.trace.stan)
    expect(own?.message.mti).toBe('0200')
    const reversed = host.messages.find(({ message }) => message.mti === '0420')
    expect(reversed?.channel).toBe(own?.channel)
  })

  it('goes out on another connection when that of its 0200 is gone', async () => {
    const { host, rig } = await silentHost(2)
    const debit = rig.prepared()
    await rig.gateway.debit(debit)
    host.messages.find(({ message }) => message.mti === '0200')?.channel.close('it goes')
    await until(() => rig.signedOn() === 1)
    const reply = await rig.gateway.reverse(reversalOf({ host: debit.trace }), false)
    expect(reply).toEqual({ kind: 'silent' })
    expect(host.seen().at(-1)).toBe('0420')
  })

  it('does not make a second copy of the approval a late one', async () => {
    const { rig, cardHost } = await linked()
    const debit = rig.prepared()
    cardHost.faults = [{ fault: { kind: 'duplicate', ms: 150 } } as never]
    expect((await rig.gateway.debit(debit)).kind).toBe('approved')
    await rig.gateway.reverse(reversalOf({ host: debit.trace }), false)
    await until(() => rig.counted('card host replies: duplicate') > 0)
    expect(rig.late).toEqual([])
  })

  it('whose card number is opened with an error is not sent, and the error is told', async () => {
    const { rig } = await linked()
    const debit = rig.prepared()
    rig.openCard = () => {
      throw new Error('a bug')
    }
    const reply = await rig.gateway.reverse(reversalOf({ host: debit.trace }), false)
    expect(reply).toEqual({ kind: 'not-sent' })
    expect(rig.errors).toEqual([new Error('a bug')])
  })

  it('has its card number opened as that of its sale', async () => {
    const { rig } = await linked()
    const asked: number[] = []
    rig.openCard = (_sealed, saleId) => {
      asked.push(saleId)
      return undefined
    }
    await rig.gateway.reverse(reversalOf({ id: 77, host: rig.prepared().trace }), false)
    expect(asked).toEqual([77])
    expect(rig.notices.at(-1)).toMatchObject({ level: 'alarm', saleId: 77 })
  })
})

describe('a late answer', () => {
  it('of a code that the profile does not know tells of no approval', async () => {
    const host = await BareHost.start(() => ({ 39: '00' }))
    const rig = await started([{ ...SETTINGS, port: host.port }])
    await until(() => rig.gateway.ready('bank'))
    host.send('0210', { 7: '1122054431', 11: '004201', 41: '10000001', 39: '96' })
    await until(() => rig.counted('card host replies: late, no approval') === 1)
    expect(rig.late).toEqual([])
  })
})

describe('numbers', () => {
  /** Notes which numbers come free. */
  async function numbered() {
    const freed: string[] = []
    const stans = await stansAfter(0)
    const close = stans.close.bind(stans)
    stans.close = (stan) => {
      freed.push(stan)
      close(stan)
    }
    const host = await BareHost.start(() => ({ 39: '00' }))
    const rig = new Rig([{ settings: { ...SETTINGS, port: host.port }, stans }])
    rig.gateway.start()
    await until(() => rig.gateway.ready('bank'))
    return { rig, freed }
  }

  it('of the sign-on, of a sale and of its reversal come free when they are over', async () => {
    const { rig, freed } = await numbered()
    expect(freed).toEqual(['000001'])
    const sale = sure(rig.gateway.prepare())
    const { stan } = sure(rig.gateway.reversalTrace(sale))
    rig.gateway.forget(sale)
    expect(freed).toEqual(['000001', sale.stan, stan])
    await rig.gateway.stop()
  })

  it('are kept for reversals: a host with too many of them open is given no new sale', async () => {
    const { rig } = await numbered()
    const sales = Array.from({ length: 200_000 }, (_, n) => {
      const stan = String(2 * n + 100_000).padStart(6, '0') as Stan
      return { link: 'bank', stan, transmission: '0101000000' }
    })
    for (const sale of sales) {
      const own = String(Number(sale.stan) + 1).padStart(6, '0') as Stan
      rig.gateway.reopen(sale, { stan: own, transmission: '0101000001' })
    }
    const told = () => rig.notices.filter(({ what }) => what.startsWith('too many reversals'))
    for (let n = 0; n < 2; n++) expect(rig.gateway.prepare()).toBeUndefined()
    expect(told()).toHaveLength(1)
    const [last] = sales
    if (last !== undefined) rig.gateway.forget(last)
    expect(rig.gateway.prepare()).toBeDefined()
    await rig.gateway.stop()
  })

  it('of a sale and its reversal from before the start come free when both are over', async () => {
    const { rig, freed } = await numbered()
    const sale = { link: 'bank', stan: '000700' as Stan, transmission: '0101000000' }
    rig.gateway.reopen(sale, { stan: '000701' as Stan, transmission: '0101000001' })
    rig.gateway.forget(sale)
    expect(freed.slice(1)).toEqual(['000700', '000701'])
    await rig.gateway.stop()
  })
})

describe('two card hosts', () => {
  it('are ready each by itself, and a stop waits for the farewell of either', async () => {
    const host = await BareHost.start(() => ({ 39: '00' }))
    const rig = await started([
      { ...SETTINGS, port: host.port },
      { ...SETTINGS, name: 'down', port: 1 },
    ])
    await until(() => rig.gateway.ready('bank'))
    expect(rig.gateway.ready('down')).toBe(false)
    await rig.gateway.stop()
    expect(host.seen()).toEqual(['0800 001', '0800 002'])
  })
})

describe('two connections', () => {
  it('are not told to be down while one of them is left', async () => {
    const host = await BareHost.start(() => ({ 39: '00' }))
    const rig = await started([{ ...SETTINGS, port: host.port, connections: 2 }], {
      dialBackoffFirstMs: 5_000,
      dialBackoffMaxMs: 5_000,
    })
    await until(() => rig.signedOn() === 2)
    host.channels[0]?.close('one goes')
    await until(() => rig.signedOn() === 1)
    expect(rig.told).toEqual(['up bank'])
    expect(rig.gateway.ready('bank')).toBe(true)
    const lost = { level: 'warn', what: 'card host connection lost' }
    expect(rig.notices.slice(1)).toEqual([{ ...lost, detail: 'bank: closed by the peer' }])
    host.channels[1]?.close('the other goes')
    await until(() => rig.signedOn() === 0)
    expect(rig.told).toEqual(['up bank', 'down bank'])
  })

  it('one of which is being closed carry every debit on the other', async () => {
    const host = await BareHost.start(() => ({ 39: '00' }))
    const settings = { ...SETTINGS, port: host.port, connections: 2 }
    const rig = await started([settings], { cardHostMs: 60 })
    await until(() => rig.signedOn() === 2)
    const debits = [rig.prepared(), rig.prepared()]
    const results = new Promise((resolve) => {
      const set = rig.counts.set.bind(rig.counts)
      rig.counts.set = (name, count) => {
        const isLast = name === 'card host frames dropped: unreadable' && count === 5
        // It is closed for this one, and has not ended yet.
        const ask = () => resolve(Promise.all(debits.map((debit) => rig.gateway.debit(debit))))
        if (isLast) queueMicrotask(ask)
        return set(name, count)
      }
    })
    for (let times = 0; times < 5; times++) host.channels[0]?.send(Buffer.from('?'))
    const unanswered = { kind: 'unknown', why: 'not answered in time' }
    expect(await results).toMatchObject([unanswered, unanswered])
  })
})
