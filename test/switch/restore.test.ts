// `evs restore` tells the store the moment in milliseconds, and who asked: the gap that identities
// are judged by for weeks begins with the copy and ends now.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { loadConfig } from '../../switch/config/load.ts'
import type { Config } from '../../switch/config/schema.ts'
import { init } from '../../switch/init.ts'
import { openData } from '../../switch/open-data.ts'
import { restore } from '../../switch/restore.ts'
import { backupKey, writeBackup } from '../../voucher-store/backup/backup-file.ts'
import { readGaps } from '../../voucher-store/backup/fence.ts'
import { Sqlite } from '../../voucher-store/sqlite.ts'

let folder: string
let config: Config
let file: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'evs-restore-'))
  const made = await init({ dir: folder })
  const loaded = loadConfig({ file: made.config, env: {} })
  if (loaded.kind === 'problems') throw new Error('a starter is in order')
  config = loaded.config
  file = join(folder, 'copy.evsbak')
})
afterEach(() => rmSync(folder, { recursive: true }))

const opened = () => {
  return openData(config, {
    token: undefined,
    onFatal: (why) => {
      throw new Error(why)
    },
  })
}

async function backedUp(createdMs: number): Promise<void> {
  const store = await opened()
  const key = backupKey(store.kek, store.database)
  if (key === undefined) throw new Error('the keys of the store do not open')
  writeBackup(store.database, { file: store.file, target: file, key, createdMs })
  await store.close()
  rmSync(config.data.directory, { recursive: true })
}

it('tells a disk that is full as such, and calls no good backup incomplete', async () => {
  await backedUp(Date.now())
  const error = Object.assign(new Error('no space left on device, write'), { code: 'ENOSPC' })
  const full = vi.spyOn(Sqlite.prototype, 'prepare').mockImplementation(() => {
    throw error
  })
  const restoring = restore(config, { file, by: 'sara' })
  await expect(restoring).rejects.toMatchObject({
    ...{ code: 'NOT_READY', message: expect.stringContaining(error.message) },
    hint: expect.stringContaining('make room'),
  })
  full.mockRestore()
  expect((await restore(config, { file, by: 'sara' })).epoch).toBe(2)
})

it('has a gap from the moment of the copy until now, by whom it was asked', async () => {
  const createdMs = Date.now() - 60_000
  await backedUp(createdMs)

  const beforeMs = Date.now()
  const { gap } = await restore(config, { file, by: 'sara' })
  expect(gap?.from).toBe(new Date(createdMs).toISOString())
  const toMs = Date.parse(gap?.to ?? '')
  expect(toMs).toBeGreaterThanOrEqual(beforeMs)
  expect(toMs).toBeLessThanOrEqual(Date.now())

  const restored = await opened()
  expect(readGaps(restored.database)).toMatchObject([{ fromMs: createdMs, toMs }])
  const last = "select at_ms, json_extract(body, '$.by') as by from journal where kind = 'admin'"
  const record = restored.database.prepare(`${last} order by jseq desc limit 1`).get()
  expect(record).toEqual({ at_ms: toMs, by: 'sara' })
  await restored.close()
})
