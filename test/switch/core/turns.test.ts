// Turns: one work at a time for a key, in order of arrival, whatever becomes of the one before.

import { describe, expect, it } from 'vitest'
import { type Asked, Turns } from '../../../switch/core/turns.ts'

interface Work {
  readonly promise: Promise<string>
  end(): void
  fail(): void
}

function works(turns: Turns, log: string[]): (key: string, name: string) => Work {
  return (key, name) => {
    let end = (): void => undefined
    let fail = (): void => undefined
    const gate = new Promise<void>((resolve, reject) => {
      end = resolve
      fail = () => reject(new Error(name))
    })
    const promise = turns.run(key, async () => {
      log.push(`${name} begins`)
      await gate
      log.push(`${name} ends`)
      return name
    })
    return { promise, end, fail }
  }
}

const turnsOf = (most = 16): Turns => new Turns(most, () => undefined)

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('a turn', () => {
  it('begins at once when nobody has it, and gives the result of its work', async () => {
    const turns = turnsOf()
    const log: string[] = []
    const one = works(turns, log)('a', 'one')
    expect(log).toEqual(['one begins'])
    expect(turns.busy('a')).toBe(true)
    one.end()
    expect(await one.promise).toBe('one')
    expect(turns.busy('a')).toBe(false)
    expect(turns.size).toBe(0)
  })

  it('waits for those that came before it, in their order', async () => {
    const turns = turnsOf()
    const log: string[] = []
    const work = works(turns, log)
    const [one, two, three] = [work('a', 'one'), work('a', 'two'), work('a', 'three')]
    three.end()
    two.end()
    await settle()
    expect(log).toEqual(['one begins'])
    one.end()
    expect(await Promise.all([one.promise, two.promise, three.promise])).toHaveLength(3)
    expect(log).toEqual([
      ...['one begins', 'one ends', 'two begins', 'two ends', 'three begins', 'three ends'],
    ])
  })

  it('of another key does not wait', async () => {
    const turns = turnsOf()
    const log: string[] = []
    const work = works(turns, log)
    const one = work('a', 'one')
    const other = work('b', 'other')
    expect(log).toEqual(['one begins', 'other begins'])
    expect(turns.size).toBe(2)
    other.end()
    await other.promise
    expect([turns.busy('a'), turns.busy('b')]).toEqual([true, false])
    one.end()
    await one.promise
  })

  it('comes also after a work that failed, which alone is told', async () => {
    const turns = turnsOf()
    const log: string[] = []
    const work = works(turns, log)
    const one = work('a', 'one')
    const two = work('a', 'two')
    one.fail()
    two.end()
    await expect(one.promise).rejects.toThrow('one')
    expect(await two.promise).toBe('two')
    expect(turns.size).toBe(0)
  })

  it('is not given up by an earlier work that ends late', async () => {
    const turns = turnsOf()
    const work = works(turns, [])
    const one = work('a', 'one')
    const two = work('a', 'two')
    one.end()
    await one.promise
    await settle()
    expect(turns.busy('a')).toBe(true)
    two.end()
    await two.promise
    expect(turns.busy('a')).toBe(false)
  })
})

describe('messages that wait for a turn', () => {
  /** Begins when its turn comes, and ends at once. */
  const asks = (turns: Turns, log: string[]) => (kind: Asked, name: string) => {
    return turns.ask('a', kind, () => {
      log.push(name)
      return Promise.resolve(name)
    })
  }

  it('are so many of a kind, and one above is dropped and told', async () => {
    const dropped: Asked[] = []
    const turns = new Turns(2, (kind) => dropped.push(kind))
    const one = works(turns, [])('a', 'one')
    const ask = asks(turns, [])
    const sales = ['1', '2', '3', '4'].map((name) => ask('sale', name))
    const inquiry = ask('inquiry', '5')
    expect(sales.map((each) => each !== undefined)).toEqual([true, true, false, false])
    expect(dropped).toEqual(['sale', 'sale'])
    one.end()
    expect(await Promise.all([sales[0], sales[1], inquiry])).toEqual(['1', '2', '5'])
    expect(await ask('sale', '6')).toBe('6')
    expect(turns.size).toBe(0)
  })

  it('take turns, advices and questions, each in the order in which they came', async () => {
    const log: string[] = []
    const turns = turnsOf()
    const one = works(turns, [])('a', 'one')
    const ask = asks(turns, log)
    const asked = [ask('sale', 'sale 1'), ask('inquiry', 'inquiry'), ask('sale', 'sale 2')]
    asked.push(ask('reversal', 'reversal'), ask('confirmation', 'confirmation'))
    one.end()
    await Promise.all(asked)
    expect(log).toEqual(['reversal', 'sale 1', 'confirmation', 'inquiry', 'sale 2'])
  })

  it.each<Asked>(['reversal', 'confirmation', 'last printed'])(
    'are advices when they are a %s: after a question it comes first',
    async (kind) => {
      const log: string[] = []
      const turns = turnsOf()
      const one = works(turns, [])('a', 'one')
      const ask = asks(turns, log)
      const asked = [ask('sale', 'sale 1'), ask('sale', 'sale 2'), ask(kind, kind)]
      one.end()
      await Promise.all(asked)
      expect(log).toEqual([kind, 'sale 1', 'sale 2'])
    },
  )
})
