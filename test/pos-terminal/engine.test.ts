// The terminal's operations as its user sees them, against a scripted switch on virtual time.
// How a sale in doubt is brought to its end is tried in settle.test.ts.

import { describe, expect, it } from 'vitest'
import { describeResult } from '../../pos-terminal/command-result.ts'
import {
  CARD,
  HONEST,
  inTurn,
  NO_SALES,
  ONE_SALE,
  ORDER,
  PIN_1,
  type Script,
  type Scripted,
  SETTINGS,
  SOLD,
  sure,
  terminal,
} from './scripted-switch.ts'

describe('a sale that goes well', () => {
  it('is printed once and then confirmed', async () => {
    const { timers, peer, printer, engine } = terminal(HONEST)
    const outcome = await timers.finish(engine.sell(ORDER))
    expect(outcome).toMatchObject({ kind: 'sold', confirmed: 'yes' })
    expect(peer.mtis).toEqual(['0200', '0220'])
    expect(printer.slips).toHaveLength(1)
    expect(printer.slips[0]?.vouchers[0]?.voucherPin.reveal()).toBe(PIN_1)
    expect(printer.slips[0]?.mark).toEqual({ kind: 'original' })
    expect(engine.state.open).toBeNull()
    expect(engine.state.confirmations).toEqual([])
    expect(engine.state.totals).toEqual(ONE_SALE)
  })

  it('repeats the fields of the sale in its confirmation, and adds the RRN', async () => {
    const { timers, peer, engine } = terminal(HONEST)
    await timers.finish(engine.sell(ORDER))
    const [sale, confirmation] = peer.heard.map(({ fields }) => fields)
    for (const de of [3, 4, 11, 12, 13, 41, 42]) expect(confirmation?.[de]).toBe(sale?.[de])
    expect(confirmation?.[37]).toBe('632609000001')
  })

  it('tells in the next sale which receipt came out', async () => {
    const { timers, peer, engine } = terminal(HONEST)
    await timers.finish(engine.sell(ORDER))
    await timers.finish(engine.sell(ORDER))
    expect(peer.heard[0]?.fields[60]).toBe('020100502en')
    expect(peer.heard[2]?.fields[60]).toBe('0106000001020100502en')
    expect(peer.heard[2]?.fields[11]).toBe('000002')
  })

  it('leaves no trace of card or voucher PIN in the store', async () => {
    const { timers, store, engine } = terminal(inTurn('silence', SOLD))
    await timers.finish(engine.sell(ORDER))
    const text = JSON.stringify(store.state)
    expect(text).not.toContain(PIN_1)
    expect(text).not.toContain('6037990000000014')
    expect(text).toContain('603799******0014')
  })

  it('runs one after another when two are asked for at once', async () => {
    const { timers, peer, engine } = terminal(HONEST)
    await timers.finish(Promise.all([engine.sell(ORDER), engine.sell(ORDER)]))
    expect(peer.mtis).toEqual(['0200', '0220', '0200', '0220'])
  })
})

