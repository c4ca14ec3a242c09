// Whole sales through the real gateway, core and store on virtual time: what a terminal sees, what
// the card host's ledger says, and where the vouchers end.

import type Database from 'better-sqlite3'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../../protocol/message/message.ts'
import { Seeded } from '../../simulation/seeded.ts'
import { memoryDatabase, type Stocked, stock } from '../../simulation/sim-store.ts'
import { VirtualTime } from '../../simulation/virtual-time.ts'
import { SimLedger } from './story-host.ts'
import { type RunningSwitch, startSwitch } from './story-switch.ts'
import { adviceFields, ask, inquiryFields, pinsOf, saleFields } from './story-terminal.ts'

let time: VirtualTime
let database: Database.Database
let stocked: Stocked
let ledger: SimLedger
let running: RunningSwitch
let full: boolean

beforeEach(async () => {
  time = new VirtualTime(Date.UTC(2026, 10, 22, 6))
  database = await memoryDatabase()
  stocked = stock(database, { terminals: 3, products: [{ id: '091905', vouchers: 20 }] })
  ledger = new SimLedger()
  full = false
  running = await start()
})

async function start(): Promise<RunningSwitch> {
  const starting = startSwitch({
    time,
    database,
    ring: stocked.ring,
    ledger,
    random: new Seeded(1),
    writeFaults: { full: () => full, delayMs: () => 1 },
  })
  await time.run(1_000)
  return starting
}

async function run<Result>(asked: Promise<Result>, ms = 60_000): Promise<Result> {
  let result: Result | undefined
  let ended = false
  asked.then((value) => {
    result = value
    ended = true
  })
  await time.runUntil(() => ended, ms)
  return result as Result
}

function code(reply: Message | undefined): string | undefined {
  return reply?.get(39)
}

function netDebits(): number {
  return [...ledger.debits.values()].filter((debit) => !debit.reversed).length
}

function vouchers(state: number): number {
  return database
    .prepare('select count(*) from voucher where state = ?')
    .pluck()
    .get(state) as number
}

