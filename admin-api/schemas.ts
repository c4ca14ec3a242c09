// The shapes of the admin API, as zod schemas: the routes check requests and answers with them, the
// OpenAPI document is made from them, and the command line gets its types from them. Amounts are
// whole rials; moments are ISO 8601 in UTC; days are `yyyy-mm-dd` in Asia/Tehran. Never a secret.

import { z } from 'zod'
import {
  askedDay,
  count,
  day,
  fileName,
  institution,
  mid,
  moment,
  productId,
  remark,
  rial,
  sumRial,
  tid,
} from './values.ts'

export const health = z.object({
  status: z.enum(['selling', 'not selling', 'draining', 'offline']),
  version: z.string(),
  uptimeSeconds: z.number(),
  cardHosts: z.array(
    z.object({
      name: z.string(),
      connections: count,
      signedOn: count,
      /** `do not open`: they are stored under another storage key, or are damaged. */
      keys: z.enum(['none', 'in force', 'missing', 'do not open']),
    }),
  ),
  listeners: z.array(
    z.object({ name: z.string(), kind: z.string(), port: count, connections: count }),
  ),
  /** Every gateway that may connect: its links, and the terminals' connections that it brings. */
  gateways: z.array(z.object({ name: z.string(), links: count, connections: count })),
  database: z.object({
    sqliteVersion: z.string(),
    journalMode: z.string(),
    synchronous: z.int(),
    foreignKeys: z.int(),
    mmapSize: z.int(),
  }),
  journal: z.object({ jseq: count, epoch: count, waiting: count }),
  reversals: z.object({ open: count, suspense: count }),
  salesInFlight: count,
  /** Why it does not sell; empty when it does. */
  reasons: z.array(z.string()),
  /** What somebody should look at while it sells. */
  warnings: z.array(z.string()),
})
export type Health = z.output<typeof health>

export const product = z.object({
  product: productId,
  mobileOperator: z.string(),
  nameEn: z.string(),
  nameFa: z.string(),
  priceRial: rial,
  vatRate: z.string(),
  redeem: z.string(),
  validFrom: day,
  enabled: z.boolean(),
})
export type Product = z.output<typeof product>
export const productChange = z.strictObject({ enabled: z.boolean() })
export type ProductChange = z.output<typeof productChange>

export const batchState = z.enum(['loading', 'loaded', 'released', 'held', 'closed'])
export const batchFilter = z.strictObject({ state: batchState.optional() })
export type BatchFilter = z.output<typeof batchFilter>
const stockCounts = z.object({
  imported: count,
  available: count,
  reserved: count,
  sold: count,
  quarantined: count,
  fenced: count,
  voided: count,
  expired: count,
})
export const batchSummary = z.object({
  id: count,
  format: z.string(),
  fileName: z.string(),
  reference: z.string().nullable(),
  /** Not released before this day, where its file said one. */
  validFrom: day.nullable(),
  state: batchState,
  quantity: count,
  importedAt: moment,
  counts: stockCounts,
})
export type BatchSummary = z.output<typeof batchSummary>
export const batchDetail = batchSummary.extend({
  lots: z.array(z.object({ product: productId, expires: day, counts: stockCounts })),
})
export type BatchDetail = z.output<typeof batchDetail>
/** recall: hold, and void what has not been sold. */
export const batchChange = z.strictObject({
  action: z.enum(['release', 'hold', 'recall', 'close']),
})
export type BatchChange = z.output<typeof batchChange>

export const importRequest = z.strictObject({
  fileName,
  /** Size of the file in bytes, for the estimate of the time left. */
  bytes: count.optional(),
  expires: askedDay.optional(),
  release: z.boolean().default(false),
  dryRun: z.boolean().default(false),
})
export type ImportRequest = z.output<typeof importRequest>
const importProblem = z.object({
  line: count,
  message: z.string(),
  hint: z.string().optional(),
})
export const importEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), vouchers: count, bytes: count }),
  z.object({
    kind: z.literal('done'),
    dryRun: z.boolean(),
    batch: count.nullable(),
    format: z.string(),
    vouchers: count,
    released: z.boolean(),
    products: z.array(z.object({ product: productId, vouchers: count })),
    seconds: z.number(),
  }),
  z.object({
    kind: z.literal('refused'),
    code: z.string(),
    message: z.string(),
    problems: z.array(importProblem),
    moreProblems: count,
  }),
])
export type ImportEvent = z.output<typeof importEvent>

