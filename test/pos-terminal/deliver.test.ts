// The confirmations that a terminal owes are bounded: the oldest makes room, and that of the sale
// whose receipt has just come out is always among them. Each goes out until it is answered, but not
// for ever, and what never left the terminal counts for nothing.

import { describe, expect, it } from 'vitest'
import { withConfirmation } from '../../pos-terminal/deliver.ts'
import type { OpenSale } from '../../pos-terminal/state.ts'
import { MemoryStore, StoreError, type TerminalStore } from '../../pos-terminal/store.ts'
import type { Terminal } from '../../pos-terminal/terminal.ts'
import { HONEST, NO_SALES, type Script, SOLD, terminal, VirtualTimers } from './scripted-switch.ts'

const MOST = 50

function saleOf(number: number): OpenSale {
  return {
    ...{ step: 'printing', processingCode: '150000', amountRial: 50_000, time: '091430' },
    ...{ stan: String(number).padStart(6, '0'), sentTime: '1122054430', date: '1122', wallMs: 0 },
    ...{ product: '091905', productName: null, count: 1, maskedCard: '****', rrn: null },
    ...{ approved: true, printsBegun: 1, reversal: null, refusedWith: null },
  }
}

function owe(store: TerminalStore, number: number): void {
  const owing = { store, timers: new VirtualTimers() } as unknown as Terminal
  store.save({ ...store.state, ...withConfirmation(owing, saleOf(number)) })
}

it('keeps the newest', () => {
  const store = new MemoryStore('10000001', '100001')
  for (let number = 1; number <= MOST + 2; number++) {
    owe(store, number)
    expect(store.state.confirmations.at(-1)).toMatchObject({ sent: 0, amountRial: 50_000 })
    expect(store.state.confirmations.at(-1)?.stan).toBe(store.state.printedStan)
  }
  expect(store.state.confirmations).toHaveLength(MOST)
  expect(store.state.confirmations[0]?.stan).toBe('000003')
})

describe('a confirmation that is owed', () => {
  const owing = (script: Script, ...sales: number[]) => {
    const made = terminal(script)
    for (const number of sales) owe(made.store, number)
    const clear = () => made.timers.finish(made.engine.clearQueue())
    return { ...made, clear }
  }

  it('goes out as 0220 at last, however often there was no connection', async () => {
    const { peer, store, clear } = owing(() => ({ 39: '00' }), 1)
    peer.reachable = false
    for (let time = 0; time < 25; time++) await clear()
    expect(store.state.confirmations).toMatchObject([{ stan: '000001', sent: 0 }])
    peer.reachable = true
    await clear()
    expect(peer.mtis).toEqual(['0220'])
    expect(store.state.confirmations).toEqual([])
  })

  it('is sent twenty times and then no more', async () => {
    const { peer, store, clear } = owing(() => 'silence', 1)
    for (let time = 0; time < 25; time++) await clear()
    expect(peer.mtis).toEqual(['0220', ...Array.from({ length: 19 }, () => '0221')])
    expect(store.state.confirmations).toEqual([])
  })

  it('and not answered keeps nobody waiting for the answers of the others too', async () => {
    const { peer, store, clear } = owing(() => 'silence', 1, 2, 3)
    await clear()
    expect(peer.heard.map(({ fields }) => fields[11])).toEqual(['000001'])
    expect(store.state.confirmations.map(({ sent }) => sent)).toEqual([1, 0, 0])
  })

  it('and refused does not keep those after it', async () => {
    const script: Script = ({ fields }) => ({ 39: fields[11] === '000001' ? '25' : '00' })
    const { peer, store, clear } = owing(script, 1, 2)
    await clear()
    expect(peer.heard.map(({ fields }) => fields[11])).toEqual(['000001', '000002'])
    expect(store.state.confirmations).toEqual([])
    expect(store.state.totals).toMatchObject({ reversalsCount: 1, reversalsRial: 50_000 })
  })
})

describe('a disk that is full once the receipt is out', () => {
  /** Saves nothing from the first message with this MTI on. */
  const fullAt = (mti: string, script: Script) => {
    const made = terminal((heard, index) => {
      if (heard.mti === mti) {
        made.store.save = () => {
          throw new StoreError('STORE_UNAVAILABLE', 'no room', 'make room')
        }
      }
      return script(heard, index)
    })
    return made
  }
  const LATE: Script = (heard, index) => (heard.mti === '0100' ? SOLD : HONEST(heard, index))

  it('leaves the confirmation owed, and the late receipt of an open sale told', async () => {
    const { store, timers, engine } = fullAt('0220', LATE)
    store.save({ ...store.state, open: { ...saleOf(1), step: 'inquiring' } })
    const settled = await timers.finish(engine.clearQueue())
    expect(settled).toMatchObject({ kind: 'sold', confirmed: 'owed' })
    expect(store.state).toMatchObject({ open: null, confirmations: [{ stan: '000001' }] })
  })

  it('leaves it told when the end of day that is repeated next cannot be kept', async () => {
    const { store, timers, engine } = fullAt('0501', LATE)
    const { stan, sentTime, time, date } = saleOf(2)
    const endOfDay = { stan, sentTime, time, date, totals: NO_SALES }
    store.save({ ...store.state, endOfDay, open: { ...saleOf(1), step: 'inquiring' } })
    const settled = await timers.finish(engine.clearQueue())
    expect(settled).toMatchObject({ kind: 'sold', confirmed: 'yes' })
    expect(store.state.endOfDay).toEqual(endOfDay)
  })
})
