// The writer's thread: owns the one connection that writes. A message is a group; its answer tells
// the fate of every record and the head of the chain. Nothing else happens here.

import { parentPort, workerData } from 'node:worker_threads'
import { factsOf, openForWriting } from '../open-database.ts'
import type { StoreRecord } from '../store-record.ts'
import { GroupCommit } from './group-commit.ts'
import type { ToWriter } from './journal-client.ts'

const port = parentPort
if (port === null) throw new Error('the writer runs as a worker thread only')

const { file } = workerData as { file: string }
const database = openForWriting(file)
const groups = new GroupCommit(database)

port.on('message', (message: ToWriter) => {
  switch (message.kind) {
    case 'group':
      port.postMessage({ kind: 'group', result: groups.write(message.records as StoreRecord[]) })
      return
    case 'close':
      database.pragma('wal_checkpoint(TRUNCATE)')
      database.close()
      port.postMessage({ kind: 'closed' })
      port.close()
      return
  }
})
port.postMessage({ kind: 'ready', facts: factsOf(database) })
