// The sale desk where the stories do not look: the order of its refusals, what it refuses while it
// is stopping or has too much to do, vouchers that do not open, and answers that come too late.

import { beforeEach, describe, expect, it } from 'vitest'
import type { ProductId, Stan } from '../../../protocol/values/identifiers.ts'
import type { Rial } from '../../../protocol/values/rial.ts'
import type { DebitResult } from '../../../switch/core/card-host.ts'
import { Inventory } from '../../../switch/core/inventory.ts'
import type { JournalRecord } from '../../../switch/core/journal.ts'
import { sell } from '../../../switch/core/sale-desk.ts'
import type { HostTrace } from '../../../switch/core/sale-record.ts'
import { SqliteStockReader } from '../../../voucher-store/reading/stock-reader.ts'
import { adviceFields } from './story-terminal.ts'
import { code, Story } from './story-world.ts'

let story: Story

beforeEach(async () => {
  story = await Story.begin()
})

/** Levels at which the store's refusals were told. */
function refusals(): string[] {
  const told = story.running.notices.filter(({ what }) => what === 'store refuses')
  return told.map(({ level }) => level)
}

const BAD_TRACK = '6037990000000015=29121010000000000000'

describe('a sale that must be reversed while no STAN is to be had', () => {
  it('is answered 96, and becomes a reversal when there is one', async () => {
    const story = await Story.begin()
    let numbers = false
    story.rationNumbers(() => numbers)
    story.running.cardHost.faults.silentDebited = 1
    expect(code((await story.sell(1)).reply)).toBe('96')
    await story.time.run(60_000)
    expect([story.netDebits(), story.count('sale', 'state = 0')]).toEqual([1, 1])
    numbers = true
    await story.time.run(600_000)
    expect([story.netDebits(), story.count('sale', 'state = 0')]).toEqual([0, 0])
    expect(story.count('voucher', 'state = 0')).toBe(20)
  })
})

describe('a sale that a restored store may have forgotten', () => {
  it('is refused with 94, also when it is dated before the copy', async () => {
    const copyMs = story.time.wallMs()
    story.change({ gaps: [{ fromMs: copyMs, toMs: copyMs + 60_000 }] })
    const before = story.sale(1)
    story.time.jumpWall(-6 * 86_400_000)
    const long = story.sale(2)
    story.time.jumpWall(6 * 86_400_000 + 60_000)
    const last = story.sale(3)
    for (const fields of [before, long, last]) {
      expect(code(await story.ask('0201', fields))).toBe('94')
    }
    await story.time.run(1_000)
    expect(code((await story.sell(4)).reply)).toBe('00')
    expect(story.ledger.debits.size).toBe(1)
  })
})

describe('a refusal', () => {
  it('is the first of the checks that fails, in their order', async () => {
    story.running.cardHost.faults.down = 1
    const everything = { status: '02012', product: '091999', track: BAD_TRACK, amount: 1 }
    const steps: [string, object][] = [
      ['05', everything],
      ['44', { ...everything, status: '02010' }],
      ['13', { amount: 1, track: BAD_TRACK }],
      ['14', { track: BAD_TRACK }],
      ['91', { product: '093505' }],
    ]
    const codes = []
    for (const [stan, [, change]] of steps.entries()) {
      codes.push(code((await story.sell(stan + 1, change)).reply))
    }
    expect(codes).toEqual(steps.map(([rc]) => rc))
    story.running.cardHost.faults.down = 0
    expect(code((await story.sell(9, { product: '093505' })).reply)).toBe('44')
    expect([story.ledger.debits.size, story.count('sale', 'state = 7')]).toEqual([0, 6])
  })

  it('that cannot be written is answered 96, and is not remembered', async () => {
    story.full = true
    const { fields, reply } = await story.sell(1, { product: '091999' })
    expect(code(reply)).toBe('96')
    story.full = false
    expect(code(await story.ask('0201', fields))).toBe('44')
  })

  it('of a date is made when it is more than seven days away, by a second', async () => {
    const [inTime, late] = [story.sale(1), story.sale(2)]
    story.time.advance(7 * 86_400_000)
    expect(code(await story.ask('0200', inTime))).toBe('00')
    story.time.advance(1_000)
    expect(code(await story.ask('0200', late))).toBe('05')
    expect(code(await story.ask('0201', late))).toBe('05')
  })
})

