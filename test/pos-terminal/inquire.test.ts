// Reprints and the catalogue where the switch does not say what was asked: what is not certain is
// neither printed nor kept.

import { expect, it } from 'vitest'
import { CARD, HONEST, ORDER, PIN_1, SOLD, terminal } from './scripted-switch.ts'

const REPRINTED = { 39: '00', 48: '01', 62: SOLD[62] ?? '' }

it('a reprint that does not come out is not said to be printed', async () => {
  const { timers, printer, engine } = terminal(() => REPRINTED)
  printer.outcomes = ['none', 'partly']
  for (const partly of [false, true]) {
    expect(await timers.finish(engine.reprint(CARD))).toEqual({ kind: 'not-printed', partly })
  }
})

it('a reprint of another number of vouchers has nothing of the last sale on it', async () => {
  const { timers, peer, printer, engine } = terminal(HONEST)
  await timers.finish(engine.sell(ORDER))
  peer.script = () => ({ ...REPRINTED, 37: '', 62: `020716SN90001${PIN_1}SN90002${PIN_1}` })
  await timers.finish(engine.reprint(CARD))
  expect(printer.slips[1]?.sale).toMatchObject({ stan: '', count: 2, amountRial: 0 })
})

it('a page of the catalogue that was not asked for is not taken for the one that was', async () => {
  const first = '0012010209190500000005000010MCI 50,000'
  const { timers, engine } = terminal(() => ({ 39: '00', 62: first }))
  expect(await timers.finish(engine.initialise())).toMatchObject({
    ...{ kind: 'no-answer', reason: 'catalogue page 2 is not readable' },
  })
  expect(engine.state.catalogue).toBeNull()
})

it('a reprint without an RRN is of the last sale, when it has as many vouchers', async () => {
  const { timers, peer, printer, engine } = terminal(HONEST)
  await timers.finish(engine.sell(ORDER))
  peer.script = () => ({ ...REPRINTED, 37: '' })
  await timers.finish(engine.reprint(CARD))
  expect(printer.slips[1]?.sale).toMatchObject({ stan: '000001', amountRial: 50_000 })
})
