// The writer's thread, run in this one with a port that looks at the disk whenever something is
// said: what anybody hears of is named by the mark already.

import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { readMark } from '../../../voucher-store/outside-mark.ts'
import { readHead } from '../../../voucher-store/writer/chain.ts'
import type { ToWriter } from '../../../voucher-store/writer/journal-client.ts'
import { NOW, type TemporaryStore, temporaryStore } from '../temporary-store.ts'

const THREADS = 'node:worker_threads'
/** A thread of the store changes it for itself. */
const { poolSize } = Buffer

let store: TemporaryStore
beforeAll(async () => {
  store = await temporaryStore()
})
afterAll(() => {
  vi.doUnmock(THREADS)
  Buffer.poolSize = poolSize
  store.close()
})

it('tells of a group after the mark names it, and that it has closed after the last mark', async () => {
  const told: unknown[] = []
  const heard: ((message: ToWriter) => void)[] = []
  const parentPort = {
    on: (_event: string, hear: (message: ToWriter) => void) => heard.push(hear),
    postMessage: ({ kind }: { kind: string }) => {
      const { jseq, final } = readMark(store.directory) ?? {}
      told.push({ kind, jseq, final })
    },
    close: () => told.push('the end'),
  }
  vi.doMock(THREADS, () => ({ parentPort, workerData: { file: store.file } }))
  await import('../../../voucher-store/writer/writer-thread.ts')
  const { jseq } = readHead(store.database)
  const lease = { kind: 'lease', counter: 'rrn', high: 20_000, atMs: NOW } as const
  for (const hear of heard) {
    hear({ kind: 'group', records: [lease, { ...lease, high: 20_001 }] })
    hear({ kind: 'close' })
  }
  expect(told).toEqual([
    { kind: 'ready', jseq, final: false },
    { kind: 'group', jseq: jseq + 2, final: false },
    { kind: 'closed', jseq: jseq + 2, final: true },
    'the end',
  ])
})
