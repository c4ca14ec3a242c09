// The queue of reversals in the hands of an administrator, and a start with more than one page.

import { describe, expect, it } from 'vitest'
import { FULL, WRITTEN } from './fake-journal.ts'
import { APPROVAL, QueueRig, reversalOf, SETTINGS } from './queue-rig.ts'

describe('the queue', () => {
  it('takes up more than one page of the store, down to the last', () => {
    const rig = new QueueRig({ window: 1, inMemory: 10_000 })
    for (let id = 1; id <= 2_001; id++) rig.store.set(id, reversalOf(id))
    rig.queue.start()
    expect(rig.queue.counts().open).toBe(2_001)
  })

  it('does not send again what an administrator ended, and frees its STAN', async () => {
    const rig = new QueueRig()
    for (const id of [1, 2]) {
      rig.open(id)
      rig.sent.at(-1)?.answer('12')
    }
    await rig.time.settle()
    expect(rig.queue.counts()).toEqual({ open: 2, suspense: 2, sending: 0 })
    rig.resolved(1)
    rig.resolved(404)
    expect(rig.forgotten).toEqual([reversalOf(1).host.stan])
    await rig.time.run(2 * SETTINGS.suspenseDelayMs)
    expect(rig.sent.slice(2).map(({ id }) => id)).toContain(2)
    expect(rig.sent.slice(2).map(({ id }) => id)).not.toContain(1)
  })

  it.each(['00', '12', '25'])(
    'writes nothing over the end that an administrator made while it was under way (%s)',
    async (reply) => {
      const rig = new QueueRig()
      rig.open(1)
      rig.resolved(1)
      await rig.answer(reply)
      await rig.time.run(2 * SETTINGS.suspenseDelayMs)
      expect(rig.written(1)).toEqual([])
      expect(rig.sent).toHaveLength(1)
      expect(rig.queue.counts()).toEqual({ open: 0, suspense: 0, sending: 0 })
    },
  )

  it('frees the STAN of one that was ended by hand while it was in the store alone', () => {
    const rig = new QueueRig()
    rig.store.set(1, reversalOf(1, { status: 'suspense', tries: 3 }))
    rig.resolved(1)
    expect(rig.forgotten).toEqual([reversalOf(1).host.stan])
  })

  it('sends again as perhaps sent what was in the store alone', () => {
    const rig = new QueueRig()
    rig.store.set(1, reversalOf(1))
    rig.queue.retry(1)
    expect(rig.sent).toMatchObject([{ id: 1, repeat: true }])
  })

  it('sends what waits in suspense at once when an administrator wants it', async () => {
    const rig = new QueueRig()
    rig.open(1)
    await rig.answer('12')
    rig.store.set(1, reversalOf(1, { tries: 1 }))
    rig.queue.retry(1)
    expect(rig.sent.map(({ id, atMs }) => [id, atMs])).toEqual([
      [1, 0],
      [1, 0],
    ])
    rig.queue.retry(1)
    expect(rig.sent).toHaveLength(2)
    await rig.answer('00')
    expect(rig.written(1).at(-1)).toBe('closed 00')
  })

  it('judges what an administrator sent again anew: refused again, it is written so again', async () => {
    const rig = new QueueRig()
    rig.open(1)
    await rig.answer('12')
    rig.store.set(1, reversalOf(1, { tries: 1 }))
    rig.queue.retry(1)
    expect(rig.queue.counts().suspense).toBe(0)
    await rig.answer('12')
    expect(rig.written(1)).toEqual(['suspense 12', 'suspense 12'])
  })

  it('keeps a late approval that the disk has not taken when one sends it again', async () => {
    const rig = new QueueRig()
    rig.open(1)
    await rig.answer('12')
    rig.journal.answer = () => FULL
    await rig.late(1)
    await rig.answer({ kind: 'silent' })
    rig.journal.answer = () => WRITTEN
    rig.store.set(1, reversalOf(1, { tries: 1 }))
    rig.queue.retry(1)
    await rig.answer('25')
    expect(rig.written(1).at(-1)).toBe('suspense 25')
    expect(rig.journal.of('reversal').at(-1)).toMatchObject({ approval: APPROVAL })
  })

  it('goes on with the first delay after an administrator sent it again', async () => {
    const rig = new QueueRig()
    rig.open(1)
    for (const delayMs of [1_000, 2_000, 4_000]) {
      await rig.answer({ kind: 'silent' })
      await rig.time.run(delayMs)
    }
    await rig.answer({ kind: 'silent' })
    rig.queue.retry(1)
    await rig.answer({ kind: 'silent' })
    const before = rig.sent.length
    await rig.time.run(SETTINGS.firstDelayMs)
    expect(rig.sent).toHaveLength(before + 1)
  })

  it('sends as a repeat what was sent before and waits in the store alone', () => {
    const rig = new QueueRig({ inMemory: 1 })
    rig.store.set(7, reversalOf(7, { tries: 3 }))
    rig.store.set(8, reversalOf(8))
    rig.queue.retry(7)
    expect(rig.sent.map(({ id, repeat }) => [id, repeat])).toEqual([[7, true]])
  })

  it('takes up what waits in the store though some stay in suspense for ever', async () => {
    const rig = new QueueRig({ window: 1, inMemory: 4 })
    for (let id = 1; id <= 8; id++) rig.open(id)
    await rig.answer('12')
    for (let id = 2; id <= 8; id++) {
      rig.store.delete(rig.sent.at(-1)?.id ?? 0)
      await rig.answer('00')
    }
    expect(new Set(rig.sent.map(({ id }) => id)).size).toBe(8)
  })

  it('goes on with the others when one that waits for its place is ended by hand', async () => {
    const rig = new QueueRig({ window: 1 })
    for (const id of [1, 2, 3]) rig.open(id)
    rig.resolved(2)
    await rig.answer('00')
    expect(rig.sent.map(({ id }) => id)).toEqual([1, 3])
    await rig.answer('00')
    expect(rig.queue.counts()).toEqual({ open: 0, suspense: 0, sending: 0 })
  })

  it('does not take an answer from before an end by hand for one to what came after it', async () => {
    const rig = new QueueRig()
    rig.open(1)
    rig.resolved(1)
    await rig.late(1)
    expect(rig.sent).toHaveLength(2)
    rig.sent[0]?.answer('00')
    await rig.time.settle()
    expect(rig.queue.counts().open).toBe(1)
    expect(rig.written(1)).toEqual(['pending -'])
    await rig.answer('00')
    expect(rig.written(1)).toEqual(['pending -', 'watched 00'])
  })

  it.each([
    ['before', 1],
    ['after', 0],
  ] as const)(
    'goes on with one whose approval was written %s the end by hand was told',
    async (_, waitsFirst) => {
      const rig = new QueueRig()
      rig.open(1)
      await rig.answer('12')
      rig.journal.waits = true
      const late = rig.late(1)
      if (waitsFirst === 1) rig.store.set(1, reversalOf(1, { approval: APPROVAL, tries: 1 }))
      if (waitsFirst === 1) rig.queue.resolved(1)
      else rig.resolved(1)
      rig.journal.answerAll()
      await late
      rig.journal.waits = false
      expect(rig.sent).toHaveLength(2)
      expect(rig.sent[1]?.reversal.approval).toEqual(APPROVAL)
      await rig.answer('00')
      expect(rig.written(1).at(-1)).toBe('watched 00')
    },
  )
})