export const stockLine = z.object({
  product: productId,
  name: z.string(),
  priceRial: rial,
  enabled: z.boolean(),
  ...stockCounts.shape,
  /** Available, but in a batch that is not released (loaded or held). */
  notReleased: count,
  /** Available and released, but within `limits.expiryMarginDays` of its last day, or past it. */
  nearExpiry: count,
  /** Available, without those two: what sales can get. */
  sellable: count,
  soldLast7Days: count,
  /** Of what is sellable, at the pace of the last 7 days; null when nothing was sold. */
  daysLeft: z.number().nullable(),
})
export type StockLine = z.output<typeof stockLine>

export const saleState = z.enum([
  'intent',
  'sold',
  'declined',
  'reversing',
  'reversed',
  'refunding',
  'refunded',
  'refused',
  'tombstone',
])
const sale = z.object({
  id: count,
  at: moment,
  state: saleState,
  responseCode: z.string(),
  institution,
  mid,
  tid,
  stan: z.string(),
  day,
  time: z.string(),
  rrn: z.string().nullable(),
  product: z.string().nullable(),
  count: count.nullable(),
  amountRial: rial.nullable(),
  card: z.string().nullable(),
  confirmed: z.boolean(),
  cancelled: z.boolean(),
  authCode: z.string().nullable(),
  serials: z.array(z.string()),
  hostTransmission: z.string().nullable(),
  hostStan: z.string().nullable(),
})
export const saleFilter = z.strictObject({
  day: askedDay.optional(),
  tid: tid.optional(),
  mid: mid.optional(),
  rrn: z
    .string()
    .regex(/^\d{12}$/)
    .optional(),
  state: saleState.optional(),
  before: count.optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(100),
})
export type SaleFilter = z.output<typeof saleFilter>
export const salePage = z.object({
  sales: z.array(sale),
  /** Give it as `before` for the next page; null at the end. */
  before: count.nullable(),
})
export type SalePage = z.output<typeof salePage>
export const saleDetail = sale.extend({
  disclosures: count,
  reprints: count,
  reversal: z
    .object({
      status: z.string(),
      stan: z.string(),
      transmission: z.string(),
      tries: count,
      responseCode: z.string().nullable(),
      approvalSeen: z.boolean(),
    })
    .nullable(),
  /** The sale's records in the journal, oldest first. */
  history: z.array(z.object({ jseq: count, kind: z.string(), at: moment, text: z.string() })),
})
export type SaleDetail = z.output<typeof saleDetail>

export const suspenseItem = z.object({
  sale: count,
  status: z.enum(['pending', 'unfound', 'suspense', 'watched', 'closed', 'no-debit']),
  amountRial: rial,
  rrn: z.string(),
  mid,
  tid,
  card: z.string(),
  openedAt: moment,
  ageSeconds: z.number(),
  tries: count,
  responseCode: z.string().nullable(),
  approvalSeen: z.boolean(),
})
export type SuspenseItem = z.output<typeof suspenseItem>
/** reversed: the host undid the debit. no-debit: there was none. retry: send it again now. */
export const suspenseResolution = z.strictObject({
  as: z.enum(['reversed', 'no-debit', 'retry']),
  note: remark,
})
export type SuspenseResolution = z.output<typeof suspenseResolution>

export const claim = z.object({
  id: count,
  sale: count,
  reason: z.string(),
  openedAt: moment,
  closedAt: moment.nullable(),
  resolution: z.string().nullable(),
  mid,
  tid,
  rrn: z.string().nullable(),
  amountRial: rial.nullable(),
})
export type Claim = z.output<typeof claim>
export const claimResolution = z.strictObject({ resolution: remark })
export type ClaimResolution = z.output<typeof claimResolution>

