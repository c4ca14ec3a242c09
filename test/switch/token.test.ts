// The token of the configuration: a store of files that moves into it, key by key, and what refuses
// to open when the wrong half of it is there. [docs/operating.md, moving into a token]

import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ModuleAwayError } from '../../protocol/security/security-module.ts'
import { loadConfig } from '../../switch/config/load.ts'
import type { Config } from '../../switch/config/schema.ts'
import { init } from '../../switch/init.ts'
import { openOffline } from '../../switch/offline.ts'
import { openData } from '../../switch/open-data.ts'
import { mustHaveStorageKey, openSecurityModule } from '../../switch/security-module.ts'
import { asError, openToken } from '../../switch/token.ts'
import { DATABASE_FILE } from '../../voucher-store/checked-data.ts'
import { migrate } from '../../voucher-store/schema/migrate.ts'
import { closeTokens, newTokenPlace, SOFTHSM } from '../hardware-module/soft-token.ts'

afterAll(closeTokens)

const actor = { name: 'sara' }
const MID = '000000000100001'
const TID = '10000001'
const CLOCK = { monotonicMs: () => performance.now() }

it('what a token refuses is an error with a hint', () => {
  expect(asError(new ModuleAwayError('gone'))).toMatchObject({ code: 'HSM_UNAVAILABLE' })
  const other = new Error('other')
  expect(asError(other)).toBe(other)
})

describe.skipIf(SOFTHSM === undefined)('a store', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'evs-token-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const configured = (file: string, change: (config: Config) => Partial<Config>): Config => {
    const loaded = loadConfig({ file, env: {} })
    if (loaded.kind === 'problems') throw new Error('a starter is in order')
    return { ...loaded.config, ...change(loaded.config) }
  }

  it('moves from files into a token, and opens there only', async () => {
    const { library, tokenLabel, userPin } = await newTokenPlace()
    const { config: file } = await init({ dir: folder })
    const before = configured(file, () => ({}))
    const offline = await openOffline(before)
    await offline.operations.addMerchant(actor, { mid: MID, name: 'A', city: 'B', institution: 0 })
    await offline.operations.addTerminal(actor, {
      tid: TID,
      mid: MID,
      scheme: 'aes',
      institution: 0,
    })
    const owner = { kind: 'terminal', tid: TID, mid: MID, institution: 0 } as const
    const { checkValue } = await offline.operations.issueKey(actor, {
      owner,
      scheme: 'aes',
      parts: 2,
    })
    await offline.close()

    const pkcs11 = { library, tokenLabel, userPinFile: userPin.file }
    const securityModule = { keyLabel: 'evs-storage' }
    const { kekFile } = before.vault
    const both = configured(file, () => {
      return { pkcs11, securityModule, vault: { ...before.vault, kekLabel: 'evs-kek' } }
    })
    // Before the first rotation the file is what opens it, and no key can be sealed in the token.
    await expect(serving(both)).rejects.toMatchObject({ code: 'HSM_KEY_MISSING' })
    const moving = await openOffline(both)
    expect(await moving.operations.rotateKek(actor, {})).toMatchObject({ source: 'token' })
    for await (const event of moving.operations.rotateData(actor, {})) {
      if (event.kind === 'done') expect(event).toMatchObject({ keys: 1, left: 0 })
    }
    await moving.close()

    const inToken = { ...both, vault: { kekLabel: 'evs-kek' } }
    await serving(inToken)
    const after = await openOffline(inToken)
    expect((await after.operations.keys())[0]?.checkValue).toBe(checkValue)
    expect(await after.operations.rotateKek(actor, {})).toMatchObject({ source: 'token' })
    await after.close()
    await expect(
      openOffline({ ...before, vault: { kekFile: kekFile ?? '' } }),
    ).rejects.toMatchObject({
      code: 'KEK_WRONG',
    })
    const otherLabel = { ...inToken, vault: { kekLabel: 'other' } }
    await expect(openOffline(otherLabel)).rejects.toMatchObject({ code: 'KEK_MISSING' })
  })

  it('whose rotation was cut off before its record goes on with the key that it has', async () => {
    const { library, tokenLabel, userPin } = await newTokenPlace()
    const token = { library, tokenLabel, userPinFile: userPin.file ?? '' }
    const { config: file } = await init({ dir: folder, token })
    const config = configured(file, () => ({}))
    const opened = await openToken(config, CLOCK)
    expect(opened?.kekToken?.make().number).toBe(2)
    const offline = await openOffline(config)
    expect(offline.notices.join()).toContain('number 2, of a rotation that wrote nothing')
    await offline.operations.rotateKek(actor, {})
    await offline.close()
    const again = await openOffline(config)
    expect(again.notices).toEqual([])
    await again.close()
    expect(opened?.kekToken?.newest()?.number).toBe(3)
  })

  it('is not made in a token that has keys of another', async () => {
    const { library, tokenLabel, userPin } = await newTokenPlace()
    const token = { library, tokenLabel, userPinFile: userPin.file ?? '' }
    const { data } = await init({ dir: join(folder, 'one'), token })
    await expect(init({ dir: join(folder, 'two'), token })).rejects.toMatchObject({
      ...{ code: 'ALREADY_EXISTS', hint: expect.stringContaining('cut off') },
    })
    rmSync(data, { recursive: true })
    mkdirSync(data)
    await migrate(join(data, DATABASE_FILE))
    const config = configured(join(folder, 'one', 'evs.yaml'), () => ({}))
    await expect(openOffline(config)).rejects.toMatchObject({
      ...{ code: 'DATA_MISSING', hint: expect.stringMatching(/destroy.* in the token, then/) },
    })
    const nowhere = { ...token, tokenLabel: 'nowhere' }
    await expect(init({ dir: join(folder, 'three'), token: nowhere })).rejects.toMatchObject({
      code: 'HSM_UNAVAILABLE',
    })
    // Nothing was begun: a second try is not told that a configuration is there already.
    expect(readdirSync(folder)).toEqual(['one'])
  })
})

/** As a start does it, up to the module. */
async function serving(config: Config): Promise<void> {
  const token = await openToken(config, CLOCK)
  const onFatal = (why: string) => {
    throw new Error(why)
  }
  const store = await openData(config, { onFatal, token })
  try {
    mustHaveStorageKey(await openSecurityModule(config, { store, token }, 0))
  } finally {
    await store.close()
  }
}
