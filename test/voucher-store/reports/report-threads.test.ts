// A report that takes too long is cut off, and the next one is answered by a new thread.

import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { systemTimers } from '../../../protocol/link/timers.ts'
import { ReportThreads } from '../../../voucher-store/reports/report-threads.ts'
import { enlarge, type TemporaryStore, TODAY, temporaryStore } from '../temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => {
  vi.restoreAllMocks()
  store.close()
})

it('cuts off what exceeds its limit, and answers the next question', async () => {
  const threads = new ReportThreads(store.file, systemTimers)
  const stock = { kind: 'stock', today: TODAY, marginDays: 0 } as const
  expect(await threads.run(stock, { limitMs: 1 })).toEqual({ kind: 'timed-out' })
  const answer = await threads.run(stock, { limitMs: 20_000 })
  expect(answer).toMatchObject({ kind: 'done', value: [{ product: '091905' }, {}] })
  const again = await Promise.all(
    Array.from({ length: 5 }, () => threads.run({ kind: 'audit' }, { limitMs: 20_000 })),
  )
  expect(again.map(({ kind }) => kind).sort()).toEqual(['busy', 'done', 'done', 'done', 'done'])
  const failed = await threads.run(
    { kind: 'table', report: 'sales', period: { from: 99, to: 1 } },
    { limitMs: 20_000 },
  )
  expect(failed).toMatchObject({ kind: 'failed' })
  await threads.close()
})

it('gives up a job whose file breaks off, and tells the reader of the file why', async () => {
  const threads = new ReportThreads(store.file, systemTimers)
  const broken = (async function* () {
    yield Buffer.from('{}\n')
    throw new Error('the upload broke off')
  })()
  const job = { kind: 'reconcile', question: { endedBeforeMs: 0 } } as const
  await expect(threads.run(job, { limitMs: 20_000, feed: broken })).rejects.toThrow('broke off')
})

it('ends a job that runs when it is closed, and begins no other', async () => {
  const threads = new ReportThreads(store.file, systemTimers)
  const running = threads.run({ kind: 'audit' }, { limitMs: 20_000 })
  await threads.close()
  expect(await running).toEqual({ kind: 'stopped' })
  const next = await threads.run({ kind: 'audit' }, { limitMs: 20_000 })
  expect(next).toEqual({ kind: 'stopped' })
})

it('whoever waits for a job is told at once that it was ended, and not when SQLite is', async () => {
  const threads = new ReportThreads(store.file, systemTimers)
  // As of a thread that is within a long call.
  vi.spyOn(Worker.prototype, 'terminate').mockReturnValue(new Promise(() => undefined))
  const running = threads.run({ kind: 'audit' }, { limitMs: 20_000 })
  void threads.close()
  expect(await running).toEqual({ kind: 'stopped' })
})

it('a thread that ends by itself has failed', async () => {
  const threads = new ReportThreads(store.file, systemTimers)
  vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker) {
    void this.terminate()
  })
  const answer = await threads.run({ kind: 'audit' }, { limitMs: 20_000 })
  expect(answer).toEqual({ kind: 'failed', message: 'the report thread ended' })
})

it.runIf(process.platform === 'linux')('lets others have the processor first', async () => {
  const threads = new ReportThreads(store.file, systemTimers)
  const [own, before] = [getPriority(), nicesOfThreads()]
  await threads.run({ kind: 'audit' }, { limitMs: 20_000 })
  const came = [...nicesOfThreads()].filter(([thread]) => !before.has(thread))
  expect(came.map(([, nice]) => nice)).toContain(Math.max(own, 10))
  expect(getPriority()).toBe(own)
  await threads.close()
})

/** Of all threads of this process, by their number. [proc(5), /proc/PID/stat, field 19] */
function nicesOfThreads(): Map<string, number> {
  const nices = new Map<string, number>()
  for (const thread of readdirSync('/proc/self/task')) {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')
    nices.set(thread, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]))
  }
  return nices
}

it('compares every row of a large store, unless it is told to be quick', async () => {
  enlarge(store)
  const threads = new ReportThreads(store.file, systemTimers)
  const compared: unknown[] = []
  for (const quick of [undefined, true, false]) {
    const job = { kind: 'verify', ...(quick === undefined ? {} : { quick }) } as const
    const answer = await threads.run(job, { limitMs: 20_000 })
    compared.push(answer.kind === 'done' ? answer.value.rowsCompared : answer.kind)
  }
  expect(compared).toEqual([true, false, true])
  await threads.close()
})

it('has what a job that came to nothing left removed, once its thread has ended', async () => {
  const threads = new ReportThreads(store.file, systemTimers)
  const told: string[] = []
  const clear = () => void told.push('cleared')
  const run = (limitMs: number) => threads.run({ kind: 'audit' }, { limitMs, clear })
  expect((await run(1)).kind).toBe('timed-out')
  expect(told).toEqual(['cleared'])
  expect((await run(20_000)).kind).toBe('done')
  expect(told).toEqual(['cleared'])
  const running = run(20_000)
  const closed = threads.close().then(() => told.push('closed'))
  expect((await running).kind).toBe('stopped')
  await closed
  expect(told).toEqual(['cleared', 'cleared', 'closed'])
})
