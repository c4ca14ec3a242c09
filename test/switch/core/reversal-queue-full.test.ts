// More open reversals than memory holds, and some that nobody answers or that are refused for ever:
// every other one is sent all the same.

import { describe, expect, it } from 'vitest'
import { FULL, WRITTEN } from './fake-journal.ts'
import { APPROVAL, QueueRig, reversalOf, SETTINGS } from './queue-rig.ts'

/** Answers whatever is sent, from that one on, and closes what is answered 00, for so long. */
async function answering(
  rig: QueueRig,
  ms: number,
  answerTo: (id: number) => string | undefined,
  from = 0,
) {
  let at = from
  for (let passedMs = 0; passedMs <= ms; passedMs += 100) {
    while (at < rig.sent.length) {
      const sent = rig.sent[at++]
      const code = answerTo(sent?.id ?? 0)
      if (code === '00') rig.store.delete(sent?.id ?? 0)
      sent?.answer(code ?? { kind: 'silent' })
      await rig.time.settle()
    }
    await rig.time.run(100)
  }
}

describe('a reversal, where memory is full', () => {
  it('takes the place of one that waits, which comes again', async () => {
    const rig = new QueueRig({ window: 1, inMemory: 2 })
    rig.open(1)
    await rig.answer({ kind: 'silent' })
    rig.open(2)
    await rig.answer({ kind: 'silent' })
    rig.open(3)
    expect(rig.sent.map(({ id }) => id)).toEqual([1, 2, 3])
    await answering(rig, 60_000, () => '00', 2)
    expect([...rig.store.keys()]).toEqual([])
    expect(rig.queue.counts().open).toBe(0)
  })

  it('is a repeat when it comes again', async () => {
    const rig = new QueueRig({ window: 1, inMemory: 2 })
    for (const id of [1, 2]) {
      rig.open(id)
      await rig.answer({ kind: 'silent' })
    }
    rig.open(3)
    await answering(rig, 60_000, () => '00', 2)
    const again = rig.sent.slice(3).find(({ id }) => id === 1)
    expect(again?.repeat).toBe(true)
  })

  it('takes no other trace for a late approval each time it comes again, once in suspense', async () => {
    const rig = new QueueRig({ window: 1, inMemory: 1, lateApproval: () => 'fresh' })
    const approved = { approval: APPROVAL, wasReopened: true, tries: 2 }
    rig.open(1, { ...approved, status: 'suspense' })
    rig.open(2, { ...approved, status: 'suspense' })
    await answering(rig, 1_000_000, () => '25')
    expect(new Set(rig.sent.map(({ id }) => id))).toEqual(new Set([1, 2]))
    expect(rig.sent.length).toBeGreaterThan(4)
    expect(rig.sent.filter(({ reversal }) => reversal.trace.stan.startsWith('7'))).toEqual([])
  })

  it.each([
    ['says nothing', undefined],
    ['refuses for ever', '12'],
  ])('has its turn though a host %s to as many as memory holds', async (_, code) => {
    const rig = new QueueRig({ window: 2, inMemory: 4 })
    for (let id = 1; id <= 30; id++) rig.store.set(id, reversalOf(id))
    rig.queue.start()
    await answering(rig, 3 * SETTINGS.suspenseDelayMs, (id) => (id <= 10 ? code : '00'))
    expect([...rig.store.keys()]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    // Nor are those forgotten: the host may think better of it.
    await answering(rig, 3 * SETTINGS.suspenseDelayMs, () => '00')
    expect([...rig.store.keys()]).toEqual([])
  })

  it('is sent at once though another host says nothing to more than memory holds', async () => {
    const rig = new QueueRig({ window: 2, inMemory: 6 })
    const host = { ...reversalOf(99).host, link: 'other' }
    for (let id = 1; id <= 20; id++) rig.open(id)
    rig.open(99, { host })
    expect(rig.sent.map(({ id }) => id)).toEqual([1, 2, 99])
    await answering(rig, 60_000, () => '00')
    expect([...rig.store.keys()]).toEqual([])
    expect(rig.queue.counts()).toEqual({ open: 0, suspense: 0, sending: 0 })
  })

  it('gives no place away while it is on its way, or being written', async () => {
    const rig = new QueueRig({ window: 2, inMemory: 2 })
    rig.open(1)
    rig.open(2)
    rig.open(3)
    expect(rig.sent.map(({ id }) => id)).toEqual([1, 2])
    await answering(rig, 60_000, () => '00')
    expect(rig.sent.filter(({ id }) => id === 1)).toHaveLength(1)
    expect([...rig.store.keys()]).toEqual([])
  })

  it('keeps its place when an approval was seen late: the store may not know of it', async () => {
    const rig = new QueueRig({ window: 1, inMemory: 2 })
    rig.open(1)
    await rig.answer({ kind: 'silent' })
    rig.journal.answer = () => FULL
    await rig.late(1)
    await rig.answer({ kind: 'silent' })
    for (const id of [2, 3, 4]) {
      rig.open(id)
      await rig.answer({ kind: 'silent' })
    }
    rig.journal.answer = () => WRITTEN
    await answering(rig, 60_000, (id) => (id === 1 ? '25' : '00'))
    // Refused against an approval: never taken for a sale without a debit.
    expect(rig.written(1).at(-1)).toBe('suspense 25')
  })

  it('takes the place of one with a late approval that the store knows, of many such', async () => {
    const rig = new QueueRig({ window: 100, inMemory: 70 })
    for (let id = 1; id <= 70; id++) {
      const change = { approval: APPROVAL, wasReopened: true, tries: 1 }
      rig.store.set(id, reversalOf(id, change))
    }
    rig.queue.start()
    for (const sent of rig.sent) sent.answer({ kind: 'silent' })
    await rig.time.settle()
    rig.open(71)
    expect(rig.sent.at(-1)?.id).toBe(71)
    await answering(rig, 60_000, () => '00', 70)
    expect(rig.store.size).toBe(0)
    expect(rig.written(1)).toEqual(['watched 00'])
  })

  it('takes no place of a fresh one of a late approval that was never sent', async () => {
    const rig = new QueueRig({ window: 1, inMemory: 2, lateApproval: () => 'fresh' })
    rig.open(9)
    rig.store.set(1, reversalOf(1, { status: 'closed' }))
    await rig.late(1)
    await rig.answer({ kind: 'not-sent' })
    await rig.answer({ kind: 'not-sent' })
    rig.open(2)
    await answering(rig, 60_000, () => '00', 2)
    expect(rig.sent.filter(({ id }) => id === 1).map(({ repeat }) => repeat)).toEqual([
      false,
      false,
    ])
  })

  it('takes no place of one that is due with a late approval unknown to the store', async () => {
    const rig = new QueueRig({ window: 1, inMemory: 3 })
    rig.store.set(3, reversalOf(3, { status: 'closed', tries: 1 }))
    for (const id of [1, 2]) rig.open(id)
    rig.journal.answer = () => FULL
    await rig.late(3)
    rig.journal.answer = () => WRITTEN
    rig.open(4)
    await answering(rig, 60_000, () => '00')
    expect(rig.written(3).at(-1)).toBe('watched 00')
    expect(rig.sent.map(({ id }) => id).sort()).toEqual([1, 2, 3, 4])
  })

  it('keeps its place when the store took an older record of it, and no approval', async () => {
    const rig = new QueueRig({ window: 1, inMemory: 1 })
    rig.open(1)
    rig.journal.waits = true
    await rig.answer('25')
    const late = rig.late(1)
    rig.journal.answer = (record) =>
      record.kind === 'reversal' && record.approval !== undefined ? FULL : WRITTEN
    rig.journal.answerAll()
    await late
    rig.store.set(1, reversalOf(1, { status: 'unfound', tries: 1 }))
    rig.journal.waits = false
    await rig.answer({ kind: 'silent' })
    rig.open(2)
    rig.journal.answer = () => WRITTEN
    await answering(rig, 4 * SETTINGS.cardHostTimeoutMs, (id) => (id === 1 ? '25' : '00'), 2)
    expect(rig.written(1)).not.toContain('no-debit 25')
    expect(rig.journal.of('reversal').find(({ status }) => status === 'suspense')).toMatchObject({
      ...{ id: 1, responseCode: '25', approval: APPROVAL },
    })
  })

  it('is taken up when an administrator ended all that memory held', async () => {
    const rig = new QueueRig({ window: 2, inMemory: 2 })
    for (const id of [1, 2]) {
      rig.open(id)
      await rig.answer('12')
    }
    rig.store.set(3, reversalOf(3))
    rig.queue.open(3)
    await rig.answer('12')
    for (const id of [2, 3]) {
      rig.store.delete(id)
      rig.queue.resolved(id)
    }
    expect(rig.sent.at(-1)?.id).toBe(1)
  })

  it('that was not found and gave its place away is asked again no earlier for it', async () => {
    const rig = new QueueRig({ window: 2, inMemory: 2 })
    rig.open(1)
    await rig.answer('25')
    rig.store.set(1, reversalOf(1, { status: 'unfound', tries: 1 }))
    rig.open(2)
    rig.open(3)
    rig.store.delete(3)
    await rig.answer('00')
    await rig.time.run(49_999)
    expect(rig.sent.map(({ id }) => id)).toEqual([1, 2, 3])
    await rig.time.run(SETTINGS.firstDelayMs + 1)
    expect(rig.sent.at(-1)).toMatchObject({ id: 1, repeat: true })
    await rig.answer('25')
    expect(rig.written(1)).toEqual(['unfound 25', 'no-debit 25'])
  })

  it('that was not found is asked again in time though others take its place all the while', async () => {
    const rig = new QueueRig({ window: 2, inMemory: 4 })
    for (let id = 1; id <= 30; id++) rig.store.set(id, reversalOf(id))
    const asked = new Map<number, number[]>()
    rig.queue.start()
    await answering(rig, 3 * SETTINGS.cardHostTimeoutMs, (id) => {
      const times = asked.get(id) ?? []
      asked.set(id, [...times, rig.time.monotonicMs()])
      const isSecond = times.length > 0
      rig.store.set(id, reversalOf(id, { status: isSecond ? 'no-debit' : 'unfound', tries: 1 }))
      return '25'
    })
    expect([...asked.values()].map(({ length }) => length)).toEqual(Array(30).fill(2))
    const waits = [...asked.values()].map(([first = 0, second = 0]) => second - first)
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(2 * SETTINGS.cardHostTimeoutMs)
    expect(Math.max(...waits)).toBeLessThan(2.5 * SETTINGS.cardHostTimeoutMs)
  })

  it('is sent at once after a start though all that memory holds was not found', async () => {
    const rig = new QueueRig({ window: 2, inMemory: 2 })
    for (const id of [1, 2, 3]) rig.store.set(id, reversalOf(id, { status: 'unfound', tries: 1 }))
    rig.store.set(4, reversalOf(4))
    rig.queue.start()
    await rig.time.run(2 * SETTINGS.firstDelayMs)
    expect(rig.sent.map(({ id }) => id)).toEqual([4])
  })

  it('and refused is repeated slowly, not whenever there is a place for it', async () => {
    const rig = new QueueRig({ window: 2, inMemory: 2 })
    for (let id = 1; id <= 6; id++) rig.store.set(id, reversalOf(id))
    rig.queue.start()
    await answering(rig, SETTINGS.suspenseDelayMs - 10_000, (id) => {
      rig.store.set(id, reversalOf(id, { status: 'suspense', tries: 1 }))
      return '12'
    })
    expect(rig.sent.map(({ id }) => id).sort()).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('is not read from the store any more once the queue has stopped: that may be closed', async () => {
    const rig = new QueueRig({ window: 2, inMemory: 2 })
    for (let id = 1; id <= 5; id++) rig.store.set(id, reversalOf(id))
    rig.queue.start()
    await rig.time.run(2 * SETTINGS.firstDelayMs)
    rig.queue.stop()
    const before = rig.pagesRead
    expect(before).toBeGreaterThan(1)
    await rig.time.run(5 * SETTINGS.firstDelayMs)
    expect(rig.pagesRead).toBe(before)
  })

  it('is not read from the store for an answer after the queue has stopped', async () => {
    const rig = new QueueRig({ window: 2, inMemory: 2 })
    for (let id = 1; id <= 5; id++) rig.store.set(id, reversalOf(id))
    rig.queue.start()
    rig.queue.stop()
    const before = rig.pagesRead
    for (const sent of rig.sent) sent.answer('00')
    await rig.time.settle()
    expect([rig.written(1), rig.written(2)]).toEqual([['closed 00'], ['closed 00']])
    expect(rig.pagesRead).toBe(before)
  })

  it('and was not found is sent at once when an administrator wants it', async () => {
    const rig = new QueueRig({ window: 2, inMemory: 2 })
    rig.open(1)
    await rig.answer('25')
    rig.open(2)
    rig.open(3)
    await rig.answer('00')
    rig.store.set(1, reversalOf(1, { tries: 1 }))
    rig.queue.retry(1)
    expect(rig.sent.at(-1)).toMatchObject({ id: 1, atMs: 0, repeat: true })
  })
})
