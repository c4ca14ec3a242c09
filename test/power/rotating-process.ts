// Rotates the key-encryption key of a store as the product does, and says what it has come to, in
// a file whose writes the recorder puts in one order with those of the keys. Judges nothing.
//
// `node --import tsx test/power/rotating-process.ts FOLDER`; the key is in FOLDER/kek.

import { openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { rotateKek } from '../../voucher-store/vault/rotate-kek.ts'
import { KEK, NOW, type TemporaryStore, temporaryStore } from '../voucher-store/temporary-store.ts'

const [, , folder = ''] = process.argv
const said = openSync(join(folder, 'said'), 'w')
const say = (what: string) => writeSync(said, `${what}\n`)

const store = await temporaryStore()
const write: TemporaryStore['journal']['write'] = async (record) => {
  say('wrapping')
  const result = await store.journal.write(record)
  say('wrapped')
  return result
}
const ports = { ...store, journal: { write }, kek: KEK, kekPlace: { kekFile: join(folder, 'kek') } }
const { kind } = await rotateKek(ports, undefined, { by: 'test', atMs: NOW })
say(kind)
store.close()
