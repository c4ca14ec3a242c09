// The store is opened with the settings of the configuration: so many records share a commit, and
// so many may wait for one.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { systemTimers, type Timers } from '../../protocol/link/timers.ts'
import { loadConfig } from '../../switch/config/load.ts'
import { init } from '../../switch/init.ts'
import { openData, openFreeData } from '../../switch/open-data.ts'
import { lockDataDirectory } from '../../voucher-store/owner-lock.ts'
import { Sqlite } from '../../voucher-store/sqlite.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evs-open-data-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

it('has large sorts spill beside the data', async () => {
  vi.stubEnv('SQLITE_TMPDIR', undefined)
  const { config: file } = await init({ dir: folder })
  const loaded = loadConfig({ file, env: {} })
  if (loaded.kind === 'problems') throw new Error('a starter is in order')
  expect(process.env.SQLITE_TMPDIR).toBe(loaded.config.data.directory)
  vi.unstubAllEnvs()
})

it('takes the length of its queue and the size of its groups from the limits', async () => {
  const { config: file } = await init({ dir: folder })
  const loaded = loadConfig({ file, env: {} })
  if (loaded.kind === 'problems') throw new Error('a starter is in order')
  const limits = { ...loaded.config.limits, journalGroupRecords: 3, journalQueueRecords: 7 }
  const groups: number[] = []
  const store = await openData(
    { ...loaded.config, limits },
    {
      token: undefined,
      onFatal: (why) => {
        throw new Error(why)
      },
      onGroup: (records) => groups.push(records),
    },
  )
  groups.length = 0
  const results = await Promise.all(
    Array.from({ length: 9 }, (_, high) =>
      store.journal.write({ kind: 'lease', counter: 'rrn', high, atMs: high }),
    ),
  )
  expect(results.filter(({ kind }) => kind === 'written')).toHaveLength(7)
  expect(results.slice(7)).toMatchObject([{ reason: 'busy' }, { reason: 'busy' }])
  expect(groups).toEqual([3, 3, 1])
  await store.close()
})

it.each([
  ['at the lock', 'update `knex_migrations_lock`'],
  ['behind the lock', 'select max(`batch`)'],
])(
  'a disk that is full %s of the migrations is told, with where the room they need is written',
  async (_name, where) => {
    const { config: file } = await init({ dir: folder })
    const loaded = loadConfig({ file, env: {} })
    if (loaded.kind === 'problems') throw new Error('a starter is in order')
    const prepare = Sqlite.prototype.prepare
    const full = vi.spyOn(Sqlite.prototype, 'prepare').mockImplementation(function (
      this: Database.Database,
      query,
    ) {
      if (!query.includes(where)) return prepare.call(this, query)
      throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' })
    })
    try {
      const opening = openData(loaded.config, { token: undefined, onFatal: () => undefined })
      await expect(opening).rejects.toMatchObject({
        code: 'NOT_READY',
        message: expect.stringContaining('database or disk is full'),
        hint: expect.stringContaining('docs/operating.md'),
      })
    } finally {
      full.mockRestore()
    }
  },
)

it('data that a command has is waited for, and not for ever', async () => {
  const { config: file } = await init({ dir: folder })
  const loaded = loadConfig({ file, env: {} })
  if (loaded.kind === 'problems') throw new Error('a starter is in order')
  const { config } = loaded
  let nowMs = 0
  let paused = (): void => undefined
  const timers: Timers = {
    ...systemTimers,
    monotonicMs: () => nowMs,
    after: (ms, run) => {
      nowMs += ms
      paused()
      queueMicrotask(run)
      return () => undefined
    },
  }
  const open = () => openFreeData(config, { token: undefined, onFatal: expect.fail }, timers)
  const lock = lockDataDirectory(config.data.directory)
  await expect(open()).rejects.toMatchObject({ code: 'DATA_LOCKED' })
  expect(nowMs).toBe(10_000)
  paused = () => {
    if (nowMs === 15_000) lock?.release()
  }
  const store = await open()
  expect(nowMs).toBe(15_000)
  await store.close()
})