describe('a sale', () => {
  it('is answered with a voucher, one debit and an RRN of the Tehran day', async () => {
    const reply = await run(ask(running, time, '0200', saleFields(time, { terminal: 1, stan: 1 })))
    expect(code(reply)).toBe('00')
    expect(reply?.mti).toBe('0210')
    expect(reply?.get(37)).toMatch(/^6326\d{8}$/)
    expect(reply?.get(38)).toBe('004711')
    expect(pinsOf(reply as Message)).toEqual([stocked.pins.get(1)])
    expect(netDebits()).toBe(1)
    expect(vouchers(2)).toBe(1)
  })

  it('of ten vouchers gives all of them, and of more than there are gives none', async () => {
    const ten = saleFields(time, { terminal: 1, stan: 1, count: 10 })
    expect(pinsOf((await run(ask(running, time, '0200', ten))) as Message)).toHaveLength(10)
    const nine = saleFields(time, { terminal: 1, stan: 2, count: 9 })
    await run(ask(running, time, '0200', nine))
    const two = saleFields(time, { terminal: 1, stan: 3, count: 2 })
    const refused = await run(ask(running, time, '0200', two))
    expect(code(refused)).toBe('44')
    expect(refused?.has(62)).toBe(false)
    expect(netDebits()).toBe(2)
    expect(running.book.inventory.reserved).toBe(0)
  })

  it('that is repeated gets the same vouchers and RRN, without a second debit', async () => {
    const fields = saleFields(time, { terminal: 1, stan: 1 })
    const first = await run(ask(running, time, '0200', fields))
    const second = await run(ask(running, time, '0201', fields))
    expect(second?.get(62)).toBe(first?.get(62))
    expect(second?.get(37)).toBe(first?.get(37))
    expect(netDebits()).toBe(1)
  })

  it('that is repeated while it runs gives both askers the one result', async () => {
    const fields = saleFields(time, { terminal: 1, stan: 1 })
    const both = Promise.all([
      ask(running, time, '0200', fields),
      ask(running, time, '0201', fields),
    ])
    const [first, second] = await run(both)
    expect(first?.get(62)).toBe(second?.get(62))
    expect(netDebits()).toBe(1)
  })

  it.each([
    ['amount', { amount: 60_000 }],
    ['product', { product: '091910' }],
    ['count', { count: 2 }],
    ['card', { track: '6273530000000029=29121010000000000000' }],
  ])('with the same identity and another %s is refused with 94', async (_what, other) => {
    const fields = saleFields(time, { terminal: 1, stan: 1 })
    await run(ask(running, time, '0200', fields))
    const changed = {
      ...saleFields(time, { terminal: 1, stan: 1, ...other }),
      ...{ 12: fields[12] ?? '', 13: fields[13] ?? '' },
    }
    for (const mti of ['0200', '0200']) {
      expect(code(await run(ask(running, time, mti, changed)))).toBe('94')
    }
    expect(netDebits()).toBe(1)
    // Once in a while, however often.
    expect(running.notices).toEqual([
      {
        ...{ level: 'warn', what: 'another sale under a known identity', saleId: 1 },
        detail: 'terminal 10000001 of merchant 000000000100001',
      },
    ])
  })

  it.each([
    ['44', { product: '091999' }],
    ['13', { amount: 49_999 }],
    ['14', { track: '6037990000000015=29121010000000000000' }],
    ['05', { status: '02012' }],
  ])('that is refused with %s touches no card and is answered the same again', async (rc, what) => {
    const fields = saleFields(time, { terminal: 1, stan: 1, ...what })
    const first = await run(ask(running, time, '0200', fields))
    expect(code(first)).toBe(rc)
    const again = await run(ask(running, time, '0201', fields))
    expect([code(again), again?.get(37)]).toEqual([rc, first?.get(37)])
    expect(ledger.debits.size).toBe(0)
  })

  it('dated more than seven days away is refused with 05', async () => {
    const fields = { ...saleFields(time, { terminal: 1, stan: 1 }), 13: '1101' }
    expect(code(await run(ask(running, time, '0200', fields)))).toBe('05')
  })

  it('that the host declines leaves the voucher in stock', async () => {
    running.cardHost.faults.decline = 1
    const reply = await run(ask(running, time, '0200', saleFields(time, { terminal: 1, stan: 1 })))
    expect(code(reply)).toBe('51')
    expect(vouchers(0)).toBe(20)
    expect(running.book.inventory.reserved).toBe(0)
  })

  it.each(['silent', 'silentDebited', 'late', 'otherAmount'] as const)(
    'whose host is %s is answered 68 and reversed until nothing is debited',
    async (fault) => {
      running.cardHost.faults[fault] = 1
      const fields = saleFields(time, { terminal: 1, stan: 1 })
      expect(code(await run(ask(running, time, '0200', fields)))).toBe('68')
      await time.run(900_000)
      expect(netDebits()).toBe(0)
      expect(running.book.reversals.counts().open).toBe(0)
      expect(vouchers(0)).toBe(20)
      expect(code(await run(ask(running, time, '0201', fields)))).toBe('68')
    },
  )

  it('while no card host is signed on is refused with 91 at once', async () => {
    running.cardHost.faults.down = 1
    const reply = await run(ask(running, time, '0200', saleFields(time, { terminal: 1, stan: 1 })))
    expect(code(reply)).toBe('91')
  })

  it('whose intent does not fit on the disk is answered 96 and debits nothing', async () => {
    full = true
    const fields = saleFields(time, { terminal: 1, stan: 1 })
    expect(code(await run(ask(running, time, '0200', fields)))).toBe('96')
    expect(ledger.debits.size).toBe(0)
    full = false
    const again = await run(ask(running, time, '0200', fields))
    expect(code(again)).toBe('00')
  })

  it('whose outcome does not fit on the disk is answered 96 and reversed', async () => {
    const asked = ask(running, time, '0200', saleFields(time, { terminal: 1, stan: 1 }))
    await time.run(4)
    full = true
    expect(code(await run(asked))).toBe('96')
    full = false
    await time.run(60_000)
    expect(ledger.debits.size).toBe(1)
    expect(netDebits()).toBe(0)
    expect(vouchers(0)).toBe(20)
  })
})

