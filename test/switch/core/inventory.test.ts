// The inventory: examples of every operation, and random courses of them against a naive model that
// knows the whole shelf at once.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Inventory, type StockVoucher } from '../../../switch/core/inventory.ts'
import { Shelf } from './stock-shelf.ts'

const MCI = '091905'
const TODAY = 20260722

function shelfOf(...batches: { batch: number; expires: number; count: number }[]): Shelf {
  const shelf = new Shelf()
  for (const { batch, expires, count } of batches) {
    for (let n = 0; n < count; n++) shelf.add({ batch, product: MCI, expires })
  }
  return shelf
}

function ids(vouchers: readonly StockVoucher[] | undefined): number[] | undefined {
  return vouchers?.map(({ id }) => id)
}

describe('the inventory', () => {
  it('gives the earliest expiry first, over the batches', () => {
    const shelf = shelfOf(
      { batch: 1, expires: 20280101, count: 2 },
      { batch: 2, expires: 20270101, count: 2 },
    )
    const inventory = new Inventory(shelf, { windowSize: 10 })
    expect(ids(inventory.reserve(MCI, 3, TODAY))).toEqual([3, 4, 1])
    expect(inventory.reserved).toBe(3)
  })

  it('gives all or none, and keeps none when there are too few', () => {
    const shelf = shelfOf({ batch: 1, expires: 20280101, count: 3 })
    const inventory = new Inventory(shelf, { windowSize: 2 })
    expect(inventory.reserve(MCI, 4, TODAY)).toBeUndefined()
    expect(inventory.reserved).toBe(0)
    expect(ids(inventory.reserve(MCI, 3, TODAY))).toEqual([1, 2, 3])
    expect(inventory.reserve(MCI, 1, TODAY)).toBeUndefined()
  })

  it('does not mix products', () => {
    const shelf = shelfOf({ batch: 1, expires: 20280101, count: 1 })
    shelf.add({ batch: 2, product: '093505', expires: 20270101 })
    const inventory = new Inventory(shelf, { windowSize: 10 })
    expect(ids(inventory.reserve('093505', 1, TODAY))).toEqual([2])
    expect(inventory.reserve('093505', 1, TODAY)).toBeUndefined()
    expect(ids(inventory.reserve(MCI, 1, TODAY))).toEqual([1])
  })

  it('holds a batch of several products in all of them', () => {
    const shelf = shelfOf({ batch: 1, expires: 20280101, count: 2 })
    for (const batch of [1, 1, 2]) shelf.add({ batch, product: '093505', expires: 20280101 })
    shelf.add({ batch: 2, product: MCI, expires: 20290101 })
    const inventory = new Inventory(shelf, { windowSize: 10 })
    for (const product of [MCI, '093505']) inventory.reserve(product, 1, TODAY)
    inventory.hold(1)
    expect(ids(inventory.reserve(MCI, 1, TODAY))).toEqual([6])
    expect(ids(inventory.reserve('093505', 1, TODAY))).toEqual([5])
  })

  it.each([2, undefined])(
    'holds a batch on when stock changes otherwise (batch %s)',
    (released) => {
      const shelf = shelfOf(
        { batch: 1, expires: 20270101, count: 1 },
        { batch: 2, expires: 20280101, count: 1 },
      )
      const inventory = new Inventory(shelf, { windowSize: 10 })
      // The store does not know of it yet.
      inventory.hold(1)
      inventory.stockChanged(released)
      expect(ids(inventory.reserve(MCI, 1, TODAY))).toEqual([2])
      inventory.stockChanged(1)
      expect(ids(inventory.reserve(MCI, 1, TODAY))).toEqual([1])
    },
  )

  it('takes back what is not held of a sale that has vouchers of a held batch, too', () => {
    const shelf = shelfOf(
      { batch: 1, expires: 20270101, count: 1 },
      { batch: 2, expires: 20280101, count: 1 },
    )
    const inventory = new Inventory(shelf, { windowSize: 10 })
    const both = inventory.reserve(MCI, 2, TODAY) ?? []
    inventory.hold(1)
    inventory.release(both)
    expect(ids(inventory.reserve(MCI, 1, TODAY))).toEqual([2])
    expect(inventory.reserved).toBe(1)
  })

  it('skips what has expired, and sells what is good on the day itself', () => {
    const shelf = shelfOf(
      { batch: 1, expires: TODAY - 1, count: 3 },
      { batch: 2, expires: TODAY, count: 1 },
    )
    const inventory = new Inventory(shelf, { windowSize: 2 })
    expect(ids(inventory.reserve(MCI, 1, TODAY))).toEqual([4])
    expect(inventory.reserve(MCI, 1, TODAY)).toBeUndefined()
    expect(inventory.reserved).toBe(1)
  })

  it.each([
    ['past its last day', TODAY - 1],
    ['of a batch that is being held', TODAY + 1],
  ])('reads once beyond a hundred thousand that stand in front, %s', (_, expires) => {
    const shelf = shelfOf(
      { batch: 1, expires, count: 100_000 },
      { batch: 2, expires: TODAY + 2, count: 1 },
    )
    const inventory = new Inventory(shelf, { windowSize: 512 })
    if (expires > TODAY) inventory.hold(1)
    expect(ids(inventory.reserve(MCI, 1, TODAY))).toEqual([100_001])
    expect(inventory.reserve(MCI, 1, TODAY)).toBeUndefined()
    expect(shelf.reads).toBe(1)
  })

  it('sells what a clock that was ahead had passed over, once the clock is right again', () => {
    const shelf = shelfOf({ batch: 1, expires: TODAY + 5, count: 5 })
    const inventory = new Inventory(shelf, { windowSize: 2 })
    const first = inventory.reserve(MCI, 1, TODAY) ?? []
    expect(inventory.reserve(MCI, 1, TODAY + 10_000)).toBeUndefined()
    expect(inventory.reserve(MCI, 1, TODAY + 6)).toBeUndefined()
    inventory.release(first)
    expect(ids(inventory.reserve(MCI, 5, TODAY + 5))).toEqual([1, 2, 3, 4, 5])
    expect(inventory.reserve(MCI, 1, TODAY)).toBeUndefined()
  })

  it('sells again what was released, in its place', () => {
    const shelf = shelfOf({ batch: 1, expires: 20280101, count: 4 })
    const inventory = new Inventory(shelf, { windowSize: 10 })
    const first = inventory.reserve(MCI, 1, TODAY) ?? []
    const second = inventory.reserve(MCI, 1, TODAY) ?? []
    inventory.release(second)
    inventory.release(first)
    expect(inventory.reserved).toBe(0)
    expect(ids(inventory.reserve(MCI, 4, TODAY))).toEqual([1, 2, 3, 4])
  })

  it('never sees again what was settled', () => {
    const shelf = shelfOf({ batch: 1, expires: 20280101, count: 2 })
    const inventory = new Inventory(shelf, { windowSize: 10 })
    const sold = inventory.reserve(MCI, 1, TODAY) ?? []
    shelf.mark(sold, 'sold')
    inventory.settle(sold)
    inventory.stockChanged()
    expect(inventory.reserved).toBe(0)
    expect(ids(inventory.reserve(MCI, 1, TODAY))).toEqual([2])
    expect(inventory.reserve(MCI, 1, TODAY)).toBeUndefined()
  })

  it('refuses the release of what was not reserved', () => {
    const shelf = shelfOf({ batch: 1, expires: 20280101, count: 1 })
    const inventory = new Inventory(shelf, { windowSize: 10 })
    const taken = inventory.reserve(MCI, 1, TODAY) ?? []
    inventory.settle(taken)
    expect(() => inventory.release(taken)).toThrow('was not reserved')
  })

  it('gives nothing of a held batch, although the store still has it as released', () => {
    const shelf = shelfOf(
      { batch: 1, expires: 20270101, count: 4 },
      { batch: 2, expires: 20280101, count: 1 },
    )
    const inventory = new Inventory(shelf, { windowSize: 2 })
    const before = inventory.reserve(MCI, 1, TODAY) ?? []
    inventory.hold(1)
    expect(ids(inventory.reserve(MCI, 1, TODAY))).toEqual([5])
    inventory.release(before)
    expect(inventory.reserved).toBe(1)
    expect(inventory.reserve(MCI, 1, TODAY)).toBeUndefined()
    inventory.stockChanged(1)
    expect(ids(inventory.reserve(MCI, 4, TODAY))).toEqual([1, 2, 3, 4])
  })

  it('sees stock that came later only when it is told of it', () => {
    const shelf = shelfOf({ batch: 1, expires: 20280101, count: 1 })
    const inventory = new Inventory(shelf, { windowSize: 2 })
    expect(inventory.reserve(MCI, 2, TODAY)).toBeUndefined()
    shelf.add({ batch: 2, product: MCI, expires: 20270101 })
    const reads = shelf.reads
    expect(inventory.reserve(MCI, 2, TODAY)).toBeUndefined()
    expect(shelf.reads).toBe(reads)
    inventory.stockChanged(2)
    expect(ids(inventory.reserve(MCI, 2, TODAY))).toEqual([2, 1])
  })

  it('reads a window at a time', () => {
    const shelf = shelfOf({ batch: 1, expires: 20280101, count: 9 })
    const inventory = new Inventory(shelf, { windowSize: 3 })
    for (let n = 1; n <= 9; n++) {
      expect(ids(inventory.reserve(MCI, 1, TODAY))).toEqual([n])
      expect(shelf.reads).toBe(Math.ceil(n / 3))
    }
  })
})

