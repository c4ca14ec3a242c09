// A terminal's reversals and confirmations at every moment of a sale, and that nothing is answered
// before it is written.

import { beforeEach, describe, expect, it } from 'vitest'
import { adviceFields } from './story-terminal.ts'
import { code, Story } from './story-world.ts'

let story: Story

beforeEach(async () => {
  story = await Story.begin()
})

const advice = (story: Story, stan: number) => adviceFields(story.time, story.sale(stan))

describe('a reversal', () => {
  it('at any moment of a running sale ends with nothing debited and nothing sold', async () => {
    for (let ms = 0; ms <= 12; ms++) {
      const each = await Story.begin()
      const fields = each.sale(1)
      const sale = each.send('0200', fields)
      await each.time.run(ms)
      const reversed = each.send('0400', adviceFields(each.time, fields))
      expect([ms, code(await each.wait(reversed))]).toEqual([ms, '00'])
      const answer = code(await each.wait(sale))
      expect(['94', '00']).toContain(answer)
      await each.time.run(600_000)
      expect([ms, each.netDebits()]).toEqual([ms, 0])
      expect(each.count('voucher', `state = ${answer === '00' ? 3 : 0}`)).toBe(
        answer === '00' ? 1 : 20,
      )
      expect(code(await each.ask('0201', fields))).toBe('94')
      each.database.close()
    }
  })

  it('of a running sale that says another amount or code changes nothing', async () => {
    const fields = story.sale(1)
    const sale = story.send('0200', fields)
    await story.time.run(4)
    for (const other of [{ 4: '000000050001' }, { 3: '170000' }]) {
      const wrong = { ...adviceFields(story.time, fields), ...other }
      expect(code(await story.ask('0400', wrong))).toBe('94')
    }
    expect(code(await story.wait(sale))).toBe('00')
  })

  it('of something unknown is remembered, also over a restart: it is never sold', async () => {
    const fields = story.sale(1)
    expect(code(await story.advise('0400', fields))).toBe('00')
    await story.restart()
    const reply = await story.ask('0200', fields)
    expect([code(reply), reply?.has(62)]).toEqual(['94', false])
    expect(code(await story.advise('0401', fields))).toBe('00')
    expect(story.ledger.debits.size).toBe(0)
    expect(story.count('sale')).toBe(1)
  })

  it('that cannot be written is answered 96, whatever it is of', async () => {
    const { fields } = await story.sell(1)
    story.full = true
    expect(code(await story.ask('0400', advice(story, 2)))).toBe('96')
    expect(code(await story.advise('0400', fields))).toBe('96')
    story.full = false
    expect(story.count('sale', 'cancelled = 1')).toBe(0)
    expect(story.netDebits()).toBe(1)
    expect(code(await story.advise('0401', fields))).toBe('00')
  })

  it('of a sold sale for which no STAN is to be had is answered 96, and accepted later', async () => {
    let numbers = false
    story.rationNumbers(() => numbers)
    const { fields } = await story.sell(1)
    expect(code(await story.advise('0400', fields))).toBe('96')
    expect(story.count('sale', 'state = 1 and cancelled = 0')).toBe(1)
    numbers = true
    expect(code(await story.advise('0401', fields))).toBe('00')
    await story.time.run(600_000)
    expect(story.netDebits()).toBe(0)
  })

  it('of a sold sale that cannot be written gives its STANs back', async () => {
    const { fields } = await story.sell(1)
    const forgotten = story.watchForgotten()
    story.full = true
    expect(code(await story.advise('0400', fields))).toBe('96')
    expect(forgotten).toEqual([story.book.reader.byId(1)?.host?.stan])
  })

  it('of a declined or refused sale is accepted, and its repeat is 94 from then on', async () => {
    story.running.cardHost.faults.decline = 1
    const declined = await story.sell(1)
    const refused = await story.sell(2, { amount: 1 })
    for (const { fields } of [declined, refused]) {
      expect(code(await story.advise('0400', fields))).toBe('00')
      expect(code(await story.ask('0201', fields))).toBe('94')
    }
    expect(story.count('reversal')).toBe(0)
  })

  it('repeated is accepted again and reverses once', async () => {
    const { fields } = await story.sell(1)
    for (const mti of ['0400', '0401', '0420', '0421']) {
      expect(code(await story.advise(mti, fields))).toBe('00')
    }
    expect(story.count('reversal')).toBe(1)
    expect(story.journal('refund')).toHaveLength(1)
    await story.time.run(60_000)
    expect(story.netDebits()).toBe(0)
  })

  it('repeated needs no room on the disk: nothing more is written', async () => {
    const { fields } = await story.sell(1)
    await story.advise('0400', fields)
    const unknown = story.sale(2)
    await story.advise('0400', unknown)
    const records = story.count('journal')
    story.full = true
    expect(code(await story.advise('0401', fields))).toBe('00')
    expect(code(await story.advise('0401', unknown))).toBe('00')
    expect(story.count('journal')).toBe(records)
  })

  it('that comes twice at once reverses once', async () => {
    const { fields } = await story.sell(1)
    const both = ['0400', '0401'].map((mti) => story.send(mti, adviceFields(story.time, fields)))
    expect((await story.wait(Promise.all(both))).map(code)).toEqual(['00', '00'])
    expect(story.journal('refund')).toHaveLength(1)
  })

  it('of a confirmed sale is 21 and changes nothing', async () => {
    const { fields } = await story.sell(1)
    await story.advise('0220', fields)
    expect(code(await story.advise('0400', fields))).toBe('21')
    await story.time.run(60_000)
    expect([story.netDebits(), story.count('claim'), story.count('voucher', 'state = 2')]).toEqual([
      ...[1, 0, 1],
    ])
  })

  it('a day after the sale is in time, and a moment later is a claim', async () => {
    const inTime = await story.sell(1)
    await story.sell(2)
    const soldMs = story.book.reader.byId(1)?.soldMs ?? 0
    await story.time.run(soldMs + 86_400_000 - story.time.wallMs())
    expect(code(await story.advise('0400', inTime.fields))).toBe('00')
    const late = { ...inTime.fields, 11: '000002' }
    await story.time.run(10_000)
    expect(code(await story.advise('0400', late))).toBe('21')
    expect(story.database.prepare('select sale, reason from claim').all()).toEqual([
      { sale: 2, reason: 'too late' },
    ])
    expect(story.netDebits()).toBe(1)
  })
})