describe('a switch that is stopping', () => {
  it('refuses new sales with 91 and remembers it: a duplicate is not sold later', async () => {
    story.change({ refusing: () => '91' })
    const { fields, reply } = await story.sell(1)
    expect(code(reply)).toBe('91')
    await story.restart()
    expect(code(await story.ask('0200', fields))).toBe('91')
    expect(story.ledger.debits.size).toBe(0)
  })

  it('answers repeats, and takes reversals and confirmations', async () => {
    const { fields } = await story.sell(1)
    const other = await story.sell(2)
    story.change({ refusing: () => '91' })
    expect(code(await story.ask('0201', fields))).toBe('00')
    expect(code(await story.advise('0220', fields))).toBe('00')
    expect(code(await story.advise('0400', other.fields))).toBe('00')
  })
})

describe('a switch that is not fit to sell, or has too much to do', () => {
  it('refuses with 96 and remembers nothing', async () => {
    story.change({ refusing: () => '96' })
    const { fields, reply } = await story.sell(1)
    expect([code(reply), reply?.has(37)]).toEqual(['96', false])
    story.change({ refusing: () => undefined })
    expect(code(await story.ask('0201', fields))).toBe('00')
  })

  it('has at most so many sales at once', async () => {
    story = await Story.begin({ salesInFlight: 2 })
    const asked = [1, 2, 3].map((stan) => story.send('0200', story.sale(stan)))
    expect((await story.wait(Promise.all(asked))).map(code)).toEqual(['00', '00', '96'])
    expect(story.count('sale')).toBe(2)
    expect(code((await story.sell(4)).reply)).toBe('00')
  })

  it('takes the repeat of a sale that it does not know when it takes no new one', async () => {
    story = await Story.begin({ salesInFlightLeast: 1 })
    const asked = [
      story.send('0200', story.sale(1)),
      story.send('0200', story.sale(2)),
      story.send('0201', story.sale(3)),
    ]
    expect((await story.wait(Promise.all(asked))).map(code)).toEqual(['00', '96', '00'])
    expect(code(await story.ask('0201', story.sale(2)))).toBe('00')
  })

  it('takes more sales at a time when they end quickly, and fewer when they do not', async () => {
    story = await Story.begin({ salesInFlightLeast: 1 })
    for (let stan = 1; stan <= 3; stan++) await story.sell(stan)
    const { limit } = story.book.admission
    expect(limit).toBeGreaterThan(1)
    story = await Story.begin({ salesInFlightLeast: 1, slowSaleMs: 0 })
    for (let stan = 1; stan <= 3; stan++) await story.sell(stan)
    expect(story.book.admission.limit).toBe(1)
  })

  it('counts as slow what the disk kept from the card host', async () => {
    story = await Story.begin({ salesInFlightLeast: 2, switchTimeoutMs: 25_000, slowSaleMs: 0 })
    const before = story.book.admission.limit
    let ended = 0
    const { admission } = story.book
    const ending = admission.ended.bind(admission)
    admission.ended = (...told) => {
      ended++
      ending(...told)
    }
    story.send('0200', story.sale(1))
    await story.time.run(1_000)
    expect([ended, story.ledger.debits.size, before]).toEqual([1, 0, 2])
  })
})

