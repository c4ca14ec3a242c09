// The store is opened with the settings of the configuration: so many records share a commit, and
// so many may wait for one.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadConfig } from '../../switch/config/load.ts'
import { init } from '../../switch/init.ts'
import { openData } from '../../switch/open-data.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evs-open-data-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

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
