// What the report thread is asked and what it gives back. Plain data on both ways; the only secret
// among it is the key-encryption key of a backup, which stays inside the process.

import type { SaleRow, SaleSearch, SaleWithHistory } from '../admin/sales.ts'
import type { StockRow } from '../admin/stock.ts'
import type { BackupFacts } from '../backup/backup-file.ts'
import type { Chunk } from '../import/chunk-digests.ts'
import type { AuditResult } from './audit.ts'
import type { KeysInUse } from './keys-in-use.ts'
import type { LedgerProblem } from './ledger-entries.ts'
import type { ReconcileQuestion, ReconcileResult } from './reconcile.ts'
import type { Period, ReportName, ReportTable } from './report-tables.ts'
import type { JournalVerdict } from './verify-journal.ts'

export type ReportJob =
  | { readonly kind: 'table'; readonly report: ReportName; readonly period: Period }
  | { readonly kind: 'stock'; readonly today: number }
  | { readonly kind: 'sales'; readonly search: SaleSearch }
  | { readonly kind: 'sale'; readonly id: string }
  /** `quick`: without comparing every row with the journal. */
  | { readonly kind: 'verify'; readonly quick?: boolean }
  | { readonly kind: 'audit' }
  | { readonly kind: 'keys' }
  /** The chunks of these batches, and their newest digests. */
  | { readonly kind: 'chunks'; readonly batches: readonly number[] }
  /** The ledger follows in chunks. */
  | { readonly kind: 'reconcile'; readonly question: ReconcileQuestion }
  | {
      readonly kind: 'backup'
      readonly target: string
      readonly kek: Uint8Array
      readonly createdMs: number
    }

export interface ReportAnswers {
  table: ReportTable
  stock: StockRow[]
  sales: { sales: SaleRow[]; before: number | null }
  sale: SaleWithHistory | undefined
  verify: JournalVerdict
  audit: AuditResult
  reconcile: ReconcileResult | { readonly problems: LedgerProblem[] }
  keys: KeysInUse
  chunks: Chunk[]
  backup: BackupFacts | { readonly exists: true } | { readonly otherKek: true }
}

export type ToReports =
  | { readonly kind: 'job'; readonly job: ReportJob }
  | { readonly kind: 'chunk'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }

export type FromReports =
  | { readonly kind: 'more' }
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly message: string }
