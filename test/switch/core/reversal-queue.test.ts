// The reversals towards the card host: the course of the queue over silence, refusal, restarts and
// a full disk.

import { describe, expect, it } from 'vitest'
import type { ReversalReply } from '../../../switch/core/card-host.ts'
import { FULL, WRITTEN } from './fake-journal.ts'
import { APPROVAL, QueueRig, reversalOf, SETTINGS } from './queue-rig.ts'

const SILENT: ReversalReply = { kind: 'silent' }
const NOT_SENT: ReversalReply = { kind: 'not-sent' }

describe('a reversal', () => {
  it('is sent at once as 0420, and 00 ends it: written, and its STAN free again', async () => {
    const rig = new QueueRig()
    rig.open(1)
    expect(rig.sent).toMatchObject([{ id: 1, repeat: false, atMs: 0 }])
    rig.journal.waits = true
    await rig.answer('00')
    expect(rig.forgotten).toEqual([])
    rig.journal.answerAll()
    await rig.time.settle()
    expect(rig.journal.of('reversal')).toMatchObject([{ id: 1, status: 'closed', tries: 1 }])
    expect(rig.forgotten).toEqual(['000001'])
    expect(rig.queue.counts()).toEqual({ open: 0, suspense: 0, sending: 0 })
    await rig.time.run(10_000_000)
    expect(rig.sent).toHaveLength(1)
  })

  it('that is not answered is repeated as 0421 for ever, with growing delay', async () => {
    const rig = new QueueRig()
    rig.open(1)
    for (let n = 0; n < 8; n++) {
      await rig.answer(SILENT)
      await rig.time.run(SETTINGS.mostDelayMs)
    }
    const times = rig.sent.map(({ atMs }) => atMs)
    const waits = times.slice(1).map((atMs, n) => atMs - (n === 0 ? 0 : SETTINGS.mostDelayMs * n))
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000, 8_000])
    expect(rig.sent.map(({ repeat }) => repeat)).toEqual([false, ...Array(8).fill(true)])
    expect(rig.journal.records).toEqual([])
  })

  it('that could not be sent is not yet a repeat', async () => {
    const rig = new QueueRig()
    rig.open(1)
    await rig.answer(NOT_SENT)
    await rig.time.run(1_000)
    expect(rig.sent.map(({ repeat }) => repeat)).toEqual([false, false])
    await rig.answer('00')
    expect(rig.journal.of('reversal')).toMatchObject([{ tries: 1 }])
  })

  it('answered 25 is asked again after twice the host deadline, then no debit', async () => {
    const rig = new QueueRig()
    rig.open(1)
    await rig.answer('25')
    expect(rig.written(1)).toEqual(['unfound 25'])
    expect(rig.forgotten).toEqual([])
    await rig.time.run(49_999)
    expect(rig.sent).toHaveLength(1)
    rig.queue.hostUp('bank')
    expect(rig.sent).toHaveLength(1)
    await rig.time.run(1)
    expect(rig.sent.at(-1)).toMatchObject({ id: 1, repeat: true })
    await rig.answer('25')
    expect(rig.written(1)).toEqual(['unfound 25', 'no-debit 25'])
    expect(rig.queue.counts().open).toBe(0)
  })

  it('answered 25 against an approval is suspense, with an alarm, and repeated', async () => {
    const rig = new QueueRig()
    rig.open(1, { approval: APPROVAL })
    await rig.answer('25')
    expect(rig.written(1)).toEqual(['suspense 25'])
    expect(rig.notices).toMatchObject([{ level: 'alarm', saleId: 1, detail: 'answered 25' }])
    expect(rig.queue.counts()).toMatchObject({ open: 1, suspense: 1 })
    rig.queue.hostUp('bank')
    await rig.time.run(299_999)
    expect(rig.sent).toHaveLength(1)
    await rig.time.run(1)
    expect(rig.sent).toHaveLength(2)
    await rig.answer('00')
    expect(rig.written(1)).toEqual(['suspense 25', 'closed 00'])
  })

  it('whose card number is gone is suspense at once, and is asked for slowly', async () => {
    const rig = new QueueRig()
    rig.open(1)
    await rig.answer({ kind: 'no-card' })
    expect(rig.journal.of('reversal')).toMatchObject([{ status: 'suspense', tries: 0 }])
    expect(rig.notices).toMatchObject([{ level: 'alarm', saleId: 1, detail: 'no card number' }])
    await rig.time.run(299_999)
    expect(rig.sent).toHaveLength(1)
    await rig.time.run(1)
    expect(rig.sent.map(({ repeat }) => repeat)).toEqual([false, false])
  })

  it('whose end is not written goes on until it is', async () => {
    const rig = new QueueRig()
    rig.journal.answer = () => FULL
    rig.open(1)
    await rig.answer('00')
    expect(rig.queue.counts().open).toBe(1)
    expect(rig.forgotten).toEqual([])
    rig.journal.answer = () => WRITTEN
    await rig.time.run(1_000)
    await rig.answer('00')
    expect(rig.written(1)).toEqual(['closed 00', 'closed 00'])
    expect(rig.forgotten).toEqual(['000001'])
  })

  it('whose suspense is not written is written at the next refusal', async () => {
    const rig = new QueueRig()
    rig.journal.answer = () => FULL
    rig.open(1)
    await rig.answer('12')
    rig.journal.answer = () => WRITTEN
    await rig.time.run(300_000)
    await rig.answer('12')
    expect(rig.written(1)).toEqual(['suspense 12', 'suspense 12'])
  })

  it('whose first 25 is not written needs two more', async () => {
    const rig = new QueueRig()
    rig.journal.answer = () => FULL
    rig.open(1)
    await rig.answer('25')
    rig.journal.answer = () => WRITTEN
    await rig.time.run(50_000)
    await rig.answer('25')
    expect(rig.written(1).at(-1)).toBe('unfound 25')
    await rig.time.run(50_000)
    await rig.answer('25')
    expect(rig.written(1).at(-1)).toBe('no-debit 25')
  })

  it('that is not in the store is our own bug', () => {
    expect(() => new QueueRig().queue.open(1)).toThrow('is not in the store')
  })
})

