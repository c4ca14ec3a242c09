// A terminal with keys at work: when it logs on, what it believes, and that no sale is repeated
// across a logon.

import { describe, expect, it } from 'vitest'
import { CardPin, PinBlock } from '../../protocol/values/card.ts'
import { Pan } from '../../protocol/values/pan.ts'
import { good } from '../protocol/security/test-module.ts'
import { keyed, NO_MAC, SwitchKeys, said, sells } from './keyed-switch.ts'
import { type Heard, ORDER, PIN_1, type Script, type Scripted } from './scripted-switch.ts'

const SCHEMES = ['tdes', 'aes'] as const
const ZEROS = { 64: '0000000000000000' }

describe.each(SCHEMES)('a terminal with keys of scheme %s', (scheme) => {
  it('logs on before its first message, and sells', async () => {
    const { timers, peer, printer, engine, store } = keyed(scheme, sells)
    const outcome = await timers.finish(engine.sell(ORDER))
    expect(outcome).toMatchObject({ kind: 'sold', confirmed: 'yes' })
    expect(said(peer.heard)).toEqual(['logon', '0200', '0220'])
    expect(printer.slips[0]?.vouchers[0]?.voucherPin.reveal()).toBe(PIN_1)
    expect(JSON.stringify(store.state)).not.toContain(PIN_1)
    const [logon, sale] = peer.heard
    expect(logon?.fields).toMatchObject({ 3: '920000', 24: '001', 60: '0411PX7-0099812' })
    expect(logon?.fields).not.toHaveProperty('64')
    expect(sale?.fields[64]).toMatch(/^[0-9A-F]{16}$/)
    // The sale is not older than the logon: its repeat would be refused.
    expect(Number(sale?.fields[7])).toBeGreaterThanOrEqual(Number(logon?.fields[7]))
    expect(sale?.fields[11]).not.toBe(logon?.fields[11])
  })

  it('keeps its session over a restart', async () => {
    const { timers, peer, start, engine, printer } = keyed(scheme, sells)
    await timers.finish(engine.logOn())
    const restarted = start()
    expect(await timers.finish(restarted.sell(ORDER))).toMatchObject({ kind: 'sold' })
    expect(said(peer.heard)).toEqual(['logon', '0200', '0220'])
    expect(printer.slips).toHaveLength(1)
  })

  it('repeats a sale under the same session, with the same PIN block', async () => {
    const silentOnce = (keys: SwitchKeys): Script => {
      const honest = sells(keys)
      return (heard, index) => (heard.mti === '0200' ? 'silence' : honest(heard, index))
    }
    const { timers, peer, engine, keys } = keyed(scheme, silentOnce)
    const cardPin = good(CardPin.parse('1234'))
    expect(await timers.finish(engine.sell({ ...ORDER, cardPin }))).toMatchObject({ kind: 'sold' })
    expect(said(peer.heard)).toEqual(['logon', '0200', '0201', '0220'])
    const { 64: mac, ...sale } = fieldsOf(peer.heard[1])
    const { 64: otherMac, ...repeat } = fieldsOf(peer.heard[2])
    expect(repeat).toEqual(sale)
    expect(otherMac).not.toBe(mac)
    const [field, other] = scheme === 'aes' ? [61, 52] : [52, 61]
    expect(sale).not.toHaveProperty(String(other))
    const block = new PinBlock(sale[field] ?? '')
    const pinKey = keys.current?.pinKey
    if (pinKey === undefined) throw new Error('no session')
    const opened = keys.module.decipherPin(pinKey, block, good(Pan.parse('6037990000000014')))
    expect(good(opened).reveal()).toBe('1234')
  })

  it.each([
    ['no MAC', NO_MAC],
    ['a wrong MAC', ZEROS],
  ])('takes an approval with %s for silence: repeated, reversed', async (_what, mac) => {
    const forged =
      (keys: SwitchKeys): Script =>
      ({ mti }) =>
        mti === '0200' || mti === '0201'
          ? { 38: '004711', 39: '00', 62: keys.voucherField(), ...mac }
          : { 39: '00' }
    const { timers, peer, engine, printer } = keyed(scheme, forged)
    const startMs = timers.monotonicMs()
    expect(await timers.finish(engine.sell(ORDER))).toMatchObject({ kind: 'reversed' })
    expect(said(peer.heard)).toEqual(['logon', '0200', '0201', '0400'])
    expect(timers.monotonicMs() - startMs).toBeGreaterThanOrEqual(90_000)
    expect(printer.slips).toEqual([])
  })

  it('believes no end of a reversal without a MAC', async () => {
    let reversals = 0
    const script =
      (keys: SwitchKeys): Script =>
      (heard, index) => {
        if (heard.mti === '0200' || heard.mti === '0201') return 'silence'
        reversals += 1
        return reversals === 1 ? { 39: '00', ...NO_MAC } : sells(keys)(heard, index)
      }
    const { timers, peer, engine } = keyed(scheme, script)
    expect(await timers.finish(engine.sell(ORDER))).toMatchObject({ kind: 'reversed' })
    expect(said(peer.heard)).toEqual(['logon', '0200', '0201', '0400', '0401'])
  })

  it.each([
    ['97', NO_MAC],
    ['63', NO_MAC],
  ])('with %s to a sale logs on and reverses it, at once', async (code, mac) => {
    const script =
      (): Script =>
      ({ mti }) =>
        mti === '0200' ? { 39: code, ...mac } : { 39: '00' }
    const { timers, peer, engine, store } = keyed(scheme, script)
    const startMs = timers.monotonicMs()
    const outcome = await timers.finish(engine.sell(ORDER))
    expect(outcome).toEqual({ kind: 'reversed', responseCode: null })
    expect(said(peer.heard)).toEqual(['logon', '0200', 'logon', '0400'])
    expect(peer.heard[3]?.connection).not.toBe(peer.heard[1]?.connection)
    expect(timers.monotonicMs() - startMs).toBeLessThan(5_000)
    expect(store.state.open).toBeNull()
  })

  it('with 97 to the repeat of a sale logs on and reverses it', async () => {
    const script =
      (): Script =>
      ({ mti }) => {
        if (mti === '0200') return 'silence'
        return mti === '0201' ? { 39: '97', ...NO_MAC } : { 39: '00' }
      }
    const { timers, peer, engine } = keyed(scheme, script)
    expect(await timers.finish(engine.sell(ORDER))).toMatchObject({ kind: 'reversed' })
    expect(said(peer.heard)).toEqual(['logon', '0200', '0201', 'logon', '0400'])
  })

  it('is not moved by 97 with a MAC that is wrong', async () => {
    const script =
      (keys: SwitchKeys): Script =>
      (heard, index) =>
        heard.mti === '0200' ? { 39: '97', ...ZEROS } : sells(keys)(heard, index)
    const { timers, peer, engine } = keyed(scheme, script)
    expect(await timers.finish(engine.sell(ORDER))).toMatchObject({ kind: 'sold' })
    expect(said(peer.heard)).toEqual(['logon', '0200', '0201', '0220'])
  })

  it('logs on again when the switch has lost its keys, and sells', async () => {
    const { timers, peer, engine, keys, printer } = keyed(scheme, sells)
    await timers.finish(engine.logOn())
    keys.current = undefined
    expect(await timers.finish(engine.echo())).toMatchObject({ kind: 'no-answer' })
    expect(await timers.finish(engine.sell(ORDER))).toMatchObject({ kind: 'sold' })
    expect(said(peer.heard)).toEqual(['logon', '0800', 'logon', '0200', '0220'])
    expect(printer.slips[0]?.vouchers[0]?.voucherPin.reveal()).toBe(PIN_1)
  })

  it('repeats a confirmation across a logon', async () => {
    let advices = 0
    const script =
      (keys: SwitchKeys): Script =>
      (heard, index) => {
        if (heard.mti !== '0220') return sells(keys)(heard, index)
        advices += 1
        return { 39: '97', ...NO_MAC }
      }
    const { timers, peer, engine } = keyed(scheme, script)
    expect(await timers.finish(engine.sell(ORDER))).toMatchObject({ confirmed: 'yes' })
    expect(said(peer.heard)).toEqual(['logon', '0200', '0220', 'logon', '0221'])
    expect(advices).toBe(1)
  })

  it('reverses a sale whose PIN field opens under no key', async () => {
    const foreign = new SwitchKeys(scheme)
    foreign.logon()
    const script =
      (): Script =>
      ({ mti }) => {
        const field = foreign.voucherField('12345678')
        return mti === '0200' || mti === '0201'
          ? { 38: '004711', 39: '00', 62: field }
          : { 39: '00' }
      }
    const { timers, peer, engine, printer, store } = keyed(scheme, script)
    expect(await timers.finish(engine.sell(ORDER))).toMatchObject({ kind: 'reversed' })
    expect(said(peer.heard)).toEqual(['logon', '0200', '0201', '0400'])
    expect(printer.slips).toEqual([])
    expect(store.state.totals).toMatchObject({ salesCount: 1, reversalsCount: 1 })
  })
})

