// Each route of the admin API as one call of `AdminOperations`. What came has been checked by the
// schemas of the route. Nothing is decided here, and no error is handled here.

import type { z } from 'zod'
import type { Actor } from '../../admin-api/actor.ts'
import type { AdminOperations } from '../../admin-api/operations.ts'
import type { RouteName, Routes } from '../../admin-api/routes.ts'

type Part<K extends RouteName, P extends string> = Routes[K] extends { [Q in P]: infer Schema }
  ? Schema extends z.ZodType
    ? z.output<Schema>
    : never
  : never

/** What a request brought, after its checks. */
interface Asked<K extends RouteName> {
  readonly actor: Actor
  readonly params: Part<K, 'params'>
  readonly query: Part<K, 'query'>
  readonly body: Part<K, 'body'>
  readonly upload: AsyncIterable<Uint8Array>
}

type Handler<K extends RouteName> = (
  operations: AdminOperations,
  asked: Asked<K>,
) => ReturnType<AdminOperations[K]>

export const HANDLERS: { readonly [K in RouteName]: Handler<K> } = {
  health: (operations) => operations.health(),
  merchants: (operations, { query }) => operations.merchants(query),
  merchant: (operations, { params, query }) => operations.merchant(params.mid, query.institution),
  addMerchant: (operations, { actor, body }) => operations.addMerchant(actor, body),
  changeMerchant: (operations, { actor, params, body }) =>
    operations.changeMerchant(actor, params.mid, body),
  setCommission: (operations, { actor, params, body }) =>
    operations.setCommission(actor, params.mid, body),
  importMerchants: (operations, { actor, query, upload }) =>
    operations.importMerchants(actor, query, upload),
  terminals: (operations, { query }) => operations.terminals(query),
  terminal: (operations, { params, query }) => operations.terminal({ ...params, ...query }),
  addTerminal: (operations, { actor, body }) => operations.addTerminal(actor, body),
  changeTerminal: (operations, { actor, body }) => operations.changeTerminal(actor, body),
  replaceTerminal: (operations, { actor, body }) => operations.replaceTerminal(actor, body),
  importTerminals: (operations, { actor, query, upload }) =>
    operations.importTerminals(actor, query, upload),
  products: (operations) => operations.products(),
  loadProducts: (operations, { actor, upload }) => operations.loadProducts(actor, upload),
  changeProduct: (operations, { actor, params, body }) =>
    operations.changeProduct(actor, params.product, body),
  batches: (operations, { query }) => operations.batches(query),
  batch: (operations, { params }) => operations.batch(params.id),
  importBatch: (operations, { actor, query, upload }) =>
    operations.importBatch(actor, query, upload),
  changeBatch: (operations, { actor, params, body }) =>
    operations.changeBatch(actor, params.id, body),
  stock: (operations) => operations.stock(),
  sales: (operations, { query }) => operations.sales(query),
  sale: (operations, { params }) => operations.sale(params.id),
  suspense: (operations) => operations.suspense(),
  resolveSuspense: (operations, { actor, params, body }) =>
    operations.resolveSuspense(actor, params.id, body),
  claims: (operations) => operations.claims(),
  resolveClaim: (operations, { actor, params, body }) =>
    operations.resolveClaim(actor, params.id, body),
  dayEndDifferences: (operations) => operations.dayEndDifferences(),
  closeDayEnd: (operations, { actor, params }) => operations.closeDayEnd(actor, params.id),
  keys: (operations) => operations.keys(),
  issueKey: (operations, { actor, body }) => operations.issueKey(actor, body),
  loadKey: (operations, { actor, body }) => operations.loadKey(actor, body),
  makeZoneKeys: (operations, { actor, body }) => operations.makeZoneKeys(actor, body),
  removeKeys: (operations, { actor, body }) => operations.removeKeys(actor, body),
  keyCeremonies: (operations) => operations.keyCeremonies(),
  startKeyLoad: (operations, { actor, body }) => operations.startKeyLoad(actor, body),
  enterKeyPart: (operations, { actor, params, body }) =>
    operations.enterKeyPart(actor, params.id, body),
  finishKeyLoad: (operations, { actor, params, body }) =>
    operations.finishKeyLoad(actor, params.id, body),
  startKeyIssue: (operations, { actor, body }) => operations.startKeyIssue(actor, body),
  takeKeyPart: (operations, { actor, params }) => operations.takeKeyPart(actor, params.id),
  cancelKeyCeremony: (operations, { actor, params }) =>
    operations.cancelKeyCeremony(actor, params.id),
  vaultStatus: (operations) => operations.vaultStatus(),
  rotateKek: (operations, { actor, body }) => operations.rotateKek(actor, body),
  rotateData: (operations, { actor, body }) => operations.rotateData(actor, body),
  report: (operations, { params, query }) => operations.report({ report: params.report, ...query }),
  reconcile: (operations, { actor, query, upload }) => operations.reconcile(actor, query, upload),
  fences: (operations) => operations.fences(),
  acceptFence: (operations, { actor }) => operations.acceptFence(actor),
  believeClock: (operations, { actor }) => operations.believeClock(actor),
  verifyJournal: (operations) => operations.verifyJournal(),
  audit: (operations) => operations.audit(),
  backup: (operations, { actor, body }) => operations.backup(actor, body.file),
  openSession: (operations, { actor, body }) => operations.openSession(actor, body),
  endSession: (operations, { actor }) => operations.endSession(actor),
  logins: (operations) => operations.logins(),
  addLogin: (operations, { actor, body }) => operations.addLogin(actor, body),
  changeLogin: (operations, { actor, params, body }) =>
    operations.changeLogin(actor, params.name, body),
  recoverLogin: (operations, { actor, params, body }) =>
    operations.recoverLogin(actor, params.name, body),
  decideRecovery: (operations, { actor, params, body }) =>
    operations.decideRecovery(actor, params.name, body),
  changePassword: (operations, { actor, body }) => operations.changePassword(actor, body),
  approvals: (operations) => operations.approvals(),
  decideApproval: (operations, { actor, params, body }) =>
    operations.decideApproval(actor, params.id, body),
  vouchers: (operations, { query }) => operations.vouchers(query),
  changeVoucher: (operations, { actor, params, body }) =>
    operations.changeVoucher(actor, params.id, body),
  revealVoucher: (operations, { actor, params, body }) =>
    operations.revealVoucher(actor, params.id, body),
  returnFenced: (operations, { actor, params }) => operations.returnFenced(actor, params.id),
  auditRecords: (operations, { actor, query }) => operations.auditRecords(actor, query),
  verifyAudit: (operations) => operations.verifyAudit(),
}