type Step =
  | { do: 'reserve'; product: number; count: number; writes: boolean }
  | { do: 'release' | 'settle' | 'distrust'; which: number }
  | { do: 'hold' | 'releaseBatch'; batch: number }
  | { do: 'add'; product: number; batch: number; expires: number; count: number }
  | { do: 'changed' | 'day' | 'day before' }

const which = fc.nat({ max: 20 })
const product = fc.nat({ max: 1 })
const batch = fc.integer({ min: 1, max: 5 })
const movements: fc.Arbitrary<Step>[] = [
  fc.record({
    ...{ do: fc.constant('reserve' as const), product, writes: fc.boolean() },
    count: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({ do: fc.constantFrom('release' as const, 'settle' as const), which }),
]
const changes: fc.Arbitrary<Step>[] = [
  fc.record({ do: fc.constant('distrust' as const), which }),
  fc.record({ do: fc.constantFrom('hold' as const, 'releaseBatch' as const), batch }),
  fc.record({ do: fc.constantFrom('changed' as const, 'day' as const, 'day before' as const) }),
  fc.record({
    ...{ do: fc.constant('add' as const), product, batch },
    expires: fc.integer({ min: TODAY - 1, max: TODAY + 6 }),
    count: fc.integer({ min: 1, max: 5 }),
  }),
]
const start = fc.array(
  fc.record({ product, batch, expires: fc.integer({ min: TODAY - 1, max: TODAY + 6 }) }),
  { maxLength: 30 },
)

/** The inventory beside a model that looks at the whole shelf each time. */
class Course {
  readonly shelf = new Shelf()
  readonly inventory: Inventory
  readonly sales: StockVoucher[][] = []
  day = TODAY

  constructor(windowSize: number) {
    this.inventory = new Inventory(this.shelf, { windowSize })
  }

  add(product: number, batch: number, expires: number): void {
    this.shelf.add({ product: `09190${product}`, batch: batch * 2 + product, expires })
  }

  /** What may be given now, in its order. */
  free(product: string): StockVoucher[] {
    const taken = new Set(this.sales.flat().map(({ id }) => id))
    return this.shelf
      .sellable(product)
      .filter(({ id, expires }) => !taken.has(id) && expires >= this.day)
  }

  take(step: Step): void {
    switch (step.do) {
      case 'reserve':
        return this.reserve(`09190${step.product}`, step.count, step.writes)
      case 'release':
      case 'settle':
      case 'distrust':
        return this.end(step.do, step.which)
      case 'hold':
        for (const id of [step.batch * 2, step.batch * 2 + 1]) {
          this.shelf.unreleased.add(id)
          this.inventory.hold(id)
        }
        return
      case 'releaseBatch':
        for (const id of [step.batch * 2, step.batch * 2 + 1]) {
          this.shelf.unreleased.delete(id)
          this.inventory.stockChanged(id)
        }
        return
      case 'add':
        for (let n = 0; n < step.count; n++) this.add(step.product, step.batch, step.expires)
        return this.inventory.stockChanged()
      case 'changed':
        return this.inventory.stockChanged()
      case 'day':
        this.day++
        return
      case 'day before':
        this.day--
    }
  }

  reserve(product: string, count: number, writes: boolean): void {
    const free = this.free(product)
    const given = this.inventory.reserve(product, count, this.day)
    expect(given !== undefined).toBe(free.length >= count)
    if (given === undefined) return
    const allowed = new Set(free.map(({ id }) => id))
    expect(given).toHaveLength(count)
    expect(new Set(ids(given)).size).toBe(count)
    expect(given.filter(({ id }) => !allowed.has(id))).toEqual([])
    if (writes) this.shelf.mark(given, 'reserved')
    this.sales.push(given)
  }

  end(how: 'release' | 'settle' | 'distrust', which: number): void {
    const [vouchers] = this.sales.splice(which % Math.max(1, this.sales.length), 1)
    if (vouchers === undefined) return
    if (how === 'settle') {
      this.shelf.mark(vouchers, 'sold')
      return this.inventory.settle(vouchers)
    }
    this.shelf.mark(vouchers, 'available')
    if (how === 'release') return this.inventory.release(vouchers)
    this.inventory.settle(vouchers)
    this.inventory.stockChanged()
  }
}

describe('whatever happens, the inventory', () => {
  it('gives each voucher to one sale, never a held, expired or sold one, and all there are', () => {
    const steps = fc.array(fc.oneof(...movements, ...movements, ...changes), { maxLength: 60 })
    fc.assert(
      fc.property(start, steps, fc.integer({ min: 1, max: 6 }), (first, course, windowSize) => {
        const world = new Course(windowSize)
        for (const { product, batch, expires } of first) world.add(product, batch, expires)
        for (const step of course) {
          world.take(step)
          expect(world.inventory.reserved).toBe(world.sales.flat().length)
        }
      }),
      { numRuns: 400 },
    )
  })

  it('gives the earliest expiry first, as long as only sales move vouchers', () => {
    const steps = fc.array(fc.oneof(...movements), { maxLength: 60 })
    fc.assert(
      fc.property(start, steps, fc.integer({ min: 1, max: 6 }), (first, course, windowSize) => {
        const world = new Course(windowSize)
        for (const { product, batch, expires } of first) world.add(product, batch, expires)
        for (const step of course) {
          const before = step.do === 'reserve' ? world.free(`09190${step.product}`) : []
          const sales = world.sales.length
          world.take(step)
          if (step.do !== 'reserve' || world.sales.length === sales) continue
          const given = (world.sales.at(-1) ?? []).map(({ expires }) => expires)
          expect(given).toEqual(before.slice(0, step.count).map(({ expires }) => expires))
        }
      }),
      { numRuns: 300 },
    )
  })
})
