// A start is in the audit record when version or configuration are others than at the one before.

import { writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadConfig } from '../../switch/config/load.ts'
import { starterYaml } from '../../switch/config/starter.ts'
import { noteStart } from '../../switch/start-note.ts'
import { NOW, type TemporaryStore, temporaryStore } from '../voucher-store/temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => store.close())

it('a start that changes nothing leaves no record', async () => {
  const file = join(store.directory, 'evs.yaml')
  writeFileSync(file, starterYaml())
  const start = async (version: string, env: Record<string, string> = {}) => {
    const loaded = loadConfig({ file, env })
    if (loaded.kind !== 'config') throw new Error('the starter configuration is not in order')
    await noteStart(store, loaded.config, { version, wallMs: () => NOW })
    return store.records.filter((record) => record.kind === 'admin' && record.action === 'start')
  }
  expect(await start('1.0')).toHaveLength(1)
  expect(await start('1.0')).toHaveLength(1)
  expect(await start('1.1')).toHaveLength(2)
  const changed = await start('1.1', { EVS_TIMEOUTS_REPORT_MS: '31000' })
  expect(changed).toHaveLength(3)
  expect(changed.at(-1)).toMatchObject({
    detail: { version: '1.1', configuration: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ...{ by: userInfo().username, atMs: NOW },
  })
})
