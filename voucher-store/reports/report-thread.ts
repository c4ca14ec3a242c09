// The thread of long reads: reports, searches, verification, reconciliation and backup, one job
// at a time on a read-only connection of its own. Whoever asked ends the thread when it takes too
// long; nothing here writes to the store, so that costs nothing but the work.

import { parentPort, workerData } from 'node:worker_threads'
import { listMerchants } from '../admin/merchants.ts'
import { findSale, listSales } from '../admin/sales.ts'
import { stockByProduct } from '../admin/stock.ts'
import { listTerminals } from '../admin/terminals.ts'
import { listVouchers } from '../admin/vouchers.ts'
import { writeBackup } from '../backup/backup-file.ts'
import { chunksOf } from '../import/chunk-digests.ts'
import { openForReading } from '../open-database.ts'
import { clearSlab } from '../writer/clear-slab.ts'
import { audit } from './audit.ts'
import { auditRecords, verifyAudit } from './audit-records.ts'
import { keysInUse } from './keys-in-use.ts'
import { LedgerEntries } from './ledger-entries.ts'
import { reconcile } from './reconcile.ts'
import type { FromReports, ReportJob, ToReports } from './report-job.ts'
import { reportTable } from './report-tables.ts'
import { standBack } from './stand-back.ts'
import { verifyJournal } from './verify-journal.ts'

clearSlab()
standBack()

const port = parentPort
if (port === null) throw new Error('reports run on a worker thread only')

const { file } = workerData as { file: string }
const database = openForReading(file)
let feeding: { entries: LedgerEntries; job: ReportJob & { kind: 'reconcile' } } | undefined

port.on('message', (message: ToReports) => {
  try {
    const answer = hear(message)
    if (answer !== undefined) port.postMessage(answer)
  } catch (error) {
    feeding = undefined
    const { message: why, code } = error as Error & { code?: string }
    tell({ kind: 'failed', message: why, code })
  }
})

function tell(answer: FromReports): void {
  port?.postMessage(answer)
}

function hear(message: ToReports): FromReports | undefined {
  switch (message.kind) {
    case 'job': {
      const { job } = message
      if (job.kind !== 'reconcile') return { kind: 'done', value: answerTo(job) }
      feeding = { entries: new LedgerEntries(database), job }
      return { kind: 'more' }
    }
    case 'chunk':
      feeding?.entries.push(message.bytes)
      return { kind: 'more' }
    case 'end':
      return { kind: 'done', value: reconciled() }
  }
}

function answerTo(job: Exclude<ReportJob, { kind: 'reconcile' }>): unknown {
  switch (job.kind) {
    case 'table':
      return reportTable(database, job.report, job.period)
    case 'stock':
      return stockByProduct(database, job.today, job.marginDays)
    case 'merchants':
      return listMerchants(database, job.search)
    case 'terminals':
      return listTerminals(database, job.search)
    case 'sales':
      return listSales(database, job.search)
    case 'sale':
      return findSale(database, job.id)
    case 'verify':
      return verifyJournal(database, job)
    case 'audit':
      return audit(database)
    case 'acts':
      return auditRecords(database, job.range)
    case 'verify-acts':
      return verifyAudit(database)
    case 'vouchers':
      return listVouchers(database, job.search)
    case 'keys':
      return keysInUse(database)
    case 'chunks':
      return chunksOf(database, new Set(job.batches))
    case 'backup': {
      const { target, key, createdMs } = job
      return writeBackup(database, { file, target, key, createdMs })
    }
  }
}

function reconciled(): unknown {
  if (feeding === undefined) throw new Error('no ledger was given')
  const { entries, job } = feeding
  feeding = undefined
  entries.end()
  if (entries.problems.length > 0) return { problems: entries.problems }
  return reconcile(database, entries, job.question)
}
