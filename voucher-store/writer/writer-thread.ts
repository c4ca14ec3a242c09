// The writer's thread: owns the one connection that writes. A message is a group; its answer tells
// the fate of every record and the head of the chain. Nothing else happens here.

import { parentPort, workerData } from 'node:worker_threads'
import type Database from 'better-sqlite3'
import { factsOf, openForWriting } from '../open-database.ts'
import type { StoreRecord } from '../store-record.ts'
import { checkpointWhenGrown } from './checkpoint.ts'
import { GroupCommit } from './group-commit.ts'
import type { ToWriter } from './journal-client.ts'

const port = parentPort
if (port === null) throw new Error('the writer runs as a worker thread only')

const { file } = workerData as { file: string }
const { database, groups } = opened(file)

port.on('message', (message: ToWriter) => {
  switch (message.kind) {
    case 'group':
      port.postMessage({ kind: 'group', result: groups.write(message.records as StoreRecord[]) })
      checkpoint()
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

/** The news of the group is on its way already; a failure ends the process all the same. */
function checkpoint(): void {
  try {
    checkpointWhenGrown(database)
  } catch (error) {
    const why = `checkpoint failed: ${(error as Error).message}`
    port?.postMessage({ kind: 'group', result: { kind: 'fatal', why } })
  }
}

function opened(path: string): { database: Database.Database; groups: GroupCommit } {
  try {
    const connection = openForWriting(path)
    return { database: connection, groups: new GroupCommit(connection) }
  } catch (error) {
    // The driver's own errors lose their message on the way to the other thread.
    throw new Error((error as Error).message)
  }
}
