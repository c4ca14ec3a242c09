// The admin API as a table: for each operation its method, its path and the schemas of what comes
// and goes. The server makes its routes and the OpenAPI document from it, the client its calls.
// A query is text, so numbers and switches of a query are read from text here. The routes of
// control are a part of their own. No handlers here.

import { z } from 'zod'
import { CEREMONY_ROUTES } from './ceremony-routes.ts'
import { CONTROL_ROUTES } from './control-routes.ts'
import * as keyShapes from './key-schemas.ts'
import type { AdminOperations } from './operations.ts'
import { byId, queryNumber, type Route } from './route.ts'
import * as shapes from './schemas.ts'
import { TERMINAL_ROUTES } from './terminal-routes.ts'
import * as vaultShapes from './vault-schemas.ts'

export type RouteName = keyof AdminOperations

export const ACTOR_HEADER = 'x-evs-user'

/** What every error looks like, at every route. */
export const errorBody = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    hint: z.string(),
    details: z.unknown().optional(),
  }),
})
export type ErrorBody = z.output<typeof errorBody>

const backupRequest = z.strictObject({
  /** A path on the machine of the switch; it must not exist. */
  file: z.string().min(1).max(4_096),
})

export const ROUTES = {
  ...CONTROL_ROUTES,
  health: {
    method: 'GET',
    path: '/v1/health',
    summary: 'Whether it sells, and why not',
    answer: shapes.health,
  },
  ...TERMINAL_ROUTES,
  products: {
    method: 'GET',
    path: '/v1/products',
    summary: 'The products with their present prices',
    answer: z.array(shapes.product),
  },
  loadProducts: {
    method: 'PUT',
    path: '/v1/products',
    summary: 'Adds and replaces products from a catalogue file, all or nothing',
    upload: 'catalogue',
    answer: z.array(shapes.product),
  },
  changeProduct: {
    method: 'PATCH',
    path: '/v1/products/:product',
    summary: 'Enables or disables a product',
    params: z.object({ product: shapes.product.shape.product }),
    body: shapes.productChange,
    answer: shapes.product,
  },
  batches: {
    method: 'GET',
    path: '/v1/batches',
    summary: 'Batches of vouchers with their counts',
    query: shapes.batchFilter,
    answer: z.array(shapes.batchSummary),
  },
  batch: {
    method: 'GET',
    path: '/v1/batches/:id',
    summary: 'One batch with its lots',
    params: byId,
    answer: shapes.batchDetail,
  },
  importBatch: {
    method: 'POST',
    path: '/v1/batches',
    summary: 'Imports a batch file, all or nothing; tells its progress line by line',
    query: shapes.importRequest.extend({
      bytes: queryNumber.optional(),
      release: z.stringbool().default(false),
      dryRun: z.stringbool().default(false),
    }),
    upload: 'batch',
    answer: shapes.importEvent,
    streamed: true,
  },
  changeBatch: {
    method: 'PATCH',
    path: '/v1/batches/:id',
    summary: 'Releases, holds, recalls or closes a batch',
    params: byId,
    body: shapes.batchChange,
    answer: shapes.batchSummary,
  },
  stock: {
    method: 'GET',
    path: '/v1/stock',
    summary: 'The stock, product by product',
    answer: z.array(shapes.stockLine),
  },
  sales: {
    method: 'GET',
    path: '/v1/sales',
    summary: 'Sales, newest first, a page at a time',
    query: shapes.saleFilter.extend({ before: queryNumber.optional() }),
    answer: shapes.salePage,
  },
  sale: {
    method: 'GET',
    path: '/v1/sales/:id',
    summary: 'One sale with its history, by its number or its RRN',
    params: z.object({ id: z.string().regex(/^\d{1,16}$/, 'a number expected') }),
    answer: shapes.saleDetail,
  },
  suspense: {
    method: 'GET',
    path: '/v1/suspense',
    summary: 'Reversals that are not done',
    answer: z.array(shapes.suspenseItem),
  },
  resolveSuspense: {
    method: 'POST',
    path: '/v1/suspense/:id/resolution',
    summary: 'Decides a reversal in suspense',
    params: byId,
    body: shapes.suspenseResolution,
    answer: shapes.suspenseItem,
  },
  claims: {
    method: 'GET',
    path: '/v1/claims',
    summary: 'Refused reversals that wait for a decision',
    answer: z.array(shapes.claim),
  },
  resolveClaim: {
    method: 'POST',
    path: '/v1/claims/:id/resolution',
    summary: 'Closes a claim',
    params: byId,
    body: shapes.claimResolution,
    answer: shapes.claim,
  },
  dayEndDifferences: {
    method: 'GET',
    path: '/v1/day-end-differences',
    summary: 'Ends of day whose totals differ',
    answer: z.array(shapes.dayEndDifference),
  },
  closeDayEnd: {
    method: 'POST',
    path: '/v1/day-end-differences/:id/closing',
    summary: 'Closes a difference of an end of day',
    params: byId,
    answer: shapes.dayEndDifference,
  },
  keys: {
    method: 'GET',
    path: '/v1/keys',
    summary: 'Master keys of terminals, institutions and card hosts, by check value',
    answer: z.array(keyShapes.keyRow),
  },
  issueKey: {
    method: 'POST',
    path: '/v1/keys',
    summary: 'A new master key in parts, which are answered once',
    body: keyShapes.keyIssue,
    answer: keyShapes.issuedKey,
    status: 201,
  },
  loadKey: {
    method: 'PUT',
    path: '/v1/keys',
    summary: 'Loads a master key from its parts',
    body: keyShapes.keyLoad,
    answer: keyShapes.masterKeyInfo,
  },
  makeZoneKeys: {
    method: 'POST',
    path: '/v1/keys/zone',
    summary: 'New session keys for an institution, as TR-31 blocks',
    body: keyShapes.keyOwnerBody,
    answer: keyShapes.zoneKeys,
    status: 201,
  },
  removeKeys: {
    method: 'POST',
    path: '/v1/keys/removal',
    summary: 'Removes the keys of a terminal, an institution or a card host',
    body: keyShapes.keyOwnerBody,
    answer: keyShapes.masterKeyInfo,
  },
  ...CEREMONY_ROUTES,
  vaultStatus: {
    method: 'GET',
    path: '/v1/vault',
    summary: 'The keys of the vault by number and purpose, and the rows under each',
    answer: vaultShapes.vaultStatus,
  },
  rotateKek: {
    method: 'POST',
    path: '/v1/vault/kek-rotation',
    summary: 'Wraps all keys of the vault under a new key-encryption key',
    body: vaultShapes.kekRotationRequest,
    answer: vaultShapes.kekRotation,
  },
  rotateData: {
    method: 'POST',
    path: '/v1/vault/data-rotation',
    summary: 'Makes new data keys and seals anew; tells its progress line by line',
    body: vaultShapes.dataRotationRequest,
    answer: vaultShapes.dataRotationEvent,
    streamed: true,
  },
  report: {
    method: 'GET',
    path: '/v1/reports/:report',
    summary: 'A report as a table',
    params: shapes.reportRequest.pick({ report: true }),
    query: shapes.reportRequest.omit({ report: true }),
    answer: shapes.reportTable,
  },
  reconcile: {
    method: 'POST',
    path: '/v1/reconciliations',
    summary: "Compares the sales with a card host's ledger",
    query: shapes.reconcileRequest.extend({ settle: z.stringbool().default(false) }),
    upload: 'ledger',
    answer: shapes.reconciliation,
  },
  verifyJournal: {
    method: 'POST',
    path: '/v1/journal/verification',
    summary: 'Reads the whole journal and checks its chain',
    answer: shapes.journalCheck,
  },
  audit: {
    method: 'POST',
    path: '/v1/audit',
    summary: 'Checks the invariants over the whole store',
    answer: shapes.auditReport,
  },
  fences: {
    method: 'GET',
    path: '/v1/fences',
    summary: 'Times of which a restored store knows nothing',
    answer: z.array(shapes.fence),
  },
  acceptFence: {
    method: 'POST',
    path: '/v1/fences/acceptance',
    summary: 'Accept what a restore may have lost, and sell again',
    answer: shapes.fence,
  },
  backup: {
    method: 'POST',
    path: '/v1/backups',
    summary: 'Writes a backup beside the running switch',
    body: backupRequest,
    answer: shapes.backup,
    status: 201,
  },
} as const satisfies Record<RouteName, Route>

export type Routes = typeof ROUTES