describe('a voucher', () => {
  it('whose PIN does not open is quarantined, and another one sold', async () => {
    story.database.exec('update voucher set sealed = zeroblob(60) where id in (1, 2)')
    const { reply } = await story.sell(1)
    await story.time.run(100)
    expect(reply?.get(62)).toContain(story.stocked.pins.get(3))
    expect(story.count('voucher', 'state = 3 and id in (1, 2)')).toBe(2)
    expect(story.journal('quarantine').map(({ voucherId }) => voucherId)).toEqual([1, 2])
    expect(story.book.inventory.reserved).toBe(0)
  })

  it('that does not open leaves none when the rest is too little, and keeps the rest', async () => {
    story.database.exec('update voucher set sealed = zeroblob(60) where id = 20')
    const first = await story.sell(1, { count: 10 })
    const second = await story.sell(2, { count: 10 })
    expect([code(first.reply), code(second.reply)]).toEqual(['00', '44'])
    expect(story.book.inventory.reserved).toBe(0)
    expect(code((await story.sell(3, { count: 9 })).reply)).toBe('00')
  })

  it('that the store does not have is dropped, and another one sold in its place', async () => {
    await story.sell(1)
    story.database.exec('update voucher set state = 3 where id = 2')
    story.database.exec('update lot set available = available - 1, quarantined = 1')
    const { fields, reply } = await story.sell(2)
    expect(reply?.get(62)).toContain(story.stocked.pins.get(3))
    expect(story.book.inventory.reserved).toBe(0)
    expect([story.ledger.debits.size, story.count('sale')]).toEqual([2, 2])
    const again = await story.ask('0201', fields)
    expect([again?.get(37), again?.get(62)]).toEqual([reply?.get(37), reply?.get(62)])
    expect((await story.sell(3)).reply?.get(62)).toContain(story.stocked.pins.get(4))
    // Made good: somebody may look, and nobody is woken.
    expect(refusals()).toEqual(['warn'])
  })

  it('beside one that the store does not have is sold with another', async () => {
    story.database.exec('update voucher set state = 3 where id = 2')
    story.database.exec('update lot set available = available - 1, quarantined = 1')
    story.book.inventory.stockChanged()
    await story.sell(1, { count: 1 })
    story.database.exec('update voucher set state = 3 where id = 4')
    story.database.exec('update lot set available = available - 1, quarantined = 2')
    const { reply } = await story.sell(2, { count: 2 })
    expect(reply?.get(62)).toContain(story.stocked.pins.get(3))
    expect(reply?.get(62)).toContain(story.stocked.pins.get(5))
  })

  it('of a batch that goes on hold meanwhile is not sold, and none in its place: 96', async () => {
    story.database.exec('update voucher set state = 3 where id > 1')
    story.database.exec('update lot set available = 1, quarantined = 19')
    await story.restart()
    const asked = story.send('0200', story.sale(1))
    story.database.exec('update batch set state = 3')
    expect(code(await story.wait(asked))).toBe('96')
    expect(refusals()).toEqual(['alarm'])
    expect([story.ledger.debits.size, story.count('sale')]).toEqual([0, 0])
    expect(story.book.inventory.reserved).toBe(0)
    expect(story.book.running.size).toBe(0)
  })

  it('is not looked for a fourth time', async () => {
    let intents = 0
    const { journal } = story.book
    const refusing: typeof journal = Object.create(journal, {
      write: {
        value: (record: JournalRecord) => {
          if (record.kind !== 'intent') return journal.write(record)
          intents++
          return Promise.resolve({ kind: 'rolled-back', reason: 'guard', detail: 'elsewhere' })
        },
      },
    })
    story.change({ journal: refusing })
    expect(code((await story.sell(1)).reply)).toBe('96')
    expect([intents, story.ledger.debits.size, story.book.inventory.reserved]).toEqual([3, 0, 0])
    expect(refusals()).toEqual(['warn', 'warn', 'alarm'])
  })

  it('is not looked for again when the time is over, or the terminal has reversed', async () => {
    let intents = 0
    const { journal } = story.book
    const refusing: typeof journal = Object.create(journal, {
      write: {
        value: async (record: JournalRecord) => {
          if (record.kind !== 'intent') return journal.write(record)
          intents++
          await new Promise<void>((resolve) => story.time.after(8_000, resolve))
          return { kind: 'rolled-back', reason: 'guard', detail: 'elsewhere' }
        },
      },
    })
    story.change({ journal: refusing })
    expect(code((await story.sell(1)).reply)).toBe('96')
    expect(intents).toBe(1)
    expect(refusals()).toEqual(['alarm'])
    const fields = story.sale(2)
    const asked = story.send('0200', fields)
    await story.time.run(10)
    const reversed = story.send('0400', adviceFields(story.time, fields))
    expect(code(await story.wait(asked))).toBe('94')
    expect(code(await story.wait(reversed))).toBe('00')
    expect([intents, story.ledger.debits.size]).toEqual([2, 0])
  })

  it('is not sold in its last days', async () => {
    story = await Story.begin({ expiryMarginDays: 5 })
    story.database.exec('update lot set expires = 20261126')
    const inventory = new Inventory(new SqliteStockReader(story.database), { windowSize: 8 })
    story.change({ inventory })
    expect(code((await story.sell(1)).reply)).toBe('44')
    story.database.exec('update lot set expires = 20261127')
    inventory.stockChanged()
    expect(code((await story.sell(2)).reply)).toBe('00')
  })
})

