// The books of a replay: every sale in one end, and what cannot be true of a switch that loses
// nothing is found.

import { describe, expect, it } from 'vitest'
import { Ledger } from '../../replay/ledger.ts'

const TID = '10000001'
const sold = (rrn: string, ...serials: string[]) => ({ kind: 'sold', rrn, serials }) as const

function begin(ledger: Ledger, stan: string, rial: number, product = '091905') {
  return ledger.begin({ tid: TID, stan, product, rial })
}

function faultsOf(ledger: Ledger): string[] {
  ledger.close()
  return ledger.findings.map(({ fault, stan }) => `${stan}: ${fault}`)
}

describe('the audit', () => {
  it('finds nothing in sales that were sold, declined or reversed', () => {
    const ledger = new Ledger()
    ledger.end(begin(ledger, '1', 50_000), sold('1', 'A', 'B'))
    ledger.end(begin(ledger, '2', 50_000), { kind: 'declined', responseCode: '51', rrn: '2' })
    ledger.end(begin(ledger, '3', 50_000), { kind: 'reversed' })
    expect(faultsOf(ledger)).toEqual([])
    expect([ledger.sold, ledger.soldRial, ledger.vouchers, ledger.reversed]).toEqual([
      ...[1, 50_000, 2, 1],
    ])
    expect([...ledger.declined]).toEqual([['51', 1]])
  })

  it('finds a sale that was neither answered nor reversed', () => {
    const ledger = new Ledger()
    begin(ledger, '1', 50_000)
    expect(ledger.unended).toBe(1)
    expect(faultsOf(ledger)).toEqual(['1: neither answered nor reversed'])
  })

  it('finds a voucher that was given to two sales, or twice to one', () => {
    const ledger = new Ledger()
    ledger.end(begin(ledger, '1', 1), sold('1', 'A'))
    ledger.end(begin(ledger, '2', 1), sold('2', 'A'))
    ledger.end(begin(ledger, '3', 1), sold('3', 'C', 'C'))
    const fault = 'a voucher was given to two sales'
    expect(faultsOf(ledger)).toEqual([`2: ${fault}`, `3: ${fault}`])
  })

  it('knows that two mobile operators may have vouchers of one serial', () => {
    const ledger = new Ledger()
    ledger.end(begin(ledger, '1', 1, '091905'), sold('1', 'A'))
    ledger.end(begin(ledger, '2', 1, '093505'), sold('2', 'A'))
    ledger.end(begin(ledger, '3', 1, '093510'), sold('3', 'A'))
    expect(faultsOf(ledger)).toEqual(['3: a voucher was given to two sales'])
    expect(ledger.findings[0]?.detail).toBe('serial A of 0935, before to sale 2')
  })

  it('finds a voucher of a reversed sale that is sold again: it never returns to stock', () => {
    const ledger = new Ledger()
    const first = begin(ledger, '1', 1)
    ledger.end(first, sold('1', 'A'))
    ledger.reopen(first, sold('1', 'A'))
    ledger.end(first, { kind: 'reversed' })
    ledger.end(begin(ledger, '2', 1), sold('2', 'A'))
    expect(faultsOf(ledger)).toEqual(['2: a voucher was given to two sales'])
    expect([ledger.sold, ledger.reversed]).toEqual([1, 1])
    expect([ledger.soldRial, ledger.vouchers]).toEqual([1, 1])
  })

  it('finds an RRN that was given to two sales, and lets one sale have it twice', () => {
    const ledger = new Ledger()
    const first = begin(ledger, '1', 1)
    ledger.end(first, sold('7', 'A'))
    ledger.reopen(first, sold('7', 'A'))
    ledger.end(first, sold('7', 'A'))
    ledger.end(begin(ledger, '2', 1), { kind: 'declined', responseCode: '51', rrn: '7' })
    expect(faultsOf(ledger)).toEqual(['2: an RRN was given to two sales'])
  })

  it('counts every fault and keeps the first hundred', () => {
    const ledger = new Ledger()
    for (let n = 0; n < 250; n++) begin(ledger, String(n), 1)
    ledger.close()
    expect([ledger.faults, ledger.findings.length]).toEqual([250, 100])
  })
})
