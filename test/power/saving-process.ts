// Saves small files as the product saves them, and says so after each, in a file whose writes the
// recorder puts in one order with theirs. Judges nothing.
//
// `node --import tsx test/power/saving-process.ts FOLDER`

import { openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Ledger } from '../../card-host/ledger.ts'
import { FileStore } from '../../pos-terminal/store.ts'
import { writeBackup } from '../../voucher-store/backup/backup-file.ts'
import { MarkKeeper, writeMark } from '../../voucher-store/outside-mark.ts'
import { CheckpointSigner } from '../../voucher-store/signed-checkpoint.ts'
import { keyOfBackup, temporaryStore } from '../voucher-store/temporary-store.ts'
import { BACKUP, DEBIT, HEAD, LEDGER, SAID, STANS, TERMINAL } from './saved-files.ts'

const store = await temporaryStore()
const [, , folder = ''] = process.argv
const said = openSync(join(folder, SAID), 'w')
const say = (what: string) => writeSync(said, `${what}\n`)

const terminal = FileStore.open(join(folder, TERMINAL), '10000001', '100001')
for (const nextStan of STANS) {
  terminal.save({ ...terminal.state, nextStan })
  say(`stan ${nextStan}`)
}
terminal.close()

writeMark(folder, { epoch: 1, jseq: HEAD.jseq, hash: HEAD.hash.toString('hex'), final: true })
say('mark')
new MarkKeeper(folder, { epoch: 1, head: HEAD })
say('running')

const signer = new CheckpointSigner(folder, store.ring, HEAD)
say('checkpoint')
signer.committed({ ...HEAD, jseq: 1_000 })
signer.close()

const ledger = new Ledger(join(folder, LEDGER), true)
for (const stan of STANS) {
  ledger.append({ ...DEBIT, stan: String(stan).padStart(6, '0') })
  say(`debit ${stan}`)
}
ledger.close()

const key = keyOfBackup(store.database)
const order = { file: store.file, target: join(folder, BACKUP), key, createdMs: 0 }
writeBackup(store.database, order)
say('backup')
store.close()
