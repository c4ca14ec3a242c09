// Starting on what an earlier process left: intents without an outcome, numbers, ids and reversals;
// and approvals that come when their sale has ended.

import { beforeEach, describe, expect, it } from 'vitest'
import type { Stan } from '../../../protocol/values/identifiers.ts'
import { InFlight } from '../../../protocol/values/in-flight.ts'
import type { Book, RunningSale } from '../../../switch/core/book.ts'
import { lateApproval, openBook } from '../../../switch/core/open-book.ts'
import { type OpenIntent, reverseOpenIntents } from '../../../switch/core/recovery.ts'
import { VirtualTime } from '../../simulation/virtual-time.ts'
import { FakeJournal, FULL } from './fake-journal.ts'
import { SETTINGS as REVERSALS } from './queue-rig.ts'
import { saleFields } from './story-terminal.ts'
import { code, Story } from './story-world.ts'

const nothing = { vouchers: [], cursor: undefined }

let story: Story

beforeEach(async () => {
  story = await Story.begin()
})

/** A start on a store in which an earlier process left these intents, and nothing else. */
function open(change: object, openIntents: readonly OpenIntent[] = []): Promise<Book> {
  const ports = { ...story.book, stock: { available: () => nothing }, ...change }
  const { settings: sale } = story.book
  const reversals = { ...REVERSALS, inMemory: 100 }
  const settings = { sale, reversals, stockWindow: 8, rrnBlock: 100 }
  const before = { openIntents, highestSaleId: 0, highestRrn: 0, gaps: [] }
  return openBook(ports as never, settings, before)
}

describe('a start', () => {
  it('sells at once after a start on earlier sales, with new ids, RRNs and vouchers', async () => {
    const first = await story.sell(1)
    await story.restart()
    const second = await story.sell(2)
    expect([code(first.reply), code(second.reply)]).toEqual(['00', '00'])
    expect(second.reply?.get(37)).not.toBe(first.reply?.get(37))
    expect(second.reply?.get(62)).not.toBe(first.reply?.get(62))
    expect(story.database.prepare('select id from sale').pluck().all()).toEqual([1, 2])
  })

  it('owns numbers for RRNs when it has ended', async () => {
    expect(story.book.rrns.next(20_261_122)).toBeDefined()
    const time = new VirtualTime()
    const journal = new FakeJournal()
    journal.waits = true
    let ended = false
    const opening = open({ journal, clock: time }).then((book) => {
      ended = true
      return book
    })
    await time.settle()
    expect(ended).toBe(false)
    journal.answerAll()
    expect((await opening).rrns.next(20_261_122)).toBeDefined()
  })

  it('takes fewer sales when they are slow, once in the time of a card host', async () => {
    story = await Story.begin({ salesInFlightLeast: 1, slowSaleMs: 10_000 })
    const { admission } = story.book
    for (let n = 0; n < 30; n++) admission.ended(0, 1, admission.limit)
    const limits = [admission.limit]
    // Slow, and still in time for the card host's 25 s.
    for (const nowMs of [0, 24_999, 25_000]) {
      for (let n = 0; n < 20; n++) admission.ended(nowMs, 20_000, admission.limit)
      limits.push(admission.limit)
    }
    const [quick = 0, slow = 0, sameWait, nextWait = 0] = limits
    expect([slow < quick, sameWait, nextWait < slow]).toEqual([true, slow, true])
  })

  it('goes on above the RRNs of before, though the clock was set back meanwhile', async () => {
    const first = await story.sell(1)
    story.time.jumpWall(-60_000)
    await story.restart()
    const second = await story.sell(2)
    expect(code(second.reply)).toBe('00')
    expect(Number(second.reply?.get(37))).toBeGreaterThan(Number(first.reply?.get(37)))
  })

  it('does not end when the card host has no number for the reversal of an intent', async () => {
    const journal = new FakeJournal()
    const cardHost = { reversalTrace: () => undefined }
    const host = { link: 'bank', stan: '000001' as Stan, transmission: '1122060000' }
    const opening = open({ journal, cardHost }, [{ id: 1, host, cancelled: false }])
    await expect(opening).rejects.toThrow('no number for a reversal')
    expect(journal.of('outcome')).toEqual([])
  })

  it('goes on above the ids of ends of day, too', async () => {
    await story.sell(1)
    await story.dayEnd(2, '000001000000050000000000000000000000')
    await story.restart()
    expect(code((await story.sell(3)).reply)).toBe('00')
    expect(story.database.prepare('select id from sale').pluck().all()).toEqual([1, 3])
  })

  it('reverses every intent before it sells: 96, or 94 to who reversed it', async () => {
    const fields = [1, 2].map((stan) => story.sale(stan))
    for (const sale of fields) void story.send('0200', sale)
    await story.time.runUntil(() => story.ledger.debits.size > 0)
    story.database.exec('update sale set cancelled = 1 where id = 2')
    expect(story.count('sale', 'state = 0')).toBe(2)
    await story.restart()
    expect(story.count('sale', 'state = 0')).toBe(0)
    expect(story.journal('outcome').map(({ outcome }) => outcome)).toMatchObject([
      { kind: 'reversing', responseCode: '96' },
      { kind: 'reversing', responseCode: '94' },
    ])
    expect(story.count('voucher', 'state = 0')).toBe(20)
    // The host has heard of neither reversal: a 0421 would repeat what never was.
    expect(story.ledger.advices).toEqual(['0420 000001', '0420 000002'])
    await story.time.run(600_000)
    expect(story.netDebits()).toBe(0)
    expect(code(await story.ask('0201', fields[0] ?? {}))).toBe('96')
    expect(code(await story.ask('0201', fields[1] ?? {}))).toBe('94')
  })

  it('reverses an intent whose voucher is damaged too, and leaves that as it is', async () => {
    void story.send('0200', story.sale(1, { count: 2 }))
    await story.time.runUntil(() => story.ledger.debits.size === 1)
    story.database.exec('update voucher set state = 2 where id = 1')
    await story.restart()
    const what = 'vouchers of a reversed sale are left as they are'
    expect(story.running.notices).toMatchObject([{ level: 'alarm', what, saleId: 1 }])
    await story.time.run(600_000)
    expect([story.netDebits(), story.count('sale', 'state = 4')]).toEqual([0, 1])
    const states = story.database.prepare('select state from voucher where sale = 1 order by id')
    expect(states.pluck().all()).toEqual([2])
    expect(story.count('voucher', 'state = 0')).toBe(19)
  })

  it('takes up the reversals that an earlier process left', async () => {
    story.running.cardHost.faults.silentDebited = 1
    story.running.cardHost.faults.reversalSilent = 1
    await story.sell(1)
    await story.time.run(60_000)
    expect(story.count('reversal', 'status = 0')).toBe(1)
    await story.restart()
    await story.time.run(600_000)
    expect(story.netDebits()).toBe(0)
    expect(story.count('reversal', 'status = 3')).toBe(1)
    expect(story.count('sale', 'state = 4')).toBe(1)
  })
})

