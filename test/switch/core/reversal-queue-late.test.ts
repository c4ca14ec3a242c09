// An approval that nobody waited for any more, at every moment of its reversal: opened again, told
// to the host as the profile says, and watched.

import { describe, expect, it } from 'vitest'
import type { ReversalReply } from '../../../switch/core/card-host.ts'
import type { WriteResult } from '../../../switch/core/journal.ts'
import { FULL, WRITTEN } from './fake-journal.ts'
import { APPROVAL, QueueRig, reversalOf, SETTINGS } from './queue-rig.ts'

const SILENT: ReversalReply = { kind: 'silent' }
const GUARD: WriteResult = { kind: 'rolled-back', reason: 'guard', detail: 'test' }

describe('a late approval', () => {
  it('before the reversal is answered keeps it open until a newer reply reverses it', async () => {
    const rig = new QueueRig()
    rig.open(1)
    expect(await rig.late(1)).toBe(true)
    expect(rig.journal.of('reversal')).toMatchObject([
      { status: 'pending', approval: APPROVAL, why: 'late approval', fresh: undefined },
    ])
    await rig.answer('00')
    expect(rig.queue.counts().open).toBe(1)
    await rig.time.run(0)
    expect(rig.sent).toHaveLength(2)
    expect(rig.sent[1]).toMatchObject({ repeat: true, reversal: { approval: APPROVAL } })
    await rig.answer('00')
    expect(rig.written(1)).toEqual(['pending -', 'watched 00'])
    expect(rig.queue.counts().open).toBe(0)
  })

  it('while the reversal waits sends it at once', async () => {
    const rig = new QueueRig()
    rig.open(1)
    await rig.answer('25')
    await rig.late(1)
    expect(rig.sent).toHaveLength(2)
    await rig.answer('25')
    expect(rig.written(1)).toEqual(['unfound 25', 'pending -', 'suspense 25'])
  })

  it('while the end of the reversal is being written opens it again', async () => {
    const rig = new QueueRig()
    rig.open(1)
    rig.journal.waits = true
    await rig.answer('00')
    const late = rig.late(1)
    rig.journal.answerAll()
    expect(await late).toBe(true)
    await rig.time.settle()
    rig.journal.answerAll()
    await rig.time.run(0)
    expect(rig.written(1)).toEqual(['closed 00', 'pending -', 'pending -'])
    expect(rig.forgotten).toEqual([])
    expect(rig.sent).toHaveLength(2)
    rig.journal.waits = false
    await rig.answer('00')
    expect(rig.written(1).at(-1)).toBe('watched 00')
    expect(rig.queue.counts().open).toBe(0)
  })

  it('stays open in the store where a full disk lets the end be written behind it', async () => {
    const rig = new QueueRig({ lateApproval: () => 'fresh' })
    rig.open(1)
    rig.journal.waits = true
    await rig.answer('00')
    const late = rig.late(1)
    // The approval first, then the record that was refused: it is written again, and knows nothing.
    rig.journal.answerLast()
    expect(await late).toBe(true)
    rig.journal.waits = false
    rig.journal.answer = ({ kind, ...record }) =>
      kind === 'reversal' && 'unapproved' in record && record.unapproved === true ? GUARD : WRITTEN
    rig.journal.answerAll()
    await rig.time.run(0)
    expect(rig.written(1)).toEqual(['closed 00', 'pending -'])
    const fresh = { stan: '700001', transmission: '0722090000' }
    expect(rig.sent.at(-1)).toMatchObject({ repeat: false, reversal: { trace: fresh } })
    await rig.answer('00')
    expect(rig.written(1).at(-1)).toBe('watched 00')
  })

  it.each(['closed', 'no-debit'] as const)(
    'after the reversal ended as %s repeats it, every field kept, and watches it',
    async (status) => {
      const rig = new QueueRig()
      rig.store.set(1, reversalOf(1, { status, tries: 1 }))
      expect(await rig.late(1)).toBe(true)
      expect(rig.sent).toMatchObject([{ id: 1, repeat: true }])
      expect(rig.sent[0]?.reversal.trace).toEqual(reversalOf(1).trace)
      await rig.answer('00')
      expect(rig.written(1)).toEqual(['pending -', 'watched 00'])
    },
  )

  it('after the reversal ended sends a fresh 0420 where the profile says so', async () => {
    const rig = new QueueRig({ lateApproval: () => 'fresh' })
    rig.store.set(1, reversalOf(1, { status: 'closed', tries: 1 }))
    await rig.late(1)
    const fresh = { stan: '700001', transmission: '0722090000' }
    expect(rig.journal.of('reversal')).toMatchObject([{ fresh }])
    expect(rig.sent[0]?.reversal.trace).toEqual(fresh)
    expect(rig.sent[0]?.reversal.host).toEqual(reversalOf(1).host)
    expect(rig.sent[0]?.repeat).toBe(false)
    await rig.answer(SILENT)
    await rig.time.run(1_000)
    expect(rig.sent[1]).toMatchObject({ repeat: true, reversal: { trace: fresh } })
  })

  it.each(['unfound', 'suspense'] as const)(
    'after a reversal was answered, and is %s, sends a fresh 0420 where the profile says so',
    async (status) => {
      const rig = new QueueRig({ lateApproval: () => 'fresh' })
      rig.open(1)
      await rig.answer(status === 'unfound' ? '25' : '12')
      expect(rig.written(1).at(-1)).toContain(status)
      await rig.late(1)
      const fresh = { stan: '700001', transmission: '0722090000' }
      expect(rig.journal.of('reversal').at(-1)).toMatchObject({ status: 'pending', fresh })
      expect(rig.sent.at(-1)).toMatchObject({ repeat: false, reversal: { trace: fresh } })
      await rig.answer('00')
      expect(rig.written(1).at(-1)).toBe('watched 00')
    },
  )

  it('is an alarm, and undone as the profile of its own card host says', async () => {
    const rig = new QueueRig({ lateApproval: (link) => (link === 'other' ? 'fresh' : 'repeat') })
    const host = { ...reversalOf(2).host, link: 'other' }
    rig.store.set(1, reversalOf(1, { status: 'closed', tries: 1 }))
    rig.store.set(2, reversalOf(2, { status: 'closed', tries: 1, host }))
    await rig.late(1)
    await rig.queue.lateApproval(host, reversalOf(2).tid, APPROVAL)
    expect(rig.sent.map(({ id, repeat }) => [id, repeat])).toEqual([
      [1, true],
      [2, false],
    ])
    const alarm = { level: 'alarm', what: 'late approval' }
    expect(rig.notices).toEqual([1, 2].map((saleId) => ({ ...alarm, saleId })))
  })

  it('while the end of the reversal is being written sends a fresh one as 0420, too', async () => {
    const rig = new QueueRig({ lateApproval: () => 'fresh' })
    rig.open(1)
    rig.journal.waits = true
    await rig.answer('00')
    const late = rig.late(1)
    rig.journal.answerAll()
    await late
    rig.journal.answerAll()
    await rig.time.run(0)
    expect(rig.sent.map(({ repeat }) => repeat)).toEqual([false, false])
    expect(rig.sent[1]?.reversal.trace.stan).toBe('700001')
  })

  it('while a reversal whose end was not written is sent again is not taken for sent', async () => {
    const rig = new QueueRig({ lateApproval: () => 'fresh' })
    rig.open(1)
    rig.journal.answer = () => FULL
    await rig.answer('00')
    rig.journal.answer = () => WRITTEN
    await rig.time.run(1_000)
    await rig.late(1)
    await rig.answer('00')
    await rig.time.run(0)
    expect(rig.sent.map(({ repeat }) => repeat)).toEqual([false, true, false])
    expect(rig.sent[2]?.reversal.trace.stan).toBe('700001')
  })

  it('whose fresh 0420 the disk did not take is written with what comes of it', async () => {
    const rig = new QueueRig({ lateApproval: () => 'fresh' })
    rig.store.set(1, reversalOf(1, { status: 'closed', tries: 1 }))
    rig.journal.answer = () => FULL
    await rig.late(1)
    rig.journal.answer = () => WRITTEN
    await rig.answer('12')
    const fresh = { stan: '700001', transmission: '0722090000' }
    expect(rig.journal.of('reversal').at(-1)).toMatchObject({ status: 'suspense', fresh })
    await rig.time.run(SETTINGS.suspenseDelayMs)
    await rig.answer('00')
    // From then on the store has it.
    expect(rig.journal.of('reversal').at(-1)).toMatchObject({ status: 'watched', fresh: undefined })
  })

  it('before the reversal ended keeps its trace, whatever the profile says', async () => {
    const rig = new QueueRig({ lateApproval: () => 'fresh' })
    rig.open(1)
    await rig.answer(SILENT)
    await rig.late(1)
    expect(rig.sent.at(-1)?.reversal.trace).toEqual(reversalOf(1).trace)
  })

  it.each(['25', '00', '12'])(
    'while the reversal is under way takes a fresh 0420, for its answer %s may be older',
    async (reply) => {
      const rig = new QueueRig({ lateApproval: () => 'fresh' })
      rig.open(1)
      await rig.late(1)
      await rig.answer(reply)
      await rig.time.run(0)
      const fresh = { stan: '700001', transmission: '0722090000' }
      expect(rig.sent[1]).toMatchObject({ repeat: false, reversal: { trace: fresh } })
      const about = { status: 'pending', approval: APPROVAL, why: 'late approval', fresh }
      expect(rig.journal.of('reversal').at(-1)).toMatchObject(about)
      await rig.answer('00')
      expect(rig.written(1).at(-1)).toBe('watched 00')
    },
  )

  it('after silence takes one when the repeat is answered 25, and one alone', async () => {
    const rig = new QueueRig({ lateApproval: () => 'fresh' })
    rig.open(1)
    await rig.answer(SILENT)
    await rig.late(1)
    await rig.answer('25')
    await rig.time.run(0)
    expect(rig.sent.map(({ repeat }) => repeat)).toEqual([false, true, false])
    await rig.answer('25')
    expect(rig.written(1).at(-1)).toBe('suspense 25')
    const stored = reversalOf(1, { approval: APPROVAL, wasReopened: true })
    rig.store.set(1, { ...stored, trace: rig.sent[2]?.reversal.trace ?? stored.trace })
    rig.queue.retry(1)
    await rig.answer('25')
    expect(rig.written(1).at(-1)).toBe('suspense 25')
    expect(rig.sent).toHaveLength(4)
  })

  it('has a fresh 0420 also where a person has it sent again and the answer is 25', async () => {
    const rig = new QueueRig({ lateApproval: () => 'fresh' })
    const approved = { approval: APPROVAL, wasReopened: true, tries: 2 }
    rig.open(1, { ...approved, status: 'suspense' })
    await rig.answer('12')
    rig.store.set(1, reversalOf(1, approved))
    rig.queue.retry(1)
    await rig.answer('25')
    await rig.time.run(0)
    expect(rig.sent.at(-1)).toMatchObject({
      repeat: false,
      reversal: { trace: { stan: '700001' } },
    })
  })

  it('that the disk did not take is written again with every answer, silence too', async () => {
    const rig = new QueueRig()
    rig.store.set(1, reversalOf(1, { status: 'closed', tries: 1 }))
    rig.journal.answer = () => FULL
    await rig.late(1)
    await rig.answer(SILENT)
    rig.journal.answer = () => WRITTEN
    await rig.time.run(1_000)
    await rig.answer(SILENT)
    expect(rig.journal.of('reversal')).toHaveLength(3)
    expect(rig.journal.of('reversal').at(-1)).toMatchObject({ approval: APPROVAL })
    await rig.time.run(2_000)
    await rig.answer(SILENT)
    expect(rig.journal.of('reversal')).toHaveLength(3)
  })

  it('that is told twice, or was known from the start, changes nothing', async () => {
    const rig = new QueueRig()
    rig.open(1, { approval: APPROVAL })
    expect(await rig.late(1)).toBe(true)
    expect(rig.journal.records).toEqual([])
    rig.open(2)
    await rig.late(2)
    await rig.late(2)
    expect(rig.journal.records).toHaveLength(1)
    expect(rig.notices.filter(({ what }) => what === 'late approval')).toHaveLength(1)
  })

  it.each(['fresh', 'repeat'] as const)(
    'that comes twice in one moment, after the end, is undone once (%s)',
    async (lateApproval) => {
      const rig = new QueueRig({ lateApproval: () => lateApproval })
      rig.store.set(1, reversalOf(1, { status: 'closed', tries: 1 }))
      expect(await Promise.all([rig.late(1), rig.late(1)])).toEqual([true, true])
      expect(rig.journal.of('reversal')).toHaveLength(1)
      expect(rig.notices.filter(({ what }) => what === 'late approval')).toHaveLength(1)
      expect(rig.sent).toHaveLength(1)
      await rig.answer('00')
      expect(rig.written(1)).toEqual(['pending -', 'watched 00'])
    },
  )

  it('is not taken up from the store while it is being written there', async () => {
    const rig = new QueueRig({ window: 9, inMemory: 3, lateApproval: () => 'fresh' })
    rig.store.set(1, reversalOf(1, { status: 'closed', tries: 1 }))
    for (const id of [2, 3, 4, 5]) rig.open(id)
    for (const sent of rig.sent) sent.answer('12')
    await rig.time.settle()
    rig.journal.waits = true
    const late = rig.late(1)
    // Durable, and nobody has told yet.
    const trace = { ...reversalOf(1).trace, stan: '700001' as never }
    rig.store.set(1, reversalOf(1, { trace, approval: APPROVAL, wasReopened: true, tries: 1 }))
    await rig.time.run(3 * SETTINGS.firstDelayMs)
    expect(rig.sent.filter(({ id }) => id === 1)).toEqual([])
    rig.journal.answerAll()
    await late
    expect(rig.sent.filter(({ id }) => id === 1)).toMatchObject([{ repeat: false }])
  })

  it('leaves nothing behind that keeps an administrator from having it sent again', async () => {
    const rig = new QueueRig()
    rig.store.set(1, reversalOf(1, { status: 'closed', tries: 1 }))
    await rig.late(1)
    await rig.answer('00')
    expect(rig.queue.counts().open).toBe(0)
    const again = { approval: APPROVAL, wasReopened: true, tries: 2 }
    rig.store.set(1, reversalOf(1, again))
    rig.queue.retry(1)
    expect(rig.sent.map(({ id, repeat }) => [id, repeat])).toEqual([
      [1, true],
      [1, true],
    ])
  })

  it('that the journal does not take is undone all the same, and written with the answer', async () => {
    const rig = new QueueRig()
    rig.store.set(1, reversalOf(1, { status: 'closed', tries: 1 }))
    rig.journal.answer = () => FULL
    expect(await rig.late(1)).toBe(true)
    expect(rig.sent).toMatchObject([{ id: 1, repeat: true }])
    rig.journal.answer = () => WRITTEN
    await rig.answer('00')
    const last = rig.journal.of('reversal').at(-1)
    expect(last).toMatchObject({ status: 'watched', approval: APPROVAL })
  })

  it('without a reversal is none of the queue’s', async () => {
    const rig = new QueueRig()
    expect(await rig.late(1)).toBe(false)
    expect(rig.sent).toEqual([])
  })
})
