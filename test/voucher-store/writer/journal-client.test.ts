// The journal in front of its real thread: records of one moment are one group, answers come in
// order, a full queue refuses, and nothing is left behind at the end.

import { rmSync, statSync } from 'node:fs'
import type { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemTimers } from '../../../protocol/link/timers.ts'
import type { ReversalRecord } from '../../../switch/core/journal.ts'
import { openForReading, openForWriting } from '../../../voucher-store/open-database.ts'
import { readMark } from '../../../voucher-store/outside-mark.ts'
import type { AdminRecord, StoreRecord } from '../../../voucher-store/store-record.ts'
import {
  type ChainHead,
  GENESIS,
  readHead,
  verifyChain,
} from '../../../voucher-store/writer/chain.ts'
import { type Gathering, JournalClient } from '../../../voucher-store/writer/journal-client.ts'
import { type TemporaryStore, temporaryStore } from '../temporary-store.ts'
import { AT, cancel, lease } from './ledger-desk.ts'

let store: TemporaryStore
let journal: JournalClient
let groups: { jseq: number; records: number }[]
let fatal: string[]

async function open(
  change: { groupMost?: number; queueMost?: number; gathering?: Gathering } = {},
) {
  groups = []
  fatal = []
  return JournalClient.open({
    ...{ file: store.file, groupMost: 100, queueMost: 1_000 },
    onFatal: (why) => fatal.push(why),
    onCommitted: ({ jseq }: ChainHead, records) => groups.push({ jseq, records }),
    ...change,
  })
}

beforeEach(async () => {
  store = await temporaryStore()
  store.writer.close()
})

afterEach(async () => {
  // One that has died never drains; its thread ends with the process of the test.
  if (fatal.length === 0) await journal.close()
  store.database.close()
  rmSync(store.directory, { recursive: true, force: true })
})

/** Opens it; what the returned function is given comes from its thread. */
async function toldByThread(): Promise<(message: object) => void> {
  let thread: Worker | undefined
  process.once('worker', (started) => {
    thread = started
  })
  ;({ journal } = await open())
  return (message) => thread?.emit('message', message)
}

const hexOf = (hash: Uint8Array) => Buffer.from(hash).toString('hex')

const admin = (sql: string, bindings: readonly unknown[]): AdminRecord => ({
  ...{ kind: 'admin', action: 'test', by: 'test', detail: {}, atMs: AT },
  statements: [{ sql, bindings }],
})
/** Refused, since there is no such sale. */
const closed = (id: number): ReversalRecord => ({
  ...{ kind: 'reversal', id, status: 'closed', responseCode: '00', tries: 1, approval: undefined },
  ...{ fresh: undefined, why: 'reversed', atMs: AT },
})
const nonsense = admin('select nonsense', [])

/** As many values as a chunk of an import has. */
const large = (): StoreRecord =>
  admin(
    `select ${Array(200).fill('?').join(' + ')} where 1 = 0`,
    Array.from({ length: 200 }, (_, n) => n),
  )