describe('a logon', () => {
  const cases: [string, Scripted, object][] = [
    ['refused', { 39: '58', ...NO_MAC }, { kind: 'refused', responseCode: '58' }],
    ['silent', 'silence', { kind: 'no-answer', reason: 'no answer in time' }],
    [
      'with keys of another master key',
      { 39: '00', 62: new SwitchKeys('tdes').logon(), ...NO_MAC },
      { kind: 'no-answer', reason: 'its keys do not open under the master key' },
    ],
    [
      'without keys',
      { 39: '00', ...NO_MAC },
      { kind: 'no-answer', reason: 'its keys do not open under the master key' },
    ],
    [
      'for another terminal',
      { 39: '00', 41: '10000002', ...NO_MAC },
      { kind: 'no-answer', reason: 'no answer in time' },
    ],
  ]
  it.each(cases)('that is %s begins no sale', async (_what, answer, outcome) => {
    const { timers, peer, engine, logons, store } = keyed('aes', sells)
    logons.answer = answer
    expect(await timers.finish(engine.logOn())).toEqual(outcome)
    expect(await timers.finish(engine.sell(ORDER))).toMatchObject({ kind: 'not-sent' })
    expect(said(peer.heard)).toEqual(['logon', 'logon'])
    expect(store.state.open).toBeNull()
    logons.answer = undefined
    expect(await timers.finish(engine.sell(ORDER))).toMatchObject({ kind: 'sold' })
  })

  it('that fails leaves a reversal open, and the next one ends it', async () => {
    const script =
      (): Script =>
      ({ mti }) =>
        mti === '0200' ? { 39: '97', ...NO_MAC } : { 39: '00' }
    const { timers, peer, engine, logons } = keyed('tdes', script)
    await timers.finish(engine.logOn())
    logons.answer = { 39: '96', ...NO_MAC }
    const outcome = await timers.finish(engine.sell(ORDER))
    expect(outcome).toEqual({ kind: 'unknown', reason: 'reversal: logon refused with 96' })
    logons.answer = undefined
    expect(await timers.finish(engine.clearQueue())).toEqual({ kind: 'reversed' })
    // Nothing of the reversal had been sent before.
    expect(said(peer.heard).slice(-2)).toEqual(['logon', '0400'])
  })

  it.each([
    ['092931', '1122', ['the clock of the terminal is 15 minutes behind that of the switch']],
    ['085930', '1122', ['the clock of the terminal is 15 minutes ahead of that of the switch']],
    ['091800', '1122', []],
    ['999999', '1122', []],
  ])('with the time %s of %s warns of the clock', async (time, date, expected) => {
    const { timers, engine, keys, logons, warnings } = keyed('aes', sells)
    logons.answer = { 12: time, 13: date, 39: '00', 62: keys.logon(), ...NO_MAC }
    expect(await timers.finish(engine.logOn())).toEqual({ kind: 'logged-on' })
    expect(warnings).toEqual(expected)
  })
})

function fieldsOf(heard: Heard | undefined) {
  if (heard === undefined) throw new Error('nothing was heard')
  return heard.fields
}