describe('a sale without an answer', () => {
  it('is repeated once, with every field kept, on a fresh connection, and printed', async () => {
    const { timers, peer, printer, engine } = terminal(inTurn('silence', SOLD))
    const outcome = await timers.finish(engine.sell(ORDER))
    expect(outcome).toMatchObject({ kind: 'sold', confirmed: 'yes' })
    expect(peer.mtis).toEqual(['0200', '0201', '0220'])
    expect(peer.heard[1]?.fields).toEqual(peer.heard[0]?.fields)
    expect(peer.heard[1]?.connection).toBe(2)
    expect(peer.heard[1]?.atMs).toBe(SETTINGS.waits.replyMs)
    expect(printer.slips).toHaveLength(1)
  })

  it('is reversed after the second silence: 0400, then 0401 until ended', async () => {
    const script = inTurn('silence', 'silence', 'silence', 'silence', { 39: '00' })
    const { timers, peer, printer, engine } = terminal(script)
    const outcome = await timers.finish(engine.sell(ORDER))
    expect(outcome).toEqual({ kind: 'reversed', responseCode: null })
    expect(peer.mtis).toEqual(['0200', '0201', '0400', '0401', '0401'])
    expect(peer.heard[3]?.fields).toEqual(peer.heard[2]?.fields)
    expect(peer.heard[4]?.fields).toEqual(peer.heard[2]?.fields)
    expect(printer.slips).toEqual([])
    expect(engine.state.open).toBeNull()
    expect(engine.state.totals).toEqual(NO_SALES)
  })

  it('stays unknown while nobody answers, and no new sale is begun', async () => {
    const { timers, peer, engine } = terminal(() => 'silence')
    expect(await timers.finish(engine.sell(ORDER))).toMatchObject({ kind: 'unknown' })
    expect(engine.state.open?.step).toBe('reversing')
    const before = peer.heard.length
    expect(await timers.finish(engine.sell(ORDER))).toMatchObject({ kind: 'blocked' })
    expect(new Set(peer.mtis.slice(before))).toEqual(new Set(['0401']))
    peer.script = HONEST
    const from = peer.heard.length
    expect(await timers.finish(engine.sell(ORDER))).toMatchObject({ kind: 'sold' })
    expect(peer.mtis.slice(from)).toEqual(['0401', '0200', '0220'])
  })

  it('is repeated at once when the connection breaks', async () => {
    const { timers, peer, engine } = terminal(inTurn('close', SOLD))
    expect(await timers.finish(engine.sell(ORDER))).toMatchObject({ kind: 'sold' })
    expect(peer.heard[1]).toMatchObject({ mti: '0201', connection: 2, atMs: 1 })
  })

  it('is repeated when there is a connection again, in the time of its answer', async () => {
    const { timers, peer, engine } = terminal(inTurn('close', SOLD))
    const sold = engine.sell(ORDER)
    timers.after(1, () => {
      peer.reachable = false
    })
    timers.after(7_000, () => {
      peer.reachable = true
    })
    expect(await timers.finish(sold)).toMatchObject({ kind: 'sold' })
    const atMs = 1 + 4 * SETTINGS.waits.pauseMs
    expect(peer.heard[1]).toMatchObject({ mti: '0201', connection: 2, atMs })
  })

  it('is left to be reversed when there is no connection in the time of its repeat', async () => {
    const { timers, peer, engine } = terminal(() => {
      peer.reachable = false
      return 'close'
    })
    expect(await timers.finish(engine.sell(ORDER))).toMatchObject({ kind: 'unknown' })
    expect([peer.mtis, engine.state.open?.step]).toEqual([['0200'], 'reversing'])
    const { replyMs, pauseMs, reversalTries } = SETTINGS.waits
    expect(timers.monotonicMs()).toBeLessThanOrEqual(replyMs + reversalTries * pauseMs)
  })

  it('needs no reversal when no byte ever left', async () => {
    const { timers, peer, engine } = terminal(HONEST)
    peer.reachable = false
    expect(await timers.finish(engine.sell(ORDER))).toMatchObject({ kind: 'not-sent' })
    expect(engine.state.open).toBeNull()
    expect(engine.state.nextStan).toBe(2)
  })

  it('does not take a late answer of the first message for one of the reversal', async () => {
    const { timers, peer, printer, engine } = terminal(() => 'silence')
    const wrong: Script = ({ mti }) => (mti === '0400' ? { 39: '00', 3: '999999' } : 'silence')
    peer.script = wrong
    expect(await timers.finish(engine.sell(ORDER))).toMatchObject({ kind: 'unknown' })
    expect(printer.slips).toEqual([])
  })
})

