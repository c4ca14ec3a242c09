// A made-up day: the same from the same seed, in order, whole, and like a day.

import { describe, expect, it } from 'vitest'
import { parseHeader, parseRecord } from '../../protocol/traffic/traffic-line.ts'
import type { TrafficRecord } from '../../protocol/traffic/traffic-record.ts'
import { isReason } from '../../protocol/values/reason.ts'
import { DENOMINATIONS, OPERATORS } from '../../replay/day-shape.ts'
import { type GenerateOrder, generate } from '../../replay/generate.ts'

const DAY: GenerateOrder = {
  ...{ terminals: 500, hours: 24, fromHour: 0, seed: 7, salesPerTerminal: 8 },
}

function textOf(order: Partial<GenerateOrder> = {}): string {
  return [...generate({ ...DAY, ...order })].join('')
}

function recordsOf(text: string): TrafficRecord[] {
  return text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => {
      const record = parseRecord(line)
      if (isReason(record)) throw new Error(`${record.reason}: ${line}`)
      return record
    })
}

const text = textOf()
const records = recordsOf(text)
const sales = records.filter((record) => record.do === 'sale')

describe('a made-up day', () => {
  it('is the same bytes from the same seed, and others from another', () => {
    expect(textOf()).toBe(text)
    expect(textOf({ seed: 8 })).not.toBe(text)
  })

  it('says in its header that it is made up, and of how many terminals', () => {
    const header = parseHeader(text.slice(0, text.indexOf('\n')))
    expect(header).toMatchObject({ made: 'generated', terminals: 500, part: 1 })
  })

  it('is in order of time', () => {
    const times = records.map(({ at }) => at)
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })

  it('has about as many sales as were asked for, of nearly all terminals', () => {
    expect(sales.length).toBeGreaterThan(0.95 * 4_000)
    expect(sales.length).toBeLessThan(1.05 * 4_000)
    expect(new Set(sales.map(({ t }) => t)).size).toBeGreaterThan(450)
    expect(Math.max(...sales.map(({ t }) => t))).toBeLessThanOrEqual(500)
  })

  it('is quiet at night and busy in the evening', () => {
    const inHour = (hour: number) =>
      sales.filter(({ at }) => Math.floor(at / 3_600_000) === hour).length
    expect(inHour(3) * 20).toBeLessThan(inHour(19))
    expect(inHour(14)).toBeLessThan(inHour(11))
  })

  it('sells products of the catalogue at their price', () => {
    const prices = new Map<string, number>(DENOMINATIONS.map(([code, price]) => [code, price]))
    const mobileOperators = new Set<string>(OPERATORS.map(([name]) => name))
    const wrong = sales.filter(({ product, count, rial }) => {
      const price = prices.get(product.slice(4)) ?? 0
      return !mobileOperators.has(product.slice(0, 4)) || rial !== price * count
    })
    expect(wrong).toEqual([])
  })

  it('numbers the sales of each terminal, and speaks of those that were', () => {
    const sold = new Map<number, number>()
    const wrong = records.filter((record) => {
      const before = sold.get(record.t) ?? 0
      if (record.do !== 'sale') return 'of' in record && record.of !== before
      sold.set(record.t, record.n)
      return record.n !== before + 1
    })
    expect(wrong).toEqual([])
  })

  it('confirms most, repeats and reverses some, and closes days in the evening', () => {
    const count = (what: string) => records.filter((record) => record.do === what).length
    expect(count('confirmation')).toBeGreaterThan(0.97 * sales.length)
    expect(count('confirmation')).toBeLessThan(sales.length)
    for (const what of ['repeat', 'reversal', 'inquiry', 'reprint', 'echo']) {
      expect([what, count(what) > 0 && count(what) < 0.05 * sales.length]).toEqual([what, true])
    }
    const closed = records.filter((record) => record.do === 'end-of-day')
    expect(closed.length).toBeGreaterThan(400)
    expect(new Set(closed.map(({ t }) => t)).size).toBe(closed.length)
    expect(Math.min(...closed.map(({ at }) => at))).toBeGreaterThanOrEqual(21 * 3_600_000)
  })

  it('begins each terminal with a connection and a logon', () => {
    const first = new Map<number, string[]>()
    for (const { t, do: what } of records) {
      const done = first.get(t) ?? []
      if (done.length < 3) first.set(t, [...done, what])
    }
    const ways = new Set([...first.values()].map((done) => done.join(' ')))
    expect([...ways]).toEqual(['open logon initialise'])
  })

  it('of one terminal and one hour is made too', () => {
    const few = recordsOf(textOf({ terminals: 1, hours: 1, fromHour: 19, salesPerTerminal: 200 }))
    expect(few.filter((record) => record.do === 'sale').length).toBeGreaterThan(0)
    expect(new Set(few.map(({ t }) => t))).toEqual(new Set([1]))
  })
})
