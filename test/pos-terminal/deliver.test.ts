// The confirmations that a terminal owes are bounded: the oldest makes room, and that of the sale
// whose receipt has just come out is always among them.

import { expect, it } from 'vitest'
import { withConfirmation } from '../../pos-terminal/deliver.ts'
import type { OpenSale } from '../../pos-terminal/state.ts'
import { MemoryStore } from '../../pos-terminal/store.ts'
import type { Terminal } from '../../pos-terminal/terminal.ts'
import { VirtualTimers } from './scripted-switch.ts'

const MOST = 50

function saleOf(number: number): OpenSale {
  return {
    ...{ step: 'printing', processingCode: '150000', amountRial: 50_000, time: '091430' },
    ...{ stan: String(number).padStart(6, '0'), sentTime: '1122054430', date: '1122', wallMs: 0 },
    ...{ product: '091905', productName: null, count: 1, maskedCard: '****', rrn: null },
    ...{ approved: true, printsBegun: 1, reversal: null, refusedWith: null },
  }
}

it('keeps the newest', () => {
  const store = new MemoryStore('10000001', '100001')
  const terminal = { store, timers: new VirtualTimers() } as unknown as Terminal
  for (let number = 1; number <= MOST + 2; number++) {
    store.save({ ...store.state, ...withConfirmation(terminal, saleOf(number)) })
    expect(store.state.confirmations.at(-1)).toMatchObject({ sent: 0, amountRial: 50_000 })
    expect(store.state.confirmations.at(-1)?.stan).toBe(store.state.printedStan)
  }
  expect(store.state.confirmations).toHaveLength(MOST)
  expect(store.state.confirmations[0]?.stan).toBe('000003')
})
