// `evs init`: a new folder with a configuration, an empty database with its keys, and a starter
// catalogue. Never touches what is there already.

import { createReadStream, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { EvsError } from '../admin-api/errors.ts'
import { StorageKeysInToken } from '../hardware-module/storage-keys.ts'
import type { Token } from '../hardware-module/token.ts'
import { systemTimers } from '../protocol/link/timers.ts'
import { DATABASE_FILE, isUnfilled, noDatabase } from '../voucher-store/checked-data.ts'
import { migrate } from '../voucher-store/schema/migrate.ts'
import type { Statement } from '../voucher-store/store-record.ts'
import { makeFirstKekFile } from '../voucher-store/vault/kek-file.ts'
import { wrapNewKey } from '../voucher-store/vault/vault.ts'
import { loadConfig } from './config/load.ts'
import { renderProblems } from './config/problem.ts'
import type { Config } from './config/schema.ts'
import { type StarterOptions, starterYaml } from './config/starter.ts'
import { openOffline } from './offline.ts'
import { errorOf, mustReadKek, openData } from './open-data.ts'
import { type OpenToken, openToken } from './token.ts'
import { noteBelieved } from './watched-clock.ts'

export interface InitOptions extends StarterOptions {
  readonly dir: string
  /** Write the configuration anew. Keys and data that are there stay as they are. */
  readonly force?: boolean
  /** Another catalogue than the starter's. */
  readonly catalogue?: string | undefined
}

export interface InitResult {
  readonly config: string
  readonly data: string
  /** Its file, or which key of the token it is. */
  readonly kek: string
  readonly products: number
}

const STARTER_CATALOGUE = new URL('../catalogue/starter.csv', import.meta.url)
/** Their numbers count from 1. */
const purposes = ['fingerprint', 'card-hash', 'card', 'module'] as const
const MODULE_KEY = purposes.indexOf('module') + 1
const INSTALLED_CATALOGUE = new URL('../../catalogue/starter.csv', import.meta.url)

export async function init(options: InitOptions): Promise<InitResult> {
  const folder = resolve(options.dir)
  const file = join(folder, 'evs.yaml')
  if (existsSync(file) && options.force !== true) {
    const message = `${file} is there already`
    const hint = 'choose another folder, or --force to write the configuration anew'
    throw new EvsError('ALREADY_EXISTS', { message, hint })
  }
  const yaml = starterYaml(options)
  const config = configOf(file, yaml)
  const isNew = isUnfilled(config.data.directory)
  if (!isNew) mustHaveData(config.data.directory)
  // What would refuse is asked before anything is written: a second try meets an empty folder.
  const token = isNew ? await freeToken(config) : undefined
  mkdirSync(folder, { recursive: true })
  mkdirSync(join(folder, 'data'), { mode: 0o700, recursive: true })
  mkdirSync(join(folder, 'keys'), { mode: 0o700, recursive: true })
  const kekFile = join(folder, 'keys', 'kek')
  if (options.token === undefined) makeFirstKekFile(kekFile)
  writeFileSync(file, yaml, { mode: 0o600 })
  const kek = config.vault.kekFile ?? `${config.vault.kekLabel} in ${config.pkcs11?.tokenLabel}`
  if (isNew) await makeData(config, token)
  const products = await loadCatalogue(config, options.catalogue)
  return { config: file, data: config.data.directory, kek, products }
}

/** Where a restore was cut off nothing is made: it would take the log of the old database along. */
function mustHaveData(directory: string): void {
  if (!existsSync(join(directory, DATABASE_FILE))) throw errorOf(noDatabase(directory).why)
}

function configOf(file: string, text: string): Config {
  const loaded = loadConfig({ file, text, env: {} })
  if (loaded.kind === 'config') return loaded.config
  throw new EvsError('CONFIG_INVALID', { message: renderProblems(loaded.problems) })
}

/** The database with its schema, epoch and keys. */
async function makeData(config: Config, token: OpenToken | undefined): Promise<void> {
  if (token !== undefined) makeTokenKeys(config, token)
  const kek = mustReadKek(config, token)
  await migrate(join(config.data.directory, DATABASE_FILE))
  const store = await openData(config, { onFatal: fail, token, isNew: true })
  const atMs = systemTimers.wallMs()
  const statements: Statement[] = purposes.map((purpose, index) => {
    const key = wrapNewKey(kek, index + 1, purpose)
    return {
      sql: 'insert into vault_key (id, purpose, wrapped, created_ms) values (?, ?, ?, ?)',
      bindings: [key.id, key.purpose, key.wrapped, atMs],
      copied: { table: 'vault_key', first: key.id, rows: 1 },
    }
  })
  statements.push({ sql: "insert into meta (name, value) values ('epoch', '1')", bindings: [] })
  statements.push(noteBelieved(atMs))
  const result = await store.journal.write({
    kind: 'admin',
    action: 'init',
    by: 'evs init',
    detail: { keys: purposes },
    statements,
    atMs,
  })
  await store.close()
  token?.token.close()
  if (result.kind !== 'written') throw new EvsError('INTERNAL', { message: result.detail })
}

/** Only one that has nothing yet: what is there belongs to another store. */
async function freeToken(config: Config): Promise<OpenToken | undefined> {
  const opened = await openToken(config, systemTimers)
  if (opened === undefined) return undefined
  const { token, kekToken } = opened
  const storage = storageIn(config, token)
  const isFree = storage === undefined || token.run(() => storage.isEmpty)
  if (kekToken?.newest() === undefined && isFree) return opened
  token.close()
  const { kekLabel } = config.vault
  const message = `the token has keys called ${kekLabel} or ${config.securityModule.keyLabel}`
  const hint =
    'where they are of an init that was cut off, destroy them; they may be those of another ' +
    'store: then choose another token'
  throw new EvsError('ALREADY_EXISTS', { message, hint })
}

function makeTokenKeys(config: Config, { token, kekToken }: OpenToken): void {
  kekToken?.make()
  token.run(() => storageIn(config, token)?.make(MODULE_KEY))
}

function storageIn({ securityModule: { keyLabel } }: Config, token: Token) {
  return keyLabel === undefined ? undefined : new StorageKeysInToken(token, keyLabel)
}

async function loadCatalogue(config: Config, file: string | undefined): Promise<number> {
  const starter = existsSync(STARTER_CATALOGUE) ? STARTER_CATALOGUE : INSTALLED_CATALOGUE
  const offline = await openOffline(config)
  try {
    const csv = createReadStream(file ?? starter)
    const products = await offline.operations.loadProducts({ name: 'evs init' }, csv)
    return products.length
  } finally {
    await offline.close()
  }
}

function fail(why: string): void {
  throw new Error(why)
}