describe('recovery', () => {
  const intents = [1, 2, 3].map((id) => ({
    id,
    host: { link: 'bank', stan: `00000${id}` as Stan, transmission: '1122060000' },
    cancelled: id === 2,
  }))
  const ports = (journal: FakeJournal) => ({
    ...{ journal, clock: story.time, notice: () => undefined },
    reversalTrace: () => ({ stan: '900001' as Stan, transmission: '1122060001' }),
  })

  it('hands all intents over in one go, so that they can share one commit', async () => {
    const journal = new FakeJournal()
    journal.waits = true
    const done = reverseOpenIntents(ports(journal), intents)
    expect(journal.of('outcome').map(({ id }) => id)).toEqual([1, 2, 3])
    journal.answerAll()
    expect(await done).toBe(3)
  })

  it('that cannot be written does not let the start go on', async () => {
    const journal = new FakeJournal()
    journal.answer = (record) => ('id' in record && record.id === 3 ? FULL : { kind: 'written' })
    await expect(reverseOpenIntents(ports(journal), intents)).rejects.toThrow('recovery')
  })

  it('of nothing writes nothing', async () => {
    const journal = new FakeJournal()
    expect(await reverseOpenIntents(ports(journal), [])).toBe(0)
    expect(journal.records).toEqual([])
  })
})

/** So many rows of sales that began when the first one had ended. */
function sellLater(sales: number): void {
  story.database.exec(
    `insert into sale (id, day, time, terminal, stan, merchant, state, cancelled, vouchers,
       response_code, created_ms, jseq)
     with recursive n(i) as (select 1 union all select i + 1 from n where i < ${sales})
     select 1 + i, 20200101, printf('%06d', i), terminal, stan, merchant, state, 0, '[]', '91',
       created_ms + 5000 + i / 3, jseq from sale, n where id = 1`,
  )
}