describe('a crash', () => {
  it('between debit and outcome ends with the debit reversed and the voucher in stock', async () => {
    const fields = saleFields(time, { terminal: 1, stan: 1 })
    void ask(running, time, '0200', fields)
    await time.runUntil(() => ledger.debits.size === 1)
    running.kill()
    expect(netDebits()).toBe(1)
    running = await start()
    await time.run(120_000)
    expect(netDebits()).toBe(0)
    expect(vouchers(0)).toBe(20)
    expect(code(await run(ask(running, time, '0201', fields)))).toBe('96')
  })

  it('after the outcome keeps the sale: the repeat gets the voucher', async () => {
    const fields = saleFields(time, { terminal: 1, stan: 1 })
    const first = await run(ask(running, time, '0200', fields))
    running.kill()
    running = await start()
    const again = await run(ask(running, time, '0201', fields))
    expect(again?.get(62)).toBe(first?.get(62))
    expect(netDebits()).toBe(1)
  })
})

describe('a reversal', () => {
  it('of a sold sale reverses the debit and quarantines the voucher', async () => {
    const fields = saleFields(time, { terminal: 1, stan: 1 })
    await run(ask(running, time, '0200', fields))
    const reply = await run(ask(running, time, '0400', adviceFields(time, fields)))
    expect([reply?.mti, code(reply)]).toEqual(['0410', '00'])
    await time.run(60_000)
    expect(netDebits()).toBe(0)
    expect(vouchers(3)).toBe(1)
    expect(code(await run(ask(running, time, '0201', fields)))).toBe('94')
    expect(code(await run(ask(running, time, '0401', adviceFields(time, fields))))).toBe('00')
  })

  it('before its original is remembered, and the original is answered 94', async () => {
    const fields = saleFields(time, { terminal: 1, stan: 1 })
    expect(code(await run(ask(running, time, '0420', adviceFields(time, fields))))).toBe('00')
    expect(code(await run(ask(running, time, '0200', fields)))).toBe('94')
    expect(ledger.debits.size).toBe(0)
  })

  it('during its original ends it with 94 and nothing debited', async () => {
    const fields = saleFields(time, { terminal: 1, stan: 1 })
    const asked = ask(running, time, '0200', fields)
    await time.run(4)
    const reversal = await run(ask(running, time, '0400', adviceFields(time, fields)))
    expect(code(reversal)).toBe('00')
    expect(code(await run(asked))).toBe('94')
    await time.run(60_000)
    expect(netDebits()).toBe(0)
    expect(vouchers(0)).toBe(20)
  })

  it('that comes while the intent is being written sends nothing to the host', async () => {
    const fields = saleFields(time, { terminal: 1, stan: 1 })
    const asked = ask(running, time, '0200', fields)
    const reversal = ask(running, time, '0400', adviceFields(time, fields))
    expect(code(await run(asked))).toBe('94')
    expect(code(await run(reversal))).toBe('00')
    expect(ledger.debits.size).toBe(0)
  })

  it('of a confirmed sale is refused with 21', async () => {
    const fields = saleFields(time, { terminal: 1, stan: 1 })
    await run(ask(running, time, '0200', fields))
    expect(code(await run(ask(running, time, '0220', adviceFields(time, fields))))).toBe('00')
    expect(code(await run(ask(running, time, '0221', adviceFields(time, fields))))).toBe('00')
    expect(code(await run(ask(running, time, '0400', adviceFields(time, fields))))).toBe('21')
    expect(netDebits()).toBe(1)
  })

  it('with another amount is refused with 94 and changes nothing', async () => {
    const fields = saleFields(time, { terminal: 1, stan: 1 })
    await run(ask(running, time, '0200', fields))
    const other = { ...adviceFields(time, fields), 4: '000000060000' }
    expect(code(await run(ask(running, time, '0400', other)))).toBe('94')
    expect(netDebits()).toBe(1)
  })

  it('of the sixth answered sale of a day is refused with 61; unanswered ones do not count', async () => {
    for (let stan = 1; stan <= 7; stan++) {
      const fields = saleFields(time, { terminal: 1, stan })
      await run(ask(running, time, '0200', fields, { loseReply: stan === 1 }), 100_000)
      const reply = await run(ask(running, time, '0400', adviceFields(time, fields)))
      expect([stan, code(reply)]).toEqual([stan, stan <= 6 ? '00' : '61'])
    }
  })

  it('more than a day after the sale is refused with 21 and opens a claim', async () => {
    const fields = saleFields(time, { terminal: 1, stan: 1 })
    await run(ask(running, time, '0200', fields))
    await time.run(86_400_001)
    expect(code(await run(ask(running, time, '0400', adviceFields(time, fields))))).toBe('21')
    expect(database.prepare('select reason from claim').pluck().all()).toEqual(['too late'])
  })
})

