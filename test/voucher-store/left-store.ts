// A store of a test as a process that was killed left it: its files in a data directory, and its
// key beside them, for a switch that is to be started over it.

import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DATABASE_FILE } from '../../voucher-store/checked-data.ts'
import { writeMark } from '../../voucher-store/outside-mark.ts'
import { KEK_BYTES, type TemporaryStore } from './temporary-store.ts'

/** The settings, as variables, that name its places below the folder. */
export function leftIn(folder: string, store: TemporaryStore): Record<string, string> {
  const data = join(folder, 'data')
  mkdirSync(data)
  writeMark(data, { epoch: 1, jseq: 0, hash: '', final: false })
  for (const name of [DATABASE_FILE, `${DATABASE_FILE}-wal`]) {
    copyFileSync(join(store.directory, name), join(data, name))
  }
  const kekFile = join(folder, 'kek')
  writeFileSync(kekFile, `${KEK_BYTES.toString('hex')}\n`, { mode: 0o600 })
  return { EVS_DATA_DIRECTORY: data, EVS_VAULT_KEK_FILE: kekFile }
}
