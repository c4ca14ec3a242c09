// Somebody sends a copied message again and again: what waits for one sale stays bounded, what is
// above is counted and not answered, and the terminal's own reversal gets its turn.

import { beforeEach, expect, it } from 'vitest'
import type { Fields } from '../../../protocol/message/encode.ts'
import { adviceFields, inquiryFields } from './story-terminal.ts'
import { code, Story } from './story-world.ts'

const FLOOD = 5_000
/** One that is at work and sixteen that wait. */
const MOST = 17

let story: Story

beforeEach(async () => {
  story = await Story.begin()
})

/** From now on the journal takes records and writes one when it is told to. */
function holdJournal() {
  const { journal } = story.book
  const held: (() => void)[] = []
  const kinds: string[] = []
  story.change({
    journal: {
      write: (record) => {
        kinds.push(record.kind)
        return new Promise((resolve) => {
          held.push(() => void journal.write(record).then(resolve))
        })
      },
    },
  })
  const writeOne = async () => {
    held.shift()?.()
    await story.time.run(10)
  }
  return { held, kinds, writeOne }
}

function flood(mti: string, fields: Fields) {
  const answers: (string | undefined)[] = []
  for (let n = 0; n < FLOOD; n++)
    void story.send(mti, fields).then((reply) => answers.push(code(reply)))
  return answers
}

const dropped = (kind: string) => story.running.dropped.filter((each) => each === kind).length

it('repeats without end keep a reversal waiting for two commits', async () => {
  const { fields } = await story.sell(1)
  const { kinds, writeOne } = holdJournal()
  const repeats = flood('0201', fields)
  let reversed: string | undefined
  const advice = adviceFields(story.time, fields)
  void story.send('0400', advice).then((reply) => {
    reversed = code(reply)
  })
  await story.time.run(10)
  let commits = 0
  for (; reversed === undefined && commits < 100; commits++) await writeOne()
  expect([reversed, commits]).toEqual(['00', 2])
  expect(kinds).toEqual(['disclosure', 'refund'])
  expect(dropped('sale')).toBe(FLOOD - MOST)
  expect(repeats).toEqual(['00', ...Array(MOST - 1).fill('94')])
  expect(story.book.turns.size).toBe(0)
})

it('repeats without end while the sale runs are one sale, and a few of them are answered', async () => {
  const fields = story.sale(1)
  const sale = story.send('0200', fields)
  const repeats = flood('0201', fields)
  expect(code(await story.wait(sale))).toBe('00')
  await story.time.run(1_000)
  expect(repeats).toEqual(Array(MOST - 1).fill('00'))
  expect([dropped('sale'), story.netDebits()]).toEqual([FLOOD - MOST + 1, 1])
})

it('reversals without end of a running sale are one record', async () => {
  const fields = story.sale(1)
  const sale = story.send('0200', fields)
  await story.time.runUntil(() => story.netDebits() === 1, 1_000)
  const { kinds, writeOne } = holdJournal()
  const reversals = flood('0400', adviceFields(story.time, fields))
  await writeOne()
  expect(reversals).toEqual(Array(MOST).fill('00'))
  expect([kinds, dropped('reversal')]).toEqual([['cancel'], FLOOD - MOST])
  expect(code(await story.wait(sale))).toBe('94')
})

it('inquiries and confirmations without end are bounded each for themselves', async () => {
  const { fields } = await story.sell(1)
  const { writeOne } = holdJournal()
  const found = flood('0100', inquiryFields(story.time, fields, 900))
  const confirmed = flood('0220', adviceFields(story.time, fields))
  const repeat = story.send('0201', fields)
  const reversed = story.send('0400', adviceFields(story.time, fields))
  for (let commits = 0; commits < 40; commits++) await writeOne()
  expect([code(await story.wait(repeat)), code(await story.wait(reversed))]).toEqual(['00', '21'])
  expect([dropped('inquiry'), dropped('confirmation')]).toEqual([FLOOD - MOST, FLOOD - MOST + 1])
  expect([found, confirmed].map(({ length }) => length)).toEqual([MOST, MOST - 1])
})

it.each([
  ['ends of day', 'end of day', '0500', { 3: '920000', 48: '0'.repeat(36) }],
  ['reprints', 'reprint', '0100', { 3: '390000' }],
] as const)('%s without end are bounded, and a few of them are answered', async (...row) => {
  const [, kind, mti, change] = row
  await story.sell(1)
  const { writeOne } = holdJournal()
  const { 4: _amount, 48: _order, 49: _currency, ...rest } = story.sale(2)
  const answers = flood(mti, { ...rest, ...change })
  await story.time.run(10)
  expect(dropped(kind)).toBe(FLOOD - MOST)
  for (let commits = 0; commits < 40; commits++) await writeOne()
  expect([answers.length, story.book.turns.size]).toEqual([MOST, 0])
})

it('a later message without end confirms its last printed sale once', async () => {
  await story.sell(1)
  const { held, kinds, writeOne } = holdJournal()
  flood('0800', { ...story.sale(90), 3: '990000', 60: '0106000001' })
  await story.time.run(10)
  expect([held.length, dropped('last printed')]).toEqual([1, FLOOD - MOST])
  await writeOne()
  expect([kinds, story.book.turns.size]).toEqual([['confirm'], 0])
})
