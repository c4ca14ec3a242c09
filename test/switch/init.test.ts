// What `evs init` makes is its owner's alone, and is never made over. One that was cut off: what it
// left is no store, and the next one finishes it.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../../switch/config/load.ts'
import type { Config } from '../../switch/config/schema.ts'
import { init } from '../../switch/init.ts'
import { openOffline } from '../../switch/offline.ts'
import { DATABASE_FILE } from '../../voucher-store/checked-data.ts'
import { openForWriting } from '../../voucher-store/open-database.ts'
import { migrate } from '../../voucher-store/schema/migrate.ts'
import { CHECKPOINT_FILE } from '../../voucher-store/signed-checkpoint.ts'

/** A whole init, also on a machine that has much else to do. */
const PATIENT_MS = 60_000

let folder: string
let config: Config
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'evs-init-'))
  const { config: file } = await init({ dir: folder })
  const loaded = loadConfig({ file, env: {} })
  if (loaded.kind === 'problems') throw new Error('a starter is in order')
  config = loaded.config
}, PATIENT_MS)
afterEach(() => rmSync(folder, { recursive: true }))

const database = () => join(config.data.directory, DATABASE_FILE)

describe('an init', () => {
  const yaml = () => join(folder, 'evs.yaml')

  it('lets nobody but the owner at configuration, keys and data', () => {
    const modes = ['evs.yaml', 'data', 'keys', 'keys/kek'].map((name) => {
      return (statSync(join(folder, name)).mode & 0o777).toString(8)
    })
    expect(modes).toEqual(['600', '700', '700', '600'])
  })

  it('into a folder with a configuration is refused, and changes nothing', async () => {
    writeFileSync(yaml(), '# changed by hand')
    await expect(init({ dir: folder })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    expect(readFileSync(yaml(), 'utf8')).toBe('# changed by hand')
  })

  it('with force writes the configuration anew, and neither key nor store', async () => {
    const before = readFileSync(yaml(), 'utf8')
    writeFileSync(yaml(), '# changed by hand')
    const kept = () => {
      const reader = openForWriting(database())
      const keys = reader
        .prepare('select id, purpose, hex(wrapped) as wrapped from vault_key')
        .all()
      reader.close()
      return [readFileSync(join(folder, 'keys', 'kek'), 'utf8'), keys]
    }
    const keys = kept()
    await init({ dir: folder, force: true })
    expect(readFileSync(yaml(), 'utf8')).toBe(before)
    expect(kept()).toEqual(keys)
  })
})

describe('an init that was cut off before its record', () => {
  beforeEach(async () => {
    rmSync(config.data.directory, { recursive: true })
    mkdirSync(config.data.directory)
    await migrate(database())
  })

  it('is finished by the next one, with keys', async () => {
    const { products } = await init({ dir: folder, force: true })
    expect(products).toBeGreaterThan(0)
    const { operations, close } = await openOffline(config)
    const { keys } = await operations.vaultStatus()
    expect(keys.map(({ purpose }) => purpose)).toEqual([
      ...['fingerprint', 'card-hash', 'card', 'module'],
    ])
    await close()
  })

  it('is no store that a start takes', async () => {
    await expect(openOffline(config)).rejects.toMatchObject({
      ...{ code: 'DATA_MISSING', message: expect.stringContaining('neither records nor keys') },
      hint: expect.stringContaining('evs init --force'),
    })
  })
})

describe('a folder in which a restore was cut off', () => {
  const log = () => `${database()}-wal`
  const refused = {
    ...{ code: 'DATA_MISSING', hint: expect.stringContaining('run the restore again') },
    message: expect.stringContaining('there is no'),
  }

  beforeEach(() => {
    rmSync(database())
    rmSync(log(), { force: true })
  })

  it.each([true, false])('is not filled, with the old log %s', async (isThere) => {
    if (isThere) {
      writeFileSync(log(), 'sold')
      rmSync(join(config.data.directory, 'mark.json'))
    }
    await expect(init({ dir: folder, force: true })).rejects.toMatchObject(refused)
    await expect(openOffline(config)).rejects.toMatchObject(refused)
    expect([existsSync(log()), existsSync(database())]).toEqual([isThere, false])
  })
})

describe('a store whose keys are gone', () => {
  const withoutKeys = () => {
    const writer = openForWriting(database())
    writer.exec('delete from vault_key')
    writer.close()
  }

  it('is not opened, and not taken for a new one', async () => {
    withoutKeys()
    // It is signed under one of the keys.
    rmSync(join(config.data.directory, CHECKPOINT_FILE))
    const refused = {
      code: 'JOURNAL_BROKEN',
      message: expect.stringContaining('records, but no keys'),
    }
    await expect(openOffline(config)).rejects.toMatchObject(refused)
    await expect(init({ dir: folder, force: true })).rejects.toMatchObject(refused)
    expect(existsSync(database())).toBe(true)
  })
})
