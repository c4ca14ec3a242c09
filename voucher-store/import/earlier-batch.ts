// The batch that the same file made before, found by the hash of its bytes. A batch that is being
// loaded has no hash yet and is never found.

import type Database from 'better-sqlite3'
import { isoMoment } from '../admin/shown.ts'
import { readOne, sql } from '../admin/statements.ts'

export interface EarlierBatch {
  readonly batch: number
  readonly importedAt: string
  readonly fileName: string
}

export function earlierBatchOf(
  database: Database.Database,
  fileHash: string,
): EarlierBatch | undefined {
  const query = sql('batch').select('id', 'created_ms', 'file_name').where({ file_hash: fileHash })
  const row = readOne<{ id: number; created_ms: number; file_name: string }>(database, query)
  if (row === undefined) return undefined
  return { batch: row.id, importedAt: isoMoment(row.created_ms), fileName: row.file_name }
}
