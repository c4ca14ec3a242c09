// The admin operations with the switch stopped: what needs the security module twice in one act
// meets the same one, and whoever opens the data hears what there is to hear.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadConfig } from '../../switch/config/load.ts'
import type { Config } from '../../switch/config/schema.ts'
import { init } from '../../switch/init.ts'
import { openOffline } from '../../switch/offline.ts'
import { CHECKPOINT_FILE } from '../../voucher-store/signed-checkpoint.ts'
import { cutOffImport } from '../voucher-store/cut-off-import.ts'
import { leftIn } from '../voucher-store/left-store.ts'
import { temporaryStore } from '../voucher-store/temporary-store.ts'

const actor = { name: 'sara' }
const PLACE = { mid: '000000000100001', institution: 0 }

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evs-offline-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function newShop(): Promise<Config> {
  const { config: file } = await init({ dir: folder })
  const loaded = loadConfig({ file, env: {} })
  if (loaded.kind === 'problems') throw new Error('a starter is in order')
  return loaded.config
}

it('a master key is issued with the switch stopped', async () => {
  const { operations, close } = await openOffline(await newShop())
  await operations.addMerchant(actor, { ...PLACE, name: 'A', city: 'B' })
  await operations.addTerminal(actor, { ...PLACE, tid: '10000001', scheme: 'aes' })
  const owner = { kind: 'terminal', tid: '10000001', ...PLACE } as const
  const issued = await operations.issueKey(actor, { owner, scheme: 'aes', parts: 2 })
  expect((await operations.keys())[0]?.checkValue).toBe(issued.checkValue)
  await close()
})

it('whoever opens the data hears of a login that is being recovered', async () => {
  const config = await newShop()
  const password = 'a long password'
  const before = await openOffline(config)
  const officer = { name: 'first', roles: ['security-officer' as const], password }
  await before.operations.addLogin(actor, officer)
  await before.operations.recoverLogin(actor, 'first', { password })
  expect(before.notices).toEqual([])
  await before.close()
  const { notices, close } = await openOffline(config)
  expect(notices).toEqual([expect.stringContaining('login first is being recovered')])
  await close()
})

it('whoever opens the data hears what was found strange about it', async () => {
  const config = await newShop()
  rmSync(join(config.data.directory, CHECKPOINT_FILE))
  const { notices, close } = await openOffline(config)
  expect(notices).toEqual([expect.stringContaining(`there is no ${CHECKPOINT_FILE}`)])
  await close()
})

/** A store in which two imports were cut off; `change` is done to it by hand. */
async function cutOffShop(change: string): Promise<Config> {
  const { config: file } = await init({ dir: folder })
  const left = await temporaryStore()
  for (const first of [0, 10_000]) await cutOffImport(left, first)
  left.writer.pragma('foreign_keys = OFF')
  left.writer.exec(change)
  const place = join(folder, 'left')
  mkdirSync(place)
  const loaded = loadConfig({ file, env: leftIn(place, left) })
  left.close()
  if (loaded.kind === 'problems') throw new Error('a starter is in order')
  return loaded.config
}

const CUT_OFF = 'an import that was cut off is not removed'

it('what imports left that were cut off is gone before anything is asked', async () => {
  const { operations, notices, close } = await openOffline(await cutOffShop(''))
  expect(await operations.batches({})).toEqual([])
  expect(notices.join()).not.toContain(CUT_OFF)
  await close()
})

it('whoever opens the data hears of an import that was cut off and cannot be removed', async () => {
  const config = await cutOffShop('update batch set vault_key = 99 where id = 2')
  const { operations, notices, close } = await openOffline(config)
  expect(await operations.batches({})).toMatchObject([{ id: 2, state: 'loading' }])
  expect(notices).toContainEqual(expect.stringContaining(`${CUT_OFF}: batch 2: `))
  await close()
})