describe('a confirmation', () => {
  it('repeated is accepted again and written once', async () => {
    const { fields } = await story.sell(1)
    for (const mti of ['0220', '0221', '0220']) {
      expect(code(await story.advise(mti, fields))).toBe('00')
    }
    expect(story.journal('confirm')).toEqual([{ id: 1, by: '0220' }])
  })

  it('that says another amount is 94, of a declined sale 25, and neither is written', async () => {
    const { fields } = await story.sell(1)
    expect(code(await story.advise('0220', { ...fields, 4: '000000050001' }))).toBe('94')
    story.running.cardHost.faults.decline = 1
    const declined = await story.sell(2)
    expect(code(await story.advise('0220', declined.fields))).toBe('25')
    expect(story.journal('confirm')).toEqual([])
  })

  it('that cannot be written is answered 96, and the sale can still be reversed', async () => {
    const { fields } = await story.sell(1)
    story.full = true
    expect(code(await story.advise('0220', fields))).toBe('96')
    story.full = false
    expect(code(await story.advise('0400', fields))).toBe('00')
  })

  it('and a reversal that come together are taken one by one', async () => {
    const { fields } = await story.sell(1)
    const both = ['0220', '0400'].map((mti) => story.send(mti, adviceFields(story.time, fields)))
    expect((await story.wait(Promise.all(both))).map(code)).toEqual(['00', '21'])
    const second = await story.sell(2)
    const other = ['0400', '0220'].map((mti) => {
      return story.send(mti, adviceFields(story.time, second.fields))
    })
    expect((await story.wait(Promise.all(other))).map(code)).toEqual(['00', '25'])
  })
})

