// What the report thread is asked and what it gives back. Plain data on both ways; the only secret
// among it is the key of a backup, which stays inside the process.

import type { MerchantPage, MerchantSearch } from '../admin/merchants.ts'
import type { SaleRow, SaleSearch, SaleWithHistory } from '../admin/sales.ts'
import type { StockRow } from '../admin/stock.ts'
import type { TerminalPage, TerminalSearch } from '../admin/terminals.ts'
import type { VoucherFacts, VoucherSearch } from '../admin/vouchers.ts'
import type { BackupFacts, BackupKey } from '../backup/backup-file.ts'
import type { Chunk } from '../import/chunk-digests.ts'
import type { AuditResult } from './audit.ts'
import type { ActPage, AuditRange, AuditVerdict } from './audit-records.ts'
import type { KeysInUse } from './keys-in-use.ts'
import type { LedgerProblem } from './ledger-entries.ts'
import type { ReconcileQuestion, ReconcileResult } from './reconcile.ts'
import type { ReportName } from './report-tables.ts'
import type { Period, ReportTable } from './table-parts.ts'
import type { JournalVerdict } from './verify-journal.ts'

export type ReportJob =
  | { readonly kind: 'table'; readonly report: ReportName; readonly period: Period }
  | { readonly kind: 'stock'; readonly today: number; readonly marginDays: number }
  | { readonly kind: 'merchants'; readonly search: MerchantSearch }
  | { readonly kind: 'terminals'; readonly search: TerminalSearch }
  | { readonly kind: 'sales'; readonly search: SaleSearch }
  | { readonly kind: 'sale'; readonly id: string }
  /** `quick`: without comparing every row with the journal. `lack`: what keeps it from that. */
  | { readonly kind: 'verify'; readonly quick?: boolean; readonly lack?: string | undefined }
  | { readonly kind: 'audit' }
  | { readonly kind: 'acts'; readonly range: AuditRange }
  | { readonly kind: 'verify-acts' }
  | { readonly kind: 'vouchers'; readonly search: VoucherSearch }
  | { readonly kind: 'keys' }
  /** The chunks of these batches, and their newest digests. */
  | { readonly kind: 'chunks'; readonly batches: readonly number[] }
  /** The ledger follows in chunks. */
  | { readonly kind: 'reconcile'; readonly question: ReconcileQuestion }
  | {
      readonly kind: 'backup'
      readonly target: string
      readonly key: BackupKey
      readonly createdMs: number
    }

export interface ReportAnswers {
  table: ReportTable
  stock: StockRow[]
  merchants: MerchantPage
  terminals: TerminalPage
  sales: { sales: SaleRow[]; before: number | null }
  sale: SaleWithHistory | undefined
  verify: JournalVerdict
  audit: AuditResult
  acts: ActPage
  'verify-acts': AuditVerdict
  vouchers: VoucherFacts[]
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
  /** `code`: of SQLite or of the file system, where it has one. */
  | { readonly kind: 'failed'; readonly message: string; readonly code?: string | undefined }