describe('a refusal', () => {
  it.each(['05', '13', '14', '30', '44', '51', '58', '61', '91', '94'])(
    'with %s ends the sale without a reversal',
    async (code) => {
      const { timers, peer, engine } = terminal(() => ({ 39: code }))
      const outcome = await timers.finish(engine.sell(ORDER))
      expect(outcome).toMatchObject({ kind: 'declined', responseCode: code })
      expect(peer.mtis).toEqual(['0200'])
      expect(engine.state.open).toBeNull()
    },
  )

  it.each(['09', '68', '96'])('with %s is reversed', async (code) => {
    const { timers, peer, engine } = terminal(inTurn({ 39: code }, { 39: '00' }))
    const outcome = await timers.finish(engine.sell(ORDER))
    expect(outcome).toEqual({ kind: 'reversed', responseCode: code })
    expect(peer.mtis).toEqual(['0200', '0400'])
  })

  it.each(['03', '12', '30', '58', '63', '96', '97'])(
    'with %s of the repeat says nothing about the first message: it is reversed',
    async (code) => {
      const { timers, peer, engine } = terminal(inTurn('silence', { 39: code }, { 39: '00' }))
      expect(await timers.finish(engine.sell(ORDER))).toMatchObject({ kind: 'reversed' })
      expect(peer.mtis).toEqual(['0200', '0201', '0400'])
    },
  )

  it('with 30 is understood without the fields that could not be read', async () => {
    const { timers, engine } = terminal(() => ({ 39: '30', 11: '', 12: '', 13: '', 41: '' }))
    const outcome = await timers.finish(engine.sell(ORDER))
    expect(outcome).toMatchObject({ kind: 'declined', responseCode: '30' })
  })

  it('with 13 forgets the catalogue, whose price is out of date', async () => {
    const { timers, store, engine } = terminal(() => ({ 39: '13' }))
    const catalogue = { version: '0012', products: [] }
    store.save({ ...store.state, catalogue })
    await timers.finish(engine.sell(ORDER))
    expect(engine.state.catalogue).toBeNull()
  })
})

describe('a reply that cannot be trusted', () => {
  const bad: [string, Scripted][] = [
    ['a PIN field with a letter', { 39: '00', 62: '010716SN9000171000000000000A6' }],
    ['a PIN field of spaces', { 39: '00', 62: `010716SN90001${' '.repeat(16)}` }],
    ['a PIN field that starts with a space', { 39: '00', 62: '010716SN90001 100000000000016' }],
    ['a PIN field that is too short', { 39: '00', 62: '010716SN90001710000000000001' }],
    ['no vouchers', { 39: '00' }],
    ['two vouchers for one', { 39: '00', 62: `020716SN90001${PIN_1}SN90002${PIN_1}` }],
    ['another amount', { ...SOLD, 4: '000000500000' }],
    ['another STAN', { ...SOLD, 11: '000099' }],
    ['another terminal', { ...SOLD, 41: '10000002' }],
    ['another processing code', { ...SOLD, 3: '170000' }],
    ['another DE 7', { ...SOLD, 7: '1122054431' }],
    ['another time', { ...SOLD, 12: '091431' }],
    ['another date', { ...SOLD, 13: '1123' }],
    ['another merchant', { ...SOLD, 42: '000000000100002' }],
  ]

  it.each(bad)('with %s is neither printed nor confirmed', async (_name, answer) => {
    const { timers, peer, printer, engine } = terminal(({ mti }) =>
      mti.startsWith('02') ? answer : { 39: '00' },
    )
    expect(await timers.finish(engine.sell(ORDER))).toMatchObject({ kind: 'reversed' })
    expect(printer.slips).toEqual([])
    expect(peer.mtis).toEqual(['0200', '0201', '0400'])
  })

  it('may be followed by the true answer of the same connection', async () => {
    const { timers, peer, printer, engine } = terminal(inTurn({ ...SOLD, 11: '000099' }, SOLD))
    expect(await timers.finish(engine.sell(ORDER))).toMatchObject({ kind: 'sold' })
    expect(peer.mtis).toEqual(['0200', '0201', '0220'])
    expect(printer.slips).toHaveLength(1)
  })
})