describe('the journal', () => {
  it('starts with the facts of a safe database', async () => {
    const opened = await open()
    journal = opened.journal
    expect(opened.facts).toMatchObject({ journalMode: 'wal', synchronous: 2, foreignKeys: 1 })
  })

  it('commits what comes in one moment together, and what comes meanwhile next', async () => {
    ;({ journal } = await open())
    const first = Array.from({ length: 20 }, (_, n) => journal.write(lease(`a${n}`, 1)))
    expect(journal.depth).toBe(20)
    await new Promise((resolve) => setImmediate(resolve))
    const second = Array.from({ length: 30 }, (_, n) => journal.write(lease(`b${n}`, 1)))
    const results = await Promise.all([...first, ...second])
    expect(results.every(({ kind }) => kind === 'written')).toBe(true)
    expect(groups.map(({ records }) => records)).toEqual([20, 30])
    expect(groups.at(-1)?.jseq).toBe(readHead(store.database).jseq)
    expect(journal.depth).toBe(0)
  })

  it('has what comes soon after a commit wait a moment for others, and nothing after a pause', async () => {
    ;({ journal } = await open({ gathering: { ms: 300, clock: systemTimers } }))
    const beganMs = performance.now()
    await journal.write(lease('after a pause', 1))
    expect(performance.now() - beganMs).toBeLessThan(250)
    const soon = journal.write(lease('soon', 1))
    await new Promise((resolve) => setTimeout(resolve, 50))
    await Promise.all([soon, journal.write(lease('later', 1))])
    expect(groups.map(({ records }) => records)).toEqual([1, 2])
  })

  it('waits no longer for others when enough are there, or as many as a commit takes', async () => {
    for (const [groupMost, some] of [
      [100, 64],
      [3, 3],
    ] as const) {
      ;({ journal } = await open({ gathering: { ms: 60_000, clock: systemTimers }, groupMost }))
      await journal.write(lease('first', 1))
      const more = Array.from({ length: some }, (_, n) => journal.write(lease(`c${n}`, 1)))
      await Promise.all(more)
      expect(groups.map(({ records }) => records)).toEqual([1, some])
      await journal.close()
    }
    ;({ journal } = await open())
  })

  it('has nobody wait who comes while enough are being committed', async () => {
    ;({ journal } = await open({ gathering: { ms: 60_000, clock: systemTimers }, groupMost: 3 }))
    const all = Array.from({ length: 9 }, (_, n) => journal.write(lease(`c${n}`, 1)))
    await Promise.all(all)
    expect(groups.map(({ records }) => records)).toEqual([3, 3, 3])
  })

  it('has the end of a reversal wait for others, and go with whatever else is written', async () => {
    const gathering = { ms: 1, clock: systemTimers }
    ;({ journal } = await open({ gathering, groupMost: 300 }))
    const first = journal.write(closed(1))
    await new Promise((resolve) => setImmediate(resolve))
    expect(journal.depth).toBe(1)
    const others = [journal.write(closed(2)), journal.write(lease('sale', 1))]
    await Promise.all([first, ...others])
    expect(groups.map(({ records }) => records)).toEqual([3])
    await journal.write(closed(3))
    await Promise.all(Array.from({ length: 256 }, (_, n) => journal.write(closed(n))))
    expect(groups.map(({ records }) => records)).toEqual([3, 1, 256])
  })

  it.each<[string, Partial<ReversalRecord>]>([
    ['goes on', { status: 'pending' }],
    ['is closed by a person', { from: { status: 'suspense', approvalSeen: false } }],
  ])('writes at once that a reversal %s', async (_, how) => {
    const waits: number[] = []
    const after = (ms: number, run: () => void) => {
      waits.push(ms)
      return systemTimers.after(ms, run)
    }
    ;({ journal } = await open({ gathering: { ms: 1, clock: { ...systemTimers, after } } }))
    await journal.write({ ...closed(1), ...how })
    expect(waits).toEqual([])
  })

  it('writes a large record alone, and has others go before it in turn', async () => {
    ;({ journal } = await open({ gathering: { ms: 60_000, clock: systemTimers } }))
    const order: string[] = []
    const done = (name: string) => () => order.push(name)
    const first = journal.write(large()).then(done('first large'))
    await new Promise((resolve) => setImmediate(resolve))
    const rest = [
      journal.write(large()).then(done('second large')),
      journal.write(large()).then(done('third large')),
      journal.write(lease('a', 1)).then(done('small')),
      journal.write(lease('b', 1)).then(done('small')),
    ]
    await Promise.all([first, ...rest])
    expect(order).toEqual(['first large', 'small', 'small', 'second large', 'third large'])
    expect(groups.map(({ records }) => records)).toEqual([1, 2, 1, 1])
  })

  it('has a large record written however many others come', async () => {
    ;({ journal } = await open({ gathering: { ms: 1, clock: systemTimers } }))
    let isWritten = false
    void journal.write(large()).then(() => {
      isWritten = true
    })
    let others = 0
    while (!isWritten && others++ < 50) await journal.write(lease(`c${others}`, 1))
    expect(others).toBeLessThan(10)
  })

  it('takes for large a record of many small statements, and one that says so', async () => {
    ;({ journal } = await open({ gathering: { ms: 1, clock: systemTimers } }))
    const [one] = admin('select ? + ? where 1 = 0', [1, 2]).statements
    const many = { ...admin('', []), statements: Array(100).fill(one) }
    const told: StoreRecord = { ...admin('select 1 where 0', []), isLarge: true }
    await Promise.all([many, told, lease('a', 1)].map((one) => journal.write(one)))
    expect(groups.map(({ records }) => records)).toEqual([1, 1, 1])
  })

  it('is busy for a moment after a record that is not large', async () => {
    ;({ journal } = await open({ gathering: { ms: 1, clock: systemTimers } }))
    await journal.write(large())
    expect(journal.isBusy).toBe(false)
    await journal.write(lease('sale', 1))
    expect(journal.isBusy).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(journal.isBusy).toBe(false)
  })

  it('tells each record its own fate, in order, and only once it is committed', async () => {
    ;({ journal } = await open({ groupMost: 3 }))
    const order: number[] = []
    const records = [lease('a', 1), cancel(404), lease('c', 3), lease('d', 4), cancel(405)]
    const reader = openForReading(store.file)
    const written = records.map(async (record, n) => {
      const { kind } = await journal.write(record)
      order.push(n)
      const found = reader.prepare("select count(*) from counter where name in ('a','c','d')")
      return [kind, (found.pluck().get() as number) >= (n < 3 ? 2 : 3)]
    })
    expect(await Promise.all(written)).toEqual([
      ...[
        ['written', true],
        ['rolled-back', true],
        ['written', true],
      ],
      ...[
        ['written', true],
        ['rolled-back', true],
      ],
    ])
    reader.close()
    expect(order).toEqual([0, 1, 2, 3, 4])
    expect(groups.map(({ records }) => records)).toEqual([3, 2])
    expect(verifyChain(store.database, { after: GENESIS }).why).toBeUndefined()
  })

  it('tells nobody of a record that the mark beside the database does not name yet', async () => {
    ;({ journal } = await open())
    for (let n = 1; n <= 20; n++) {
      await journal.write(lease(`m${n}`, 1))
      const { jseq, hash } = readHead(store.database)
      expect(readMark(store.directory)).toMatchObject({ jseq, hash: hexOf(hash), final: false })
    }
  })

  it('leaves a final mark behind an orderly end', async () => {
    ;({ journal } = await open())
    await journal.write(lease('last', 1))
    const { jseq } = readHead(store.database)
    await journal.close()
    expect(readMark(store.directory)).toMatchObject({ jseq, final: true })
    ;({ journal } = await open())
    expect(readMark(store.directory)).toMatchObject({ jseq, final: false })
  })

  it('refuses what its queue has no room for, as not written', async () => {
    ;({ journal } = await open({ queueMost: 2 }))
    const results = await Promise.all([1, 2, 3].map((n) => journal.write(lease(`c${n}`, n))))
    expect(results.map(({ kind }) => kind)).toEqual(['written', 'written', 'rolled-back'])
    expect(results[2]).toMatchObject({ reason: 'busy' })
    expect(await journal.write(lease('later', 1))).toMatchObject({ kind: 'written' })
  })

  it('has no more room for large records than for others', async () => {
    ;({ journal } = await open({ queueMost: 2 }))
    const results = await Promise.all([1, 2, 3].map(() => journal.write(large())))
    expect(results.map(({ kind }) => kind)).toEqual(['written', 'written', 'rolled-back'])
  })

  it('is not drained while a large record waits', async () => {
    ;({ journal } = await open())
    let written = 0
    for (let n = 0; n < 3; n++) void journal.write(large()).then(() => written++)
    expect(journal.depth).toBe(3)
    await journal.drained()
    await Promise.resolve()
    expect(written).toBe(3)
  })

  it('moves its log into the database when that has grown', async () => {
    ;({ journal } = await open())
    const before = statSync(store.file).size
    const insert = 'insert into meta (name, value) values (?, ?)'
    for (let n = 0; n < 4; n++) {
      await journal.write(admin(insert, [`big ${n}`, 'x'.repeat(2_000_000)]))
    }
    const grown = () => statSync(store.file).size - before
    await expect.poll(grown, { timeout: 5_000 }).toBeGreaterThan(4_000_000)
  })

  it('names the epoch of its store in the mark', async () => {
    const writer = openForWriting(store.file)
    writer.exec("update meta set value = '3' where name = 'epoch'")
    writer.close()
    ;({ journal } = await open())
    await journal.write(lease('a', 1))
    expect(readMark(store.directory)?.epoch).toBe(3)
  })

  it('is drained when all that was handed over before is committed', async () => {
    ;({ journal } = await open({ groupMost: 2 }))
    await journal.drained()
    let written = 0
    for (let n = 0; n < 9; n++) void journal.write(lease(`c${n}`, 1)).then(() => written++)
    await journal.drained()
    expect(journal.depth).toBe(0)
    expect(readHead(store.database).jseq).toBe(groups.at(-1)?.jseq)
    await Promise.resolve()
    expect(written).toBe(9)
  })

  it('closes after its last commit, and the log is empty then', async () => {
    ;({ journal } = await open())
    void journal.write(lease('last', 7))
    await journal.close()
    const high = store.database.prepare("select high from counter where name = 'last'").pluck()
    expect(high.get()).toBe(7)
    expect(fatal).toEqual([])
    expect(statSync(`${store.file}-wal`).size).toBe(0)
    ;({ journal } = await open())
  })

  it('that fails while it closes says so: its end was no orderly one', async () => {
    ;({ journal } = await open())
    await journal.write(lease('last', 7))
    const other = openForWriting(store.file)
    other.exec('alter table journal rename to elsewhere')
    other.close()
    await journal.close()
    expect(fatal).toEqual(['the writer failed while it closed'])
    expect(readMark(store.directory)?.final).toBe(false)
  })

  it('never answers after an error that proves nothing, and says so once', async () => {
    ;({ journal } = await open())
    let answered = 0
    void journal.write(nonsense).then(() => answered++)
    void journal.write(lease('with it', 1)).then(() => answered++)
    await new Promise<void>((resolve) => {
      const poll = () => (fatal.length > 0 ? resolve() : setTimeout(poll, 2))
      poll()
    })
    void journal.write(lease('after it', 1)).then(() => answered++)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect([answered, fatal.length]).toEqual([0, 1])
    expect(fatal[0]).toContain('SQLITE_ERROR')
    expect(
      store.database.prepare('select count(*) from counter where high = 1').pluck().get(),
    ).toBe(0)
  })

  it('whose thread ends unasked says so, and answers nothing any more', async () => {
    let thread: Worker | undefined
    process.once('worker', (started) => {
      thread = started
    })
    ;({ journal } = await open())
    await thread?.terminate()
    expect(fatal).toEqual(['the writer ended'])
    let answered = 0
    void journal.write(lease('after it', 1)).then(() => answered++)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect([answered, fatal.length]).toEqual([0, 1])
  })

  it('tells of a disk that is full, also whoever watches it later only', async () => {
    const tell = await toldByThread()
    const told: string[] = []
    tell({ kind: 'no-room', detail: 'first' })
    journal.watchDisk({ full: false, noRoom: (detail) => told.push(detail) })
    expect(told).toEqual(['first'])
    tell({ kind: 'no-room', detail: 'second' })
    expect(told).toEqual(['first', 'second'])
    expect(fatal).toEqual([])
    expect(await journal.write(lease('goes on', 1))).toEqual({ kind: 'written' })
  })

  it('takes no large record while the disk is full: its room is for what has to end', async () => {
    const watch = { full: true, noRoom: () => undefined }
    ;({ journal } = await open())
    journal.watchDisk(watch)
    expect(await journal.write(large())).toMatchObject({ kind: 'rolled-back', reason: 'full' })
    expect(await journal.write(lease('goes on', 1))).toEqual({ kind: 'written' })
    watch.full = false
    expect(await journal.write(large())).toMatchObject({ kind: 'written' })
  })

  it('that cannot open its file does not start', async () => {
    ;({ journal } = await open())
    const file = `${store.directory}/nowhere/evs.db`
    const broken = JournalClient.open({
      ...{ file, groupMost: 1, queueMost: 1 },
      onFatal: () => undefined,
      onCommitted: () => undefined,
    })
    await expect(broken).rejects.toThrow()
  })
})