describe('the STAN of a sale towards the card host', () => {
  it('is free when the sale has ended, and when its reversal has', async () => {
    const forgotten: string[] = []
    story.running.cardHost.forget = (trace?: HostTrace) => {
      forgotten.push(trace?.stan ?? '')
    }
    const hostStan = (id: number) => story.book.reader.byId(id)?.host?.stan
    await story.sell(1)
    expect(forgotten).toEqual([hostStan(1)])
    story.running.cardHost.faults.silentDebited = 1
    story.running.cardHost.faults.reversalSilent = 1
    await story.sell(2)
    await story.time.run(60_000)
    expect(forgotten).not.toContain(hostStan(2))
    story.running.cardHost.faults.reversalSilent = 0
    await story.time.run(600_000)
    expect(forgotten).toContain(hostStan(2))
  })
})

describe('time', () => {
  it('that ran out while the frame waited for its turn is answered 96 and not remembered', async () => {
    story = await Story.begin({ switchTimeoutMs: 30_000 })
    const cameMs = story.time.monotonicMs() - 5_000
    const [inTime, tooLate] = [story.sale(1), story.sale(2)]
    expect(code(await story.wait(story.send('0200', tooLate, cameMs - 1)))).toBe('96')
    expect([story.count('sale'), story.ledger.debits.size]).toEqual([0, 0])
    expect(code(await story.wait(story.send('0200', inTime, cameMs)))).not.toBe('96')
    expect(code(await story.ask('0201', tooLate))).toBe('00')
  })

  it('that ran out before the host was asked ends the sale with 91, nothing sent', async () => {
    story = await Story.begin({ switchTimeoutMs: 25_000 })
    const { fields, reply } = await story.sell(1)
    expect(code(reply)).toBe('91')
    expect(story.ledger.debits.size).toBe(0)
    expect(code(await story.ask('0201', fields))).toBe('91')
    expect(story.count('voucher', 'state = 0')).toBe(20)
  })

  it('that ran out before the answer leaves silence, and the repeat gets the sale', async () => {
    const cardHost = Object.create(story.running.cardHost)
    const approved: DebitResult = {
      kind: 'approved',
      approval: { authCode: '004711', hostDate: undefined },
    }
    cardHost.debit = () =>
      new Promise((resolve) => story.time.after(30_000, () => resolve(approved)))
    cardHost.prepare = () => story.running.cardHost.prepare()
    cardHost.forget = () => undefined
    story.change({ cardHost })
    const { fields, reply } = await story.sell(1)
    expect(reply).toBeUndefined()
    expect(story.count('sale', 'state = 1')).toBe(1)
    expect(code(await story.ask('0201', fields))).toBe('00')
  })
})

describe('an outcome that cannot be written', () => {
  it('keeps its identity busy until it is, and is then the stored 96', async () => {
    const fields = story.sale(1)
    const asked = story.send('0200', fields)
    await story.time.run(4)
    story.full = true
    expect(code(await story.wait(asked))).toBe('96')
    expect(code(await story.inquire(fields))).toBe('09')
    const repeat = story.send('0201', fields)
    await story.time.run(5_000)
    story.full = false
    expect(code(await story.wait(repeat))).toBe('96')
    await story.time.run(600_000)
    expect([story.ledger.debits.size, story.netDebits()]).toEqual([1, 0])
    expect(story.count('voucher', 'state = 0')).toBe(20)
  })
})

describe('a fault of ours', () => {
  it('is told to whoever asked, and holds up no other sale of that identity', async () => {
    const { book } = story.running
    const reader = Object.create(book.reader, {
      find: {
        value: () => {
          throw new Error('a bug')
        },
      },
    })
    const terminal = story.running.gateway.directory.find(
      0,
      '000000000100001',
      '10000001',
    )?.terminal
    if (terminal === undefined) throw new Error('no such terminal')
    const asked = sell(
      { ...book, reader },
      {
        identity: { terminal, stan: '000001' as Stan, time: '093000', date: '1122' },
        content: { processingCode: '150000', amount: 50_000 as Rial, order: '', cardHash: '' },
        product: '091905' as ProductId,
        ...{ count: 1, card: undefined, printerOut: false, isRepeat: false },
        isFromBeforeLogon: false,
        arrivedMs: 0,
        entry: { entryMode: undefined, condition: undefined, currency: undefined },
      },
    )
    await expect(asked).rejects.toThrow('a bug')
    expect(book.turns.size).toBe(0)
  })
})
