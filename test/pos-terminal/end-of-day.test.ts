// Ends of day that the switch does not close: what is kept to be repeated, what is forgotten, and
// which totals are shown.

import { expect, it } from 'vitest'
import { HONEST, ONE_SALE, ORDER, type Script, terminal } from './scripted-switch.ts'

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