describe('the queue', () => {
  it('takes up after a start all that is open, as perhaps sent before', async () => {
    const rig = new QueueRig({ window: 10 })
    const statuses = ['pending', 'suspense', 'closed', 'no-debit', 'watched'] as const
    statuses.forEach((status, n) => {
      rig.store.set(n + 1, reversalOf(n + 1, { status }))
    })
    rig.queue.start()
    expect(rig.sent.map(({ id, repeat }) => [id, repeat])).toEqual([1, 2].map((id) => [id, true]))
    await rig.time.settle()
  })

  it('does not know after a start when 25 was answered, and waits as if it were just now', async () => {
    const rig = new QueueRig()
    rig.store.set(1, reversalOf(1, { status: 'unfound', tries: 1 }))
    rig.queue.start()
    await rig.time.run(49_999)
    expect(rig.sent).toEqual([])
    await rig.time.run(1)
    expect(rig.sent).toMatchObject([{ id: 1, repeat: true }])
    await rig.answer('25')
    expect(rig.written(1)).toEqual(['no-debit 25'])
  })

  it('sends the reversal of an intent that recovery just ended as a 0420', async () => {
    const rig = new QueueRig({ window: 10 })
    for (const id of [1, 2]) rig.store.set(id, reversalOf(id, { status: 'pending' }))
    rig.queue.start(new Set([2]))
    expect(rig.sent.map(({ id, repeat }) => [id, repeat])).toEqual([
      [1, true],
      [2, false],
    ])
    await rig.time.settle()
  })

  it('has no more on their way than its window', async () => {
    const rig = new QueueRig({ window: 2 })
    for (let id = 1; id <= 5; id++) rig.open(id)
    expect(rig.sent.map(({ id }) => id)).toEqual([1, 2])
    rig.sent[0]?.answer('00')
    await rig.time.settle()
    expect(rig.sent.map(({ id }) => id)).toEqual([1, 2, 3])
    expect(rig.queue.counts()).toEqual({ open: 4, suspense: 0, sending: 2 })
  })

  it('does not keep the host waiting for a commit, and no more than a commit holds', async () => {
    const rig = new QueueRig({ window: 1, writingMost: 2 })
    rig.journal.waits = true
    for (let id = 1; id <= 5; id++) rig.open(id)
    await rig.answer('00')
    expect(rig.sent.map(({ id }) => id)).toEqual([1, 2])
    await rig.answer('00')
    expect(rig.sent.map(({ id }) => id)).toEqual([1, 2])
    rig.journal.answerAll()
    await rig.time.settle()
    expect(rig.sent.map(({ id }) => id)).toEqual([1, 2, 3])
    expect(rig.queue.counts()).toEqual({ open: 3, suspense: 0, sending: 1 })
  })

  it('goes on however often the host was silent: silence is not on its way into a commit', async () => {
    const rig = new QueueRig({ writingMost: 2 })
    rig.open(1)
    for (let times = 0; times < 5; times++) {
      await rig.answer({ kind: 'silent' })
      await rig.time.run(SETTINGS.mostDelayMs)
    }
    expect(rig.sent).toHaveLength(6)
    await rig.answer('00')
    expect(rig.written(1)).toEqual(['closed 00'])
  })

  it('sends every one of a long queue once, in order', async () => {
    const rig = new QueueRig({ window: 1, inMemory: 5_000 })
    for (let id = 1; id <= 2_500; id++) rig.open(id)
    for (let n = 0; n < 2_500; n++) await rig.answer('00')
    expect(rig.sent.map(({ id }) => id)).toEqual(Array.from({ length: 2_500 }, (_, n) => n + 1))
  })

  it('keeps the rest in the store when memory is full, and forgets none of it', async () => {
    const rig = new QueueRig({ window: 1, inMemory: 4 })
    for (let id = 1; id <= 12; id++) rig.open(id)
    expect(rig.queue.counts().open).toBe(4)
    for (let n = 0; n < 12; n++) {
      const { id = 0 } = rig.sent.at(-1) ?? {}
      rig.store.delete(id)
      await rig.answer('00')
    }
    expect(new Set(rig.sent.map(({ id }) => id)).size).toBe(12)
    expect(rig.queue.counts().open).toBe(0)
  })

  it('does not send a reversal twice that a page of the store brought already', async () => {
    const rig = new QueueRig({ window: 10 })
    rig.store.set(1, reversalOf(1))
    rig.queue.start()
    rig.queue.open(1)
    expect(rig.sent).toHaveLength(1)
    await rig.answer('00')
    expect(rig.queue.counts()).toEqual({ open: 0, suspense: 0, sending: 0 })
  })

  it('sends what waits for a host when that host is up, with the first delay again', async () => {
    const rig = new QueueRig()
    rig.open(1)
    for (let n = 0; n < 4; n++) {
      await rig.answer(NOT_SENT)
      await rig.time.run(8_000)
    }
    await rig.answer(NOT_SENT)
    expect(rig.sent).toHaveLength(5)
    rig.queue.hostUp('other')
    expect(rig.sent).toHaveLength(5)
    rig.queue.hostUp('bank')
    expect(rig.sent).toHaveLength(6)
    await rig.answer(NOT_SENT)
    await rig.time.run(1_000)
    expect(rig.sent).toHaveLength(7)
  })

  it('sends nothing more once it is stopped', async () => {
    const rig = new QueueRig({ window: 1 })
    rig.open(1)
    rig.open(2)
    rig.queue.stop()
    await rig.answer(SILENT)
    await rig.time.run(1_000_000)
    expect(rig.sent).toHaveLength(1)
  })
})