describe('the last printed STAN of a later message', () => {
  const later = (stan: string) => ({ ...story.sale(90), 3: '990000', 60: `0106${stan}` })

  it('confirms the newest sold sale, and only that', async () => {
    const older = await story.sell(1)
    const newest = await story.sell(2)
    await story.ask('0800', later('000001'))
    await story.time.run(100)
    expect(story.journal('confirm')).toEqual([])
    await story.ask('0800', later('000002'))
    await story.time.run(100)
    expect(story.journal('confirm')).toEqual([{ id: 2, by: 'tag 01' }])
    expect(code(await story.advise('0400', newest.fields))).toBe('21')
    expect(code(await story.advise('0400', older.fields))).toBe('00')
  })

  it('confirms the newest that is still sold when later ones were reversed', async () => {
    await story.sell(1)
    const second = await story.sell(2)
    const third = await story.sell(3)
    for (const { fields } of [second, third]) await story.advise('0400', fields)
    for (const stan of ['000003', '000001']) {
      await story.ask('0800', later(stan))
      await story.time.run(100)
    }
    expect(story.journal('confirm')).toEqual([{ id: 1, by: 'tag 01' }])
  })

  it.each(['0201', '0400'])(
    'is an earlier sale’s in a %s of the newest itself, where both have one STAN',
    async (mti) => {
      await story.sell(1)
      await story.time.run(60_000)
      const { fields } = await story.sell(1, { status: '0106000001' })
      const advice = { ...adviceFields(story.time, fields), 60: fields[60] ?? '' }
      expect(code(await story.ask(mti, mti === '0201' ? fields : advice))).toBe('00')
      await story.time.run(100)
      expect(story.journal('confirm')).toEqual([{ id: 1, by: 'tag 01' }])
      expect(code(await story.advise('0401', fields))).toBe('00')
    },
  )

  it('confirms a sale of twenty hours ago, long after its vouchers would be shown again', async () => {
    const { fields } = await story.sell(1)
    await story.time.run(20 * 3_600_000)
    await story.ask('0800', later('000001'))
    await story.time.run(100)
    expect(code(await story.advise('0400', fields))).toBe('21')
    expect(story.count('claim')).toBe(0)
  })

  it('does not even try to confirm a sale that is being reversed', async () => {
    const tried: string[] = []
    const { journal } = story.book
    story.change({
      journal: {
        write: (record) => {
          tried.push(record.kind)
          return journal.write(record)
        },
      },
    })
    const { fields } = await story.sell(1)
    const reversed = story.send('0400', adviceFields(story.time, fields))
    await story.ask('0800', later('000001'))
    expect(code(await story.wait(reversed))).toBe('00')
    await story.time.run(100)
    expect(tried).toContain('refund')
    expect(tried).not.toContain('confirm')
  })

  it('confirms once, never a reversed sale, another terminal’s, or one of long ago', async () => {
    await story.sell(1)
    await story.ask('0800', { ...later('000001'), 41: '10000002' })
    await story.time.run(86_400_001)
    await story.ask('0800', later('000001'))
    await story.time.run(100)
    expect(story.journal('confirm')).toEqual([])
    const { fields } = await story.sell(2)
    await story.advise('0400', fields)
    await story.ask('0800', later('000002'))
    await story.sell(3)
    await story.ask('0800', later('000003'))
    await story.time.run(100)
    await story.ask('0800', later('000003'))
    await story.time.run(100)
    expect(story.journal('confirm')).toEqual([{ id: 3, by: 'tag 01' }])
  })
})

describe('a reversal of what a restored store may have forgotten', () => {
  const openGap = () => {
    const nowMs = story.time.wallMs()
    story.change({ gaps: [{ fromMs: nowMs - 60_000, toMs: nowMs + 60_000 }] })
  }
  const claims = () => story.count('claim', "reason = 'in the gap'")

  it('is accepted, and an administrator has it on the list', async () => {
    openGap()
    const fields = story.sale(1)
    expect(code(await story.advise('0400', fields))).toBe('00')
    expect(code(await story.advise('0401', fields))).toBe('00')
    expect(claims()).toBe(1)
  })

  it('is on the list too when a repeat was refused before it', async () => {
    openGap()
    const fields = story.sale(1)
    expect(code(await story.ask('0201', fields))).toBe('94')
    expect(code(await story.advise('0400', fields))).toBe('00')
    expect(claims()).toBe(1)
    expect(code(await story.ask('0201', fields))).toBe('94')
  })

  it('is on the list too when the repeat came while the switch was stopping', async () => {
    openGap()
    story.change({ refusing: () => '91' })
    const fields = story.sale(1)
    expect(code(await story.ask('0201', fields))).toBe('94')
    expect(code(await story.advise('0400', fields))).toBe('00')
    expect(claims()).toBe(1)
  })

  it('is not accepted before it is on the list', async () => {
    openGap()
    const { journal } = story.book
    let refused = 0
    story.change({
      journal: {
        write: (record) => {
          if (record.kind !== 'claim' || refused++ > 0) return journal.write(record)
          return Promise.resolve({ kind: 'rolled-back', reason: 'busy', detail: 'full queue' })
        },
      },
    })
    const fields = story.sale(1)
    expect(code(await story.advise('0400', fields))).toBe('96')
    expect(code(await story.advise('0401', fields))).toBe('00')
    expect(claims()).toBe(1)
  })

  it('opens no claim when it could not be remembered: the number is another sale’s', async () => {
    openGap()
    const { journal } = story.book
    story.change({
      journal: {
        write: (record) => {
          if (record.kind !== 'cancel') return journal.write(record)
          return Promise.resolve({ kind: 'rolled-back', reason: 'busy', detail: 'full queue' })
        },
      },
    })
    expect(code(await story.advise('0400', story.sale(1)))).toBe('96')
    expect(claims()).toBe(0)
  })

  it('opens no claim when the store knows the sale', async () => {
    const { fields } = await story.sell(1)
    openGap()
    expect(code(await story.advise('0400', fields))).toBe('00')
    expect(code(await story.advise('0401', fields))).toBe('00')
    expect(claims()).toBe(0)
  })
})
