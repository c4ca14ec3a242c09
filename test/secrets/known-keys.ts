// Keys as the trial knows them: what the store has sealed, opened with the key-encryption key by
// somebody who has both, and the parts as their files tell them. They are the canaries for keys.
// A set that is replaced is gone from the store, so who wants all of them looks after each logon.

import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { openKey } from '../../protocol/security/sealed-key.ts'
import type { KeyScheme, KeyUse } from '../../protocol/values/key.ts'
import { masterPlace, setPlace } from '../../switch/core/key-store.ts'
import { Sqlite } from '../../voucher-store/sqlite.ts'
import { readKekFile } from '../../voucher-store/vault/kek-file.ts'
import { KeyRing, type WrappedKey } from '../../voucher-store/vault/vault.ts'
import type { Canary } from './forms.ts'
import { formsOfBytes } from './forms.ts'

export interface KnownKey {
  readonly owner: string
  readonly use: KeyUse
  readonly scheme: KeyScheme
  readonly bytes: Buffer
}

interface MasterRow {
  readonly owner: string
  readonly scheme: KeyScheme
  readonly sealed: Buffer
}

interface SetRow {
  readonly owner: string
  readonly generation: number
  readonly scheme: KeyScheme
  readonly mac_key: Buffer
  readonly pin_key: Buffer
  readonly data_key: Buffer | null
}

/** Every master, base and session key that is in the store now. Throws when one does not open. */
export function keysInStore(kekFile: string, file: string): KnownKey[] {
  const kek = readKekFile(kekFile)
  if (kek.kind === 'problem') throw new Error(kek.message)
  const database = new Sqlite(file, { readonly: true })
  const ring = KeyRing.open(
    kek.kek,
    database.prepare('select id, purpose, wrapped from vault_key').all() as WrappedKey[],
  )
  const masters = database.prepare('select owner, scheme, sealed from master_key').all()
  const sets = database.prepare('select * from key_set').all()
  database.close()
  if (ring === undefined) throw new Error('the keys of the vault do not open')
  const storage = { newest: () => ring.newest('module'), byId: (id: number) => ring.byId(id) }
  const opened = (
    { owner, scheme }: { readonly owner: string; readonly scheme: KeyScheme },
    use: KeyUse,
    sealed: Buffer,
    place: string,
  ): KnownKey => {
    const bytes = openKey(storage, sealed, { use, scheme, place })
    if (bytes === undefined) throw new Error(`a ${use} key of ${owner} does not open`)
    return { owner, use, scheme, bytes }
  }
  return [
    ...(masters as MasterRow[]).map((row) => {
      const use = row.owner.startsWith('dukpt/') ? 'dukpt-base' : 'master'
      return opened(row, use, row.sealed, masterPlace(row.owner))
    }),
    ...(sets as SetRow[]).flatMap((row) => {
      const place = setPlace(row.owner, row.generation)
      const two = [opened(row, 'mac', row.mac_key, place), opened(row, 'pin', row.pin_key, place)]
      return row.data_key === null ? two : [...two, opened(row, 'data', row.data_key, place)]
    }),
  ]
}

/** The same key of two looks is one canary. */
export function canariesOfKeys(keys: readonly KnownKey[]): Canary[] {
  const seen = new Map<string, Canary>()
  for (const { owner, use, scheme, bytes } of keys) {
    const name = `${scheme} ${use} key of ${owner}, ${seen.size + 1}`
    const hex = bytes.toString('hex')
    if (!seen.has(hex)) seen.set(hex, { name, forms: formsOfBytes(bytes) })
  }
  return [...seen.values()]
}

/** The part on a file that `evs key issue` wrote, upper-case hex. */
export function partIn(file: string): string {
  const [, part] = /^part ([0-9A-F-]+) /m.exec(readFileSync(file, 'utf8')) ?? []
  if (part === undefined) throw new Error(`no part of a key is in ${file}`)
  return part.replaceAll('-', '')
}

/** The number that a private key of an elliptic curve is. */
export function privateNumber(file: string): Buffer {
  const { d } = createPrivateKey(readFileSync(file)).export({ format: 'jwk' })
  return Buffer.from(d ?? '', 'base64url')
}
