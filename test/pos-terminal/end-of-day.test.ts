// Ends of day that the switch does not close: what is kept to be repeated, what is forgotten, and
// which totals are shown, and what a period begins with that follows one closed by a person.

import { describe, expect, it } from 'vitest'
import { HONEST, NO_SALES, ONE_SALE, ORDER, type Script, terminal } from './scripted-switch.ts'

/** Sells, and answers ends of day with the code. */
const dayEnds =
  (code: string | undefined): Script =>
  (heard, index) => {
    if (!heard.mti.startsWith('05')) return HONEST(heard, index)
    return code === undefined ? 'silence' : { 39: code }
  }

it('one that was refused at first is forgotten, and the next has the totals of then', async () => {
  const { timers, peer, engine } = terminal(dayEnds('96'))
  const refused = await timers.finish(engine.endOfDay())
  expect(refused).toEqual({ kind: 'refused', responseCode: '96' })
  expect(engine.state.endOfDay).toBeNull()
  peer.script = HONEST
  await timers.finish(engine.sell(ORDER))
  expect(await timers.finish(engine.endOfDay())).toEqual({ kind: 'closed', totals: ONE_SALE })
  expect(peer.mtis).toEqual(['0500', '0200', '0220', '0500'])
})

it('a repeat that was refused unseen is repeated again: the first may have closed', async () => {
  const { timers, peer, engine } = terminal(dayEnds(undefined))
  await timers.finish(engine.endOfDay())
  peer.script = dayEnds('96')
  expect(await timers.finish(engine.endOfDay())).toMatchObject({ kind: 'refused' })
  peer.script = HONEST
  expect(await timers.finish(engine.endOfDay())).toMatchObject({ kind: 'closed' })
  expect(peer.mtis).toEqual(['0500', '0501', '0501', '0501'])
})

it('one that differs shows the totals that it named, whatever was sold since', async () => {
  const { timers, peer, engine } = terminal(dayEnds(undefined))
  await timers.finish(engine.sell(ORDER))
  await timers.finish(engine.endOfDay())
  await timers.finish(engine.sell(ORDER))
  peer.script = dayEnds('95')
  const differs = await timers.finish(engine.endOfDay())
  expect(differs).toMatchObject({ kind: 'differs', ours: ONE_SALE })
  expect(engine.state.totals).toMatchObject({ salesCount: 2, salesRial: 100_000 })
})

it('one that agrees closes what was reversed as well as what was sold', async () => {
  const unprintable: Script = ({ mti }) => ({ 39: '00', ...(mti < '0220' && { 62: '01' }) })
  const { timers, peer, engine } = terminal(unprintable)
  expect(await timers.finish(engine.sell(ORDER))).toMatchObject({ kind: 'reversed' })
  peer.script = HONEST
  expect(await timers.finish(engine.endOfDay())).toMatchObject({ kind: 'closed' })
  expect(peer.heard.at(-1)?.fields[48]).toBe('000001000000050000'.repeat(2))
  expect(engine.state.totals).toEqual(NO_SALES)
})

describe('a period that follows one closed by a person', () => {
  const TWO_SALES = { ...NO_SALES, salesCount: 2, salesRial: 100_000 }

  it('begins with what was sold since the end of day that differed', async () => {
    const { timers, peer, engine } = terminal(dayEnds('95'))
    await timers.finish(engine.sell(ORDER))
    expect(await timers.finish(engine.endOfDay())).toMatchObject({ kind: 'differs' })
    await timers.finish(engine.sell(ORDER))
    expect(await timers.finish(engine.startNewPeriod())).toEqual({ kind: 'begun' })
    expect(engine.state.totals).toEqual(ONE_SALE)
    peer.script = HONEST
    expect(await timers.finish(engine.endOfDay())).toEqual({ kind: 'closed', totals: ONE_SALE })
  })

  it('leaves behind what the last of several claimed, which closes those before it', async () => {
    const { timers, engine } = terminal(dayEnds('95'))
    for (let sales = 0; sales < 3; sales += 1) {
      await timers.finish(engine.sell(ORDER))
      if (sales < 2) await timers.finish(engine.endOfDay())
    }
    await timers.finish(engine.startNewPeriod())
    expect(engine.state.totals).toEqual(ONE_SALE)
  })

  it('is not begun twice, nor where the totals agreed', async () => {
    const { timers, peer, engine } = terminal(dayEnds('95'))
    await timers.finish(engine.sell(ORDER))
    expect(await timers.finish(engine.startNewPeriod())).toEqual({ kind: 'nothing-differed' })
    await timers.finish(engine.endOfDay())
    await timers.finish(engine.startNewPeriod())
    await timers.finish(engine.sell(ORDER))
    expect(await timers.finish(engine.startNewPeriod())).toEqual({ kind: 'nothing-differed' })
    expect(engine.state.totals).toEqual(ONE_SALE)
    await timers.finish(engine.endOfDay())
    peer.script = HONEST
    await timers.finish(engine.endOfDay())
    expect(await timers.finish(engine.startNewPeriod())).toEqual({ kind: 'nothing-differed' })
  })

  it('waits for an unanswered end of day, with which the switch may have closed another', async () => {
    const { timers, peer, engine } = terminal(dayEnds('95'))
    await timers.finish(engine.sell(ORDER))
    await timers.finish(engine.endOfDay())
    await timers.finish(engine.sell(ORDER))
    peer.script = dayEnds(undefined)
    await timers.finish(engine.endOfDay())
    expect(await timers.finish(engine.startNewPeriod())).toMatchObject({ kind: 'unknown' })
    expect(engine.state).toMatchObject({ totals: TWO_SALES, endOfDay: { totals: TWO_SALES } })
    peer.script = HONEST
    await timers.finish(engine.sell(ORDER))
    expect(engine.state).toMatchObject({ totals: ONE_SALE, endOfDay: null })
    expect(await timers.finish(engine.startNewPeriod())).toEqual({ kind: 'nothing-differed' })
  })

  it.each(['95', '00'])('goes by the answer %s that the repeat gets', async (code) => {
    const { timers, peer, engine } = terminal(dayEnds(undefined))
    await timers.finish(engine.sell(ORDER))
    await timers.finish(engine.endOfDay())
    // Sold while the end of day is open: its repeat before the sale stays unanswered too.
    await timers.finish(engine.sell(ORDER))
    peer.script = dayEnds(code)
    expect(await timers.finish(engine.startNewPeriod())).toEqual({ kind: 'begun' })
    expect(engine.state).toMatchObject({ totals: ONE_SALE, endOfDay: null, differed: null })
    expect(peer.mtis.at(-1)).toBe('0501')
  })

  it('begins with nothing where a file of before does not say what was claimed', async () => {
    const { timers, store, engine } = terminal(HONEST)
    await timers.finish(engine.sell(ORDER))
    const { differed: _, ...before } = engine.state
    store.save(before)
    expect(await timers.finish(engine.startNewPeriod())).toEqual({ kind: 'begun' })
    expect(engine.state.totals).toEqual(NO_SALES)
  })
})