describe('an approval nobody waits for', () => {
  it('while the sale still writes its end is kept until the reversal is there', async () => {
    story.running.cardHost.faults.silentDebited = 1
    void story.send('0200', story.sale(1))
    await story.time.runUntil(() => story.ledger.debits.size === 1)
    const [[, running] = []] = story.book.running
    if (running === undefined) throw new Error('no sale is running')
    const approval = { authCode: '004711', hostDate: undefined }
    const told = lateApproval(story.book, running.trace, story.terminal().tid, approval)
    await story.wait(told)
    expect(
      story.count('reversal', "approval_seen = 1 and reopened = 1 and auth_code = '004711'"),
    ).toBe(1)
    await story.time.run(600_000)
    expect(story.netDebits()).toBe(0)
    expect(story.count('reversal', 'status = 4')).toBe(1)
  })

  it.each([
    ['of another card host with the same numbers', { link: 'other' }],
    ['with another number of the same second', { stan: '999999' as Stan }],
    ['with the same number of another day', { transmission: '1121093000' }],
  ])('waits for its own sale, not for one %s', async (_what, change) => {
    story.running.cardHost.faults.silentDebited = 1
    void story.send('0200', story.sale(1))
    await story.time.runUntil(() => story.book.running.size === 1)
    const [place, own] = [...story.book.running][0] ?? []
    if (place === undefined || own === undefined) throw new Error('no sale is running')
    const other = { ...own, trace: { ...own.trace, ...change } }
    const running = new InFlight<RunningSale>()
    running.set('elsewhere', other)
    running.set(place, own)
    story.change({ running })
    const approval = { authCode: '004711', hostDate: undefined }
    const told = lateApproval(story.book, own.trace, story.terminal().tid, approval)
    await story.wait(told)
    expect(story.count('reversal', 'approval_seen = 1')).toBe(1)
  })

  it('after a decline is undone, and the decline stays the answer', async () => {
    story.running.cardHost.faults.decline = 1
    const { fields, reply } = await story.sell(1)
    expect(code(reply)).toBe('51')
    const sale = story.book.reader.byId(1)
    const { host } = sale ?? {}
    if (host === undefined) throw new Error('the sale has no trace')
    const { tid } = story.terminal()
    const amount = 50_000
    const key = `${host.transmission}/${host.stan}/${tid}`
    const debit = { rrn: String(reply?.get(37)), amount, card: '', at: 0, reversed: false }
    story.ledger.debit(key, debit)
    const approval = { authCode: '004711', hostDate: undefined }
    const told = () => lateApproval(story.book, host, tid, approval)
    story.full = true
    const both = Promise.all([told(), told()])
    await story.time.run(5_000)
    expect([story.netDebits(), story.count('reversal')]).toEqual([1, 0])
    // A stop waits for turns.
    expect(story.book.turns.size).toBe(1)
    story.full = false
    await story.wait(both)
    await story.time.run(600_000)
    expect([story.netDebits(), story.count('reversal', 'approval_seen = 1')]).toEqual([0, 1])
    expect(story.ledger.advices).toEqual([`0420 ${host.stan}`])
    expect(story.running.notices).toContainEqual({
      level: 'alarm',
      what: 'approval after a decline',
      saleId: 1,
    })
    expect(code(await story.ask('0201', fields))).toBe('51')
    expect(story.count('voucher', 'state = 0')).toBe(20)
    await story.wait(told())
    expect(story.ledger.advices).toHaveLength(1)
  })

  it.each([
    ['decline', 'approval after a decline', 1],
    ['approval', 'answer without a reversal', 0],
  ])('after a %s, with more sales behind it than are read, is told right', async (...row) => {
    const [ending, what, reversals] = row
    if (ending === 'decline') story.running.cardHost.faults.decline = 1
    await story.sell(1)
    const host = story.book.reader.byId(1)?.host
    if (host === undefined) throw new Error('the sale has no trace')
    sellLater(20_001)
    await story.time.run(10_000)
    const approval = { authCode: '004711', hostDate: undefined }
    await story.wait(lateApproval(story.book, host, story.terminal().tid, approval))
    expect(story.running.notices.map((notice) => notice.what)).toEqual([what])
    expect(story.count('reversal')).toBe(reversals)
  })

  it('and that nothing is known of is an alarm that names it', async () => {
    const host = { link: 'sim', stan: '004711' as Stan, transmission: '1122060000' }
    const approval = { authCode: '004711', hostDate: undefined }
    await story.wait(lateApproval(story.book, host, story.terminal().tid, approval))
    expect(story.running.notices).toMatchObject([
      {
        ...{ level: 'alarm', what: 'approval of an unknown debit' },
        detail: 'sim: terminal 10000001, DE 11 004711, DE 7 1122060000',
      },
    ])
  })

  it('and has no reversal is told as a duplicate and changes nothing', async () => {
    await story.sell(1)
    const host = story.book.reader.byId(1)?.host
    if (host === undefined) throw new Error('the sale has no trace')
    const approval = { authCode: '004711', hostDate: undefined }
    await story.wait(lateApproval(story.book, host, story.terminal().tid, approval))
    expect(story.running.notices).toMatchObject([{ what: 'answer without a reversal' }])
    expect(story.count('sale', 'state = 1')).toBe(1)
    expect(story.netDebits()).toBe(1)
  })
})

describe('two terminals', () => {
  it('with the same STAN in the same second make two sales', async () => {
    const fields = [1, 2].map((terminal) => saleFields(story.time, { terminal, stan: 7 }))
    const replies = await story.wait(Promise.all(fields.map((sale) => story.send('0200', sale))))
    expect(replies.map(code)).toEqual(['00', '00'])
    expect(new Set(replies.map((reply) => reply?.get(62))).size).toBe(2)
    expect(story.netDebits()).toBe(2)
  })
})
