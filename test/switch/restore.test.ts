// `evs restore` tells the store the moment in milliseconds, and who asked: the gap that identities
// are judged by for weeks begins with the copy and ends now.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadConfig } from '../../switch/config/load.ts'
import type { Config } from '../../switch/config/schema.ts'
import { init } from '../../switch/init.ts'
import { openData } from '../../switch/open-data.ts'
import { restore } from '../../switch/restore.ts'
import { backupKey, writeBackup } from '../../voucher-store/backup/backup-file.ts'
import { readGaps } from '../../voucher-store/backup/fence.ts'

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

it('has a gap from the moment of the copy until now, by whom it was asked', async () => {
  const createdMs = Date.now() - 60_000
  const store = await opened()
  const key = backupKey(store.kek, store.database)
  if (key === undefined) throw new Error('the keys of the store do not open')
  writeBackup(store.database, { file: store.file, target: file, key, createdMs })
  await store.close()
  rmSync(config.data.directory, { recursive: true })

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
