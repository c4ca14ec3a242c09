// Whole sales under limits of a day, through gateway, core and store on virtual time: the place of
// RC 61 among the checks, what counts, what is told, and that a start goes on counting.

import { beforeEach, describe, expect, it } from 'vitest'
import { code, Story } from './story-world.ts'

let story: Story
beforeEach(async () => {
  story = await Story.begin()
})

/** As administration would set it, and the running switch be told. */
function set(table: 'terminal' | 'merchant', change: string): void {
  story.database.exec(`update ${table} set ${change} where id = 1`)
  const directory = story.running.gateway.directory as unknown as { changed(): void }
  directory.changed()
}

const sold = async (stan: number, change = {}) => code((await story.sell(stan, change)).reply)
const alarms = () => story.running.notices.filter(({ what }) => what === 'daily limit reached')

describe('a terminal at its limit', () => {
  it('is answered 61, which is stored, debits nothing and alarms once', async () => {
    set('terminal', 'limit_count = 2')
    expect([await sold(1), await sold(2), await sold(3)]).toEqual(['00', '00', '61'])
    expect(await sold(4)).toBe('61')
    expect(story.netDebits()).toBe(2)
    expect(story.count('sale', "response_code = '61'")).toBe(2)
    expect(story.book.inventory.reserved).toBe(0)
    expect(alarms()).toEqual([
      {
        ...{ level: 'alarm', what: 'daily limit reached' },
        detail: 'terminal 10000001 of merchant 000000000100001',
      },
    ])
    // The same sale again gets its stored answer, with room or without.
    set('terminal', 'limit_count = null')
    const third = story.sale(3)
    expect(code(await story.ask('0201', third))).toBe('61')
    expect(await sold(5)).toBe('00')
  })

  it('sells as much after a start as was left before it', async () => {
    set('terminal', 'limit_rial = 100000')
    expect(await sold(1)).toBe('00')
    await story.restart()
    expect([await sold(2), await sold(3)]).toEqual(['00', '61'])
  })

  it('never sells more when many sales come at once', async () => {
    set('terminal', 'limit_count = 3')
    const asked = [1, 2, 3, 4, 5, 6].map((stan) => story.send('0200', story.sale(stan)))
    const codes = (await story.wait(Promise.all(asked))).map(code).sort()
    expect(codes).toEqual(['00', '00', '00', '61', '61', '61'])
    expect(story.netDebits()).toBe(3)
  })

  it('may sell for the amount of a sale that is reversed, and for no more', async () => {
    set('terminal', 'limit_rial = 100000')
    const { fields } = await story.sell(1)
    expect([await sold(2), await sold(3)]).toEqual(['00', '61'])
    expect(code(await story.advise('0400', fields))).toBe('00')
    expect([await sold(4), await sold(5)]).toEqual(['00', '61'])
  })

  it('may sell no more when a reversal of its sale could not be written', async () => {
    set('terminal', 'limit_count = 1')
    const { fields } = await story.sell(1)
    story.full = true
    expect(code(await story.advise('0400', fields))).toBe('96')
    story.full = false
    expect(await sold(2)).toBe('61')
  })

  it('alarms once on each day', async () => {
    set('terminal', 'limit_count = 1')
    for (const stans of [
      [1, 2, 3],
      [4, 5, 6],
    ]) {
      for (const stan of stans) await sold(stan)
      story.time.advance(86_400_000)
    }
    expect(alarms()).toHaveLength(2)
  })

  it('may sell again when a sale of the day is reversed, and on the next day', async () => {
    set('terminal', 'limit_count = 1')
    const { fields } = await story.sell(1)
    expect(await sold(2)).toBe('61')
    expect(code(await story.advise('0400', fields))).toBe('00')
    expect([await sold(3), await sold(4)]).toEqual(['00', '61'])
    await story.restart()
    expect(await sold(5)).toBe('61')
    await story.time.run(86_400_000)
    expect(await sold(6)).toBe('00')
  })

  it('gets back what a sale that was not sold had taken', async () => {
    set('terminal', 'limit_count = 1')
    expect(await sold(1, { count: 10, amount: 1 })).toBe('13')
    const { faults } = story.running.cardHost
    faults.decline = 1
    expect(await sold(2)).toBe('51')
    faults.decline = 0
    faults.down = 1
    expect(await sold(7)).toBe('91')
    faults.down = 0
    expect(await sold(3)).toBe('00')
  })
})

describe('a merchant at its limit', () => {
  it('stops all its terminals', async () => {
    set('merchant', 'limit_rial = 100000')
    expect([await sold(1, { terminal: 1 }), await sold(1, { terminal: 2 })]).toEqual(['00', '00'])
    expect(await sold(1, { terminal: 3 })).toBe('61')
    expect(alarms().map(({ detail }) => detail)).toEqual(['merchant 000000000100001'])
  })
})

describe('a product that a merchant may not sell', () => {
  it('is 44, before amount, card and limits', async () => {
    set('merchant', 'products = \'["093205"]\', limit_count = 0')
    expect(await sold(1)).toBe('44')
    set('merchant', 'products = \'["091905"]\', limit_count = 0')
    expect(await sold(2)).toBe('61')
    set('merchant', 'limit_count = null')
    expect(await sold(3)).toBe('00')
  })
})
