// An answer that the field table has no room for, by a text that came into the store or the
// configuration some other way: its message stays without one, loudly, and everything else goes on.

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { adviceFields } from '../switch/core/story-terminal.ts'
import { FrontDesk } from './front-desk.ts'

/** The first half of a surrogate pair: there is no UTF-8 for it alone. */
const HALF = '\ud83d'
const WHAT = 'an answer cannot be written'
const UNANSWERED = 'messages: unanswered, not to be written'

let desk: FrontDesk
let thrown: number

beforeEach(async () => {
  desk = await FrontDesk.open()
  thrown = 0
  vi.spyOn(globalThis, 'queueMicrotask').mockImplementation(() => void thrown++)
})

afterEach(() => void vi.restoreAllMocks())

const alarms = () => desk.story.running.notices.filter(({ what }) => what === WHAT)

it('an initialise whose parameters cannot be written has no answer and an alarm', async () => {
  const { database } = desk.story
  const settings = JSON.stringify({ footer: `thanks ${HALF}` })
  database.prepare('update terminal set settings = ? where id = 1').run(settings)
  const asked = { ...desk.story.sale(1), 3: '930000', 48: '01' }
  expect(await desk.ask('0800', asked)).toBeUndefined()
  const detail = '0810 to terminal 10000001: DE 63: a character that its format does not have'
  expect(alarms()).toEqual([{ level: 'alarm', what: WHAT, detail }])
  expect(desk.counted).toContain(UNANSWERED)
  expect(await desk.code('0800', { ...asked, 3: '990000' })).toBe('00')
  expect(await desk.code('0200', desk.story.sale(2))).toBe('00')
  expect([thrown, desk.closings]).toEqual([0, []])
})

it('a sale whose receipt cannot be written counts as unanswered, and its reversal ends it', async () => {
  const product = { nameEn: 'x', nameFa: 'x', creditRial: 1, redeem: '*1#{pin}#' }
  const receipts = { product: () => product, phone: '', footer: HALF }
  const { story } = desk
  const each = new FrontDesk(story, {}, { receipts })
  const sale = story.sale(1, { status: '07011' })
  for (const mti of ['0200', '0201']) expect(await each.ask(mti, sale)).toBeUndefined()
  expect([alarms().length, thrown, story.netDebits()]).toEqual([1, 0, 1])
  expect(story.book.answered.onTheirWay).toBe(0)
  expect(await each.code('0400', adviceFields(story.time, sale))).toBe('00')
  expect(story.journal('refund')).toMatchObject([{ counted: false }])
  await story.time.run(5_000)
  expect(story.netDebits()).toBe(0)
})
