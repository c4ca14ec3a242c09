// Requests for a second person: which are one and the same, how long they wait, and how many may.

import { beforeEach, expect, it } from 'vitest'
import { Approvals, type Asking } from '../../../switch/access/approvals.ts'
import { VirtualTime } from '../../simulation/virtual-time.ts'

const LIFE_MS = 900_000
const START_MS = Date.UTC(2026, 10, 22)

let time: VirtualTime
let approvals: Approvals
beforeEach(() => {
  time = new VirtualTime(START_MS)
  approvals = new Approvals(time, () => time.wallMs(), LIFE_MS)
})

const given = { params: { id: 3 }, query: {}, body: { as: 'reversed', note: 'letter 4' } }
const ASKING: Asking = { act: 'resolveSuspense', askedBy: 'sara', given, shown: {} }
const ask = (change: Partial<Asking> = {}) => approvals.ask({ ...ASKING, ...change })

it('what is asked again in another order of its words is the same request', () => {
  const { request, isNew } = ask()
  const body = { note: 'letter 4', as: 'reversed' }
  const again = ask({ given: { body, query: {}, params: { id: 3 } } })
  expect([isNew, again.isNew]).toEqual([true, false])
  expect(again.request.id).toBe(request.id)
})

it.each<[string, Partial<Asking>]>([
  ['login', { askedBy: 'dara' }],
  ['act', { act: 'changeVoucher' }],
  ['place', { given: { ...given, params: { id: 4 } } }],
  ['question', { given: { ...given, query: { institution: 1 } } }],
  ['word', { given: { ...given, body: { as: 'no-debit', note: 'letter 4' } } }],
])('what is asked with another %s is another request', (_what, change) => {
  const { request } = ask()
  expect(ask(change)).toMatchObject({ isNew: true })
  expect(approvals.list().filter(({ id }) => id === request.id)).toHaveLength(1)
  expect(approvals.list()).toHaveLength(2)
})

it('a request lasts from its first asking, however often it is asked again', () => {
  const { request } = ask()
  expect(request).toMatchObject({ askedMs: START_MS, endsMs: START_MS + LIFE_MS })
  time.advance(LIFE_MS - 1)
  expect(ask().request.id).toBe(request.id)
  time.advance(1)
  expect([approvals.find(request.id), approvals.list()]).toEqual([undefined, []])
  expect(ask()).toMatchObject({ isNew: true })
})

it('a thousand requests may wait, and those that are over make room', () => {
  const many = (count: number, from: number) => {
    for (let n = from; n < from + count; n++) ask({ given: { ...given, params: { id: n } } })
  }
  many(1_000, 1)
  const refused = expect.objectContaining({ code: 'NOT_READY' })
  expect(() => ask({ askedBy: 'dara' })).toThrow(refused)
  // One that waits already is found all the same.
  expect(ask().isNew).toBe(false)
  time.advance(LIFE_MS)
  many(1_000, 2_000)
  expect(approvals.list()).toHaveLength(1_000)
})