const totals = z.object({
  salesCount: count,
  salesAmountRial: sumRial,
  reversalsCount: count,
  reversalsAmountRial: sumRial,
})
/** Of a period that was closed twice over they may be below nothing, and are shown. */
const runningTotals = z.object({
  salesCount: z.int(),
  salesAmountRial: z.int(),
  reversalsCount: z.int(),
  reversalsAmountRial: z.int(),
})
export const dayEndDifference = z.object({
  id: count,
  tid,
  mid,
  at: moment,
  claimed: totals,
  actual: runningTotals,
  closedAt: moment.nullable(),
})
export type DayEndDifference = z.output<typeof dayEndDifference>

export const reportRequest = z.strictObject({
  report: z.enum(['sales', 'batch', 'merchant', 'commission']),
  from: askedDay.optional(),
  to: askedDay.optional(),
})
export type ReportRequest = z.output<typeof reportRequest>
/** Sums are digit strings where they may exceed what a number holds exactly. */
export const reportTable = z.object({
  title: z.string(),
  columns: z.array(
    z.object({ key: z.string(), title: z.string(), kind: z.enum(['text', 'number']) }),
  ),
  rows: z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()]))),
})
export type ReportTable = z.output<typeof reportTable>

export const reconcileRequest = z.strictObject({
  cardHost: z.string().optional(),
  from: askedDay.optional(),
  to: askedDay.optional(),
  /** Close what the ledger settles, and reopen reversals whose debit it still has. */
  settle: z.boolean().default(false),
})
export type ReconcileRequest = z.output<typeof reconcileRequest>
const reconcileDifference = z.object({
  kind: z.enum([
    'debit without sale',
    'sale without debit',
    'amount differs',
    'reversal missing at host',
    'sold but reversed at host',
    'unknown debit',
  ]),
  amountRial: z.int(),
  sale: count.nullable(),
  rrn: z.string().nullable(),
  tid: z.string().nullable(),
  hostStan: z.string().nullable(),
  hostTransmission: z.string().nullable(),
  text: z.string(),
})
export const reconciliation = z.object({
  /** Net debits at the host minus the price of what is sold and not refunded, in rials. */
  differenceRial: z.int(),
  differences: z.array(reconcileDifference),
  hostDebits: count,
  hostReversals: count,
  /** Below 0 where the ledger gives back more than it debits. */
  hostNetRial: z.int(),
  salesSold: count,
  salesNetRial: sumRial,
  /** Reversals that are still on their way: their debits are expected to be undone. */
  openReversals: count,
  /** A voucher under two sales; always 0. */
  doubleSold: count,
  /** With `settle`: sales whose card number was destroyed or whose watch ended. */
  settled: count,
  /** With `settle`: reversals that had ended here and that the ledger reopened. */
  reopened: count,
})
export type Reconciliation = z.output<typeof reconciliation>

export const journalCheck = z.object({
  ok: z.boolean(),
  records: count,
  head: z.object({ jseq: count, hash: z.string() }),
  problems: z.array(z.string()),
  rowsCompared: z.boolean(),
  /** Why rows were not compared: that alone is no damage. */
  notComparable: z.string().nullable(),
  seconds: z.number(),
})
export type JournalCheck = z.output<typeof journalCheck>

/** The invariants over the whole store. [nothing-lost, rules 3, 11, 14] */
export const auditReport = z.object({
  ok: z.boolean(),
  checks: z.array(z.object({ name: z.string(), violations: count, detail: z.string() })),
})
export type AuditReport = z.output<typeof auditReport>

export const backup = z.object({ file: z.string(), bytes: count, jseq: count, epoch: count })
export type Backup = z.output<typeof backup>

/** A time of which a restored store knows nothing; nothing is sold until it is accepted. */
export const fence = z.object({
  from: moment,
  to: moment,
  acceptedBy: z.string().nullable(),
})
export type Fence = z.output<typeof fence>
