// The writer's thread: owns the one connection that writes, and the mark beside the database. A
// message is a group; its answer tells the fate of every record and the head of the chain, and
// leaves after the mark names it. Nothing else happens here.

import { dirname } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import type Database from 'better-sqlite3'
import { epochOf } from '../meta.ts'
import { factsOf, openForWriting } from '../open-database.ts'
import { MarkKeeper } from '../outside-mark.ts'
import type { StoreRecord } from '../store-record.ts'
import { readHead } from './chain.ts'
import { Checkpoints } from './checkpoint.ts'
import { clearSlab } from './clear-slab.ts'
import { GroupCommit } from './group-commit.ts'
import type { FromWriter, ToWriter } from './journal-client.ts'

clearSlab()

const port = parentPort
if (port === null) throw new Error('the writer runs as a worker thread only')

const { file } = workerData as { file: string }
const { database, groups, checkpoints, mark } = opened(file)

port.on('message', (message: ToWriter) => {
  switch (message.kind) {
    case 'group':
      write(message.records as StoreRecord[])
      checkpoint()
      return
    case 'close':
      close()
      post({ kind: 'closed' })
      port.close()
      return
  }
})
post({ kind: 'ready', facts: factsOf(database) })

function post(message: FromWriter): void {
  port?.postMessage(message)
}

/** Records whose loss would not be noticed are nobody's news yet. */
function write(records: readonly StoreRecord[]): void {
  const result = groups.write(records)
  if (result.kind === 'done') mark.committed(result.head)
  post({ kind: 'group', result })
}

function close(): void {
  const head = readHead(database)
  checkpoints.atEnd()
  database.close()
  mark.final(head)
}

/**
 * The news of the group is on its way already; a failure ends the process all the same. For want of
 * room nothing has failed: the ballast is given up for the next try.
 */
function checkpoint(): void {
  try {
    const detail = checkpoints.whenGrown()
    if (detail !== undefined) post({ kind: 'no-room', detail })
  } catch (error) {
    const why = `checkpoint failed: ${(error as Error).message}`
    post({ kind: 'group', result: { kind: 'fatal', why } })
  }
}

function opened(path: string): {
  database: Database.Database
  groups: GroupCommit
  checkpoints: Checkpoints
  mark: MarkKeeper
} {
  try {
    const connection = openForWriting(path)
    const now = { epoch: epochOf(connection), head: readHead(connection) }
    return {
      database: connection,
      groups: new GroupCommit(connection),
      checkpoints: new Checkpoints(connection),
      mark: new MarkKeeper(dirname(path), now),
    }
  } catch (error) {
    // The driver's own errors lose their message on the way to the other thread.
    throw new Error((error as Error).message)
  }
}
