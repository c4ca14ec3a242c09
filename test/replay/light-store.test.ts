// What a terminal that is parked must remember: everything of a terminal that owes nothing.

import { expect, it } from 'vitest'
import { NO_TOTALS, newState, type TerminalState } from '../../pos-terminal/state.ts'
import { keptOf, LightStore } from '../../replay/light-store.ts'

const fresh = newState('10000001', '100001')

it.each<[string, Partial<TerminalState>]>([
  ['its STAN', { nextStan: 42 }],
  ['which receipt came out', { printedStan: '000041' }],
  ['its sales', { totals: { ...NO_TOTALS, salesCount: 1, salesRial: 50_000 } }],
  ['its reversals alone', { totals: { ...NO_TOTALS, reversalsCount: 1, reversalsRial: 50_000 } }],
  ['its session', { session: { blocks: 'D0', transmission: '1122054430' } }],
])('%s', (_what, change) => {
  const state = { ...fresh, ...change }
  expect(new LightStore('10000001', '100001', keptOf(state)).state).toEqual(state)
})