describe('a confirmation', () => {
  it('answered 25 is told, and counts as a reversal', async () => {
    const { timers, engine } = terminal(inTurn(SOLD, { 39: '25' }))
    const outcome = await timers.finish(engine.sell(ORDER))
    expect(outcome).toMatchObject({ kind: 'sold', confirmed: 'refused' })
    expect(engine.state.totals).toMatchObject({ salesCount: 1, reversalsCount: 1 })
  })

  it.each(['30', '58', '63', '96', '97'])('is owed after %s', async (code) => {
    const { timers, engine } = terminal(inTurn(SOLD, { 39: code }))
    expect(await timers.finish(engine.sell(ORDER))).toMatchObject({ confirmed: 'owed' })
    expect(engine.state.confirmations).toHaveLength(1)
  })
})

describe('a reprint', () => {
  const reprinted = { 39: '00', 48: '02', 62: SOLD[62] ?? '' }

  it('prints the last sale with its number, and confirms nothing', async () => {
    const { timers, peer, printer, engine } = terminal(HONEST)
    await timers.finish(engine.sell(ORDER))
    peer.script = () => reprinted
    expect(await timers.finish(engine.reprint(CARD))).toMatchObject({
      kind: 'reprinted',
      number: 2,
    })
    expect(peer.mtis).toEqual(['0200', '0220', '0100'])
    expect(printer.slips[1]).toMatchObject({ mark: { kind: 'reprint', number: 2 } })
    expect(printer.slips[1]?.sale.amountRial).toBe(50_000)
  })

  it('of a sale it does not remember prints only what the switch tells', async () => {
    const { timers, printer, engine } = terminal(() => reprinted)
    await timers.finish(engine.reprint(CARD))
    expect(printer.slips[0]?.sale).toMatchObject({ amountRial: 0, rrn: '632609000001' })
  })

  it('of another sale than the last one has nothing of the last one on it', async () => {
    const { timers, peer, printer, engine } = terminal(HONEST)
    await timers.finish(engine.sell(ORDER))
    peer.script = () => ({ ...reprinted, 37: '632609000009' })
    await timers.finish(engine.reprint(CARD))
    expect(printer.slips[1]?.sale).toMatchObject({
      ...{ rrn: '632609000009', stan: '', product: '', amountRial: 0, maskedCard: '' },
    })
  })

  it('waits for an earlier sale that is open, and is not asked for', async () => {
    const { timers, peer, engine } = terminal(() => 'silence')
    expect(await timers.finish(engine.sell(ORDER))).toMatchObject({ kind: 'unknown' })
    const heard = peer.mtis.length
    const outcome = await timers.finish(engine.reprint(CARD))
    expect(outcome).toMatchObject({ kind: 'blocked', reason: expect.stringContaining('reversal') })
    expect(describeResult('reprint', outcome).exit).toBe('unknown')
    expect(peer.mtis.slice(heard)).not.toContain('0100')
  })

  it('is refused as the switch refuses it', async () => {
    const { timers, engine } = terminal(() => ({ 39: '57' }))
    const outcome = await timers.finish(engine.reprint(CARD))
    expect(outcome).toEqual({ kind: 'refused', responseCode: '57' })
  })
})