describe('a confirmation', () => {
  it('of something unknown or reversed is answered 25', async () => {
    const fields = saleFields(time, { terminal: 1, stan: 1 })
    expect(code(await run(ask(running, time, '0220', adviceFields(time, fields))))).toBe('25')
    await run(ask(running, time, '0200', fields))
    await run(ask(running, time, '0400', adviceFields(time, fields)))
    expect(code(await run(ask(running, time, '0220', adviceFields(time, fields))))).toBe('25')
  })

  it('is also made by the next message whose DE 60 names the newest sold sale', async () => {
    const fields = saleFields(time, { terminal: 1, stan: 1 })
    await run(ask(running, time, '0200', fields))
    const next = saleFields(time, { terminal: 1, stan: 2, status: '010600000102010' })
    await run(ask(running, time, '0200', next))
    expect(code(await run(ask(running, time, '0400', adviceFields(time, fields))))).toBe('21')
  })
})

describe('an inquiry', () => {
  it('answers 25, 09, the sale, and 94 after a reversal', async () => {
    const fields = saleFields(time, { terminal: 1, stan: 1 })
    const inquire = () => ask(running, time, '0100', inquiryFields(time, fields, 9))
    expect(code(await run(inquire()))).toBe('25')
    const asked = ask(running, time, '0200', fields)
    await time.run(4)
    expect(code(await run(inquire(), 3))).toBe('09')
    const sold = await run(asked)
    const found = await run(inquire())
    expect([code(found), found?.get(4), found?.get(37), found?.get(62)]).toEqual([
      '00',
      fields[4],
      sold?.get(37),
      sold?.get(62),
    ])
    await run(ask(running, time, '0400', adviceFields(time, fields)))
    expect(code(await run(inquire()))).toBe('94')
  })

  it('shows no PIN any more ten minutes after the confirmation', async () => {
    const fields = saleFields(time, { terminal: 1, stan: 1 })
    await run(ask(running, time, '0200', fields))
    await run(ask(running, time, '0220', adviceFields(time, fields)))
    await time.run(601_000)
    const reply = await run(ask(running, time, '0100', inquiryFields(time, fields, 9)))
    expect([code(reply), reply?.has(62)]).toEqual(['00', false])
  })
})

describe('a reprint', () => {
  const reprintFields = (stan: number, track: string) => {
    const {
      4: _amount,
      25: _condition,
      48: _order,
      49: _currency,
      ...rest
    } = saleFields(time, {
      terminal: 1,
      stan,
      track,
    })
    return { ...rest, 3: '390000' }
  }
  const own = '6037990000000014=29121010000000000000'

  it('gives the last sale again to the same card, three times, and blocks its reversal', async () => {
    const fields = saleFields(time, { terminal: 1, stan: 1 })
    expect(code(await run(ask(running, time, '0100', reprintFields(50, own))))).toBe('25')
    const sold = await run(ask(running, time, '0200', fields))
    const other = '6273530000000029=29121010000000000000'
    expect(code(await run(ask(running, time, '0100', reprintFields(51, other))))).toBe('57')
    for (let number = 1; number <= 3; number++) {
      const reply = await run(ask(running, time, '0100', reprintFields(60 + number, own)))
      expect([code(reply), reply?.get(48), reply?.get(62)]).toEqual([
        '00',
        `0${number}`,
        sold?.get(62),
      ])
    }
    expect(code(await run(ask(running, time, '0100', reprintFields(64, own))))).toBe('57')
    expect(code(await run(ask(running, time, '0400', adviceFields(time, fields))))).toBe('21')
  })
})
