// The admin operations with the switch stopped: what needs the security module twice in one act
// meets the same one.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadConfig } from '../../switch/config/load.ts'
import { init } from '../../switch/init.ts'
import { openOffline } from '../../switch/offline.ts'

const actor = { name: 'sara' }
const PLACE = { mid: '000000000100001', institution: 0 }

it('a master key is issued with the switch stopped', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'evs-offline-'))
  const { config: file } = await init({ dir: folder })
  const loaded = loadConfig({ file, env: {} })
  if (loaded.kind === 'problems') throw new Error('a starter is in order')
  const { operations, close } = await openOffline(loaded.config)
  await operations.addMerchant(actor, { ...PLACE, name: 'A', city: 'B' })
  await operations.addTerminal(actor, { ...PLACE, tid: '10000001', scheme: 'aes' })
  const owner = { kind: 'terminal', tid: '10000001', ...PLACE } as const
  const issued = await operations.issueKey(actor, { owner, scheme: 'aes', parts: 2 })
  expect((await operations.keys())[0]?.checkValue).toBe(issued.checkValue)
  await close()
  rmSync(folder, { recursive: true })
})