describe('the end of day', () => {
  it('sends the totals and starts anew when they agree', async () => {
    const { timers, peer, engine } = terminal(HONEST)
    await timers.finish(engine.sell(ORDER))
    expect(await timers.finish(engine.endOfDay())).toMatchObject({ kind: 'closed' })
    expect(peer.heard[2]?.fields[48]).toBe(`000001000000050000${'0'.repeat(18)}`)
    expect(engine.state.totals).toEqual(NO_SALES)
  })

  it('without an answer is repeated, kept, and repeated before the next sale', async () => {
    const { timers, peer, engine } = terminal(() => 'silence')
    expect(await timers.finish(engine.endOfDay())).toMatchObject({ kind: 'unknown' })
    expect(peer.mtis).toEqual(['0500', '0501'])
    peer.script = HONEST
    await timers.finish(engine.sell(ORDER))
    expect(peer.mtis).toEqual(['0500', '0501', '0501', '0200', '0220'])
    expect(peer.heard[2]?.fields).toEqual(peer.heard[0]?.fields)
    expect(engine.state.endOfDay).toBeNull()
  })

  it('closes what it named, and not what was sold since it was first sent', async () => {
    const { timers, peer, engine } = terminal(HONEST)
    await timers.finish(engine.sell(ORDER))
    const deaf: Script = (heard, index) =>
      heard.mti.startsWith('05') ? 'silence' : HONEST(heard, index)
    peer.script = deaf
    expect(await timers.finish(engine.endOfDay())).toMatchObject({ kind: 'unknown' })
    expect(await timers.finish(engine.sell(ORDER))).toMatchObject({ kind: 'sold' })
    peer.script = HONEST
    const closed = await timers.finish(engine.endOfDay())
    expect(closed).toEqual({ kind: 'closed', totals: ONE_SALE })
    expect(engine.state.totals).toEqual(ONE_SALE)
  })

  it('that differs shows both sides and keeps counting', async () => {
    const figures = `000002000000100000${'0'.repeat(18)}`
    const { timers, peer, engine } = terminal(HONEST)
    await timers.finish(engine.sell(ORDER))
    peer.script = () => ({ 39: '95', 48: figures })
    const outcome = await timers.finish(engine.endOfDay())
    expect(outcome).toMatchObject({ kind: 'differs', theirs: { salesCount: 2 } })
    expect(engine.state.totals).toEqual(ONE_SALE)
    await engine.startNewPeriod()
    expect(engine.state.totals).toEqual(NO_SALES)
  })
})

describe('what a terminal asks without selling', () => {
  it('reads a catalogue of two pages', async () => {
    const pages = ['0012010209190500000005000010MCI 50,000', '0012020209350200000002000014ایرانسل']
    const { timers, peer, engine } = terminal(({ fields }) => ({
      39: '00',
      62: sure(pages[Number(fields[48]) - 1]),
    }))
    const outcome = await timers.finish(engine.initialise())
    expect(outcome).toMatchObject({ kind: 'initialised' })
    expect(peer.heard.map(({ fields }) => fields[48])).toEqual(['01', '02'])
    expect(engine.state.catalogue?.products).toEqual([
      { product: '091905', priceRial: 50_000, name: 'MCI 50,000' },
      { product: '093502', priceRial: 20_000, name: 'ایرانسل' },
    ])
  })

  it('does not mix two versions of the catalogue', async () => {
    const { timers, engine } = terminal(({ fields }) => ({
      39: '00',
      62: `001${fields[48]?.slice(1)}${fields[48]}02`,
    }))
    expect(await timers.finish(engine.initialise())).toMatchObject({ kind: 'no-answer' })
    expect(engine.state.catalogue).toBeNull()
  })

  it('inquires about an earlier sale and echoes', async () => {
    const { timers, engine } = terminal(({ mti }) => (mti === '0100' ? SOLD : { 39: '00' }))
    const asked = engine.inquire({ stan: '000017', time: '091430', date: '1122' })
    expect(await timers.finish(asked)).toMatchObject({ responseCode: '00', rrn: '632609000001' })
    expect(await timers.finish(engine.echo())).toEqual({ kind: 'answered', responseCode: '00' })
  })
})

describe('the STAN', () => {
  it('wraps from 999999 to 1', async () => {
    const { timers, peer, store, engine } = terminal(HONEST)
    store.save({ ...store.state, nextStan: 999_999 })
    await timers.finish(engine.sell(ORDER))
    await timers.finish(engine.sell(ORDER))
    expect(peer.heard.map(({ fields }) => fields[11])).toEqual([
      '999999',
      '999999',
      '000001',
      '000001',
    ])
  })
})
