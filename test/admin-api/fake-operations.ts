// AdminOperations that answer with the examples and remember what they were asked, for tests of the
// server, the client and the verbs. Each answer can be replaced by a test.

import type { AdminOperations } from '../../admin-api/operations.ts'
import type { ImportEvent, Product, Reconciliation } from '../../admin-api/schemas.ts'
import type { DataRotationEvent } from '../../admin-api/vault-schemas.ts'
import { EXAMPLES } from './examples.ts'
import { fakeTerminals } from './fake-terminals.ts'
import { textOf } from './text-of.ts'

export interface Asked {
  readonly name: string
  readonly given: readonly unknown[]
}

export interface FakeOperations {
  readonly operations: AdminOperations
  readonly asked: Asked[]
}

export function fakeOperations(replaced: Partial<AdminOperations> = {}): FakeOperations {
  const asked: Asked[] = []
  const note = <T>(name: string, given: readonly unknown[], answer: T): Promise<T> => {
    asked.push({ name, given })
    return Promise.resolve(answer)
  }
  const { batchSummary, suspenseItem, claim, dayEndDifference } = EXAMPLES
  const product: Product = EXAMPLES.product
  const operations: AdminOperations = {
    health: () => note('health', [], { ...EXAMPLES.health, ...lists }),
    ...fakeTerminals(note),
    products: () => note('products', [], [product]),
    loadProducts: async (actor, csv) => note('loadProducts', [actor, await textOf(csv)], [product]),
    changeProduct: (...given) => note('changeProduct', given, product),
    batches: (...given) => note('batches', given, [batchSummary]),
    batch: (...given) => note('batch', given, detail()),
    importBatch: async function* (actor, request, file) {
      yield { kind: 'progress', vouchers: 0, bytes: 0 }
      const text = await textOf(file)
      asked.push({ name: 'importBatch', given: [actor, request, text] })
      yield done()
    },
    changeBatch: (...given) => note('changeBatch', given, batchSummary),
    stock: () => note('stock', [], [EXAMPLES.stockLine]),
    sales: (...given) => note('sales', given, page()),
    sale: (...given) => note('sale', given, saleDetail()),
    suspense: () => note('suspense', [], [suspenseItem]),
    resolveSuspense: (...given) => note('resolveSuspense', given, suspenseItem),
    claims: () => note('claims', [], [claim]),
    resolveClaim: (...given) => note('resolveClaim', given, claim),
    dayEndDifferences: () => note('dayEndDifferences', [], [dayEndDifference]),
    closeDayEnd: (...given) => note('closeDayEnd', given, dayEndDifference),
    report: (...given) => note('report', given, table()),
    reconcile: async (actor, request, ledger) =>
      note('reconcile', [actor, request, await textOf(ledger)], reconciled()),
    verifyJournal: () => note('verifyJournal', [], journalCheck()),
    audit: () => note('audit', [], auditReport()),
    keys: () => note('keys', [], [EXAMPLES.keyRow]),
    issueKey: (...given) => note('issueKey', given, issued()),
    loadKey: (...given) => note('loadKey', given, EXAMPLES.masterKey),
    makeZoneKeys: (...given) => note('makeZoneKeys', given, EXAMPLES.zoneKeys),
    removeKeys: (...given) => note('removeKeys', given, EXAMPLES.masterKey),
    keyCeremonies: () => note('keyCeremonies', [], [keyCeremony()]),
    startKeyLoad: (...given) => note('startKeyLoad', given, keyCeremony()),
    startKeyIssue: (...given) => note('startKeyIssue', given, keyCeremony()),
    enterKeyPart: (...given) => note('enterKeyPart', given, keyCeremony()),
    takeKeyPart: (...given) => note('takeKeyPart', given, EXAMPLES.takenPart),
    finishKeyLoad: (...given) => note('finishKeyLoad', given, EXAMPLES.masterKey),
    cancelKeyCeremony: (...given) => note('cancelKeyCeremony', given, keyCeremony()),
    vaultStatus: () => note('vaultStatus', [], vaultStatus()),
    rotateKek: (...given) => note('rotateKek', given, EXAMPLES.kekRotation),
    rotateData: async function* (...given) {
      yield { kind: 'progress', rows: 250, of: 9_000 } as const
      yield await note('rotateData', given, rotated())
    },
    fences: () => note('fences', [], [EXAMPLES.fence]),
    acceptFence: (...given) => note('acceptFence', given, EXAMPLES.fence),
    believeClock: (...given) => note('believeClock', given, EXAMPLES.clockBelief),
    backup: (...given) => note('backup', given, { ...EXAMPLES.backup, file: given[1] }),
    openSession: (...given) => note('openSession', given, session()),
    endSession: (...given) => note('endSession', given, { ended: true as const }),
    logins: () => note('logins', [], [login()]),
    addLogin: (...given) =>
      note('addLogin', given, { ...login(), name: given[1].name, roles: given[1].roles }),
    changeLogin: (...given) => note('changeLogin', given, { ...login(), name: given[1] }),
    recoverLogin: (...given) => note('recoverLogin', given, login()),
    decideRecovery: (...given) => note('decideRecovery', given, login()),
    changePassword: (...given) => note('changePassword', given, login()),
    approvals: () => note('approvals', [], [approval()]),
    decideApproval: (...given) => note('decideApproval', given, { ...approval(), id: given[1] }),
    vouchers: (...given) => note('vouchers', given, [EXAMPLES.voucher]),
    changeVoucher: (...given) => note('changeVoucher', given, EXAMPLES.voucher),
    revealVoucher: (...given) =>
      note('revealVoucher', given, { ...EXAMPLES.voucher, voucherPin: '3104984590001' }),
    returnFenced: (...given) => note('returnFenced', given, batchSummary),
    auditRecords: (...given) =>
      note('auditRecords', given, { records: [EXAMPLES.auditRecord], after: null }),
    verifyAudit: () => note('verifyAudit', [], { ...EXAMPLES.auditCheck, problems: [] }),
    ...replaced,
  }
  return { operations, asked }
}

export async function* bytesOf(...texts: string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

// Copies with lists that can be changed: the examples themselves cannot.
const lists = {
  cardHosts: [...EXAMPLES.health.cardHosts],
  listeners: [],
  gateways: [],
  reasons: [],
  warnings: [],
}
const detail = () => ({ ...EXAMPLES.batchDetail, lots: [...EXAMPLES.batchDetail.lots] })
const done = (): ImportEvent => ({
  ...EXAMPLES.importDone,
  products: [...EXAMPLES.importDone.products],
})
const oneSale = () => ({
  ...EXAMPLES.saleDetail,
  serials: [...EXAMPLES.saleDetail.serials],
})
const page = () => ({ sales: [oneSale()], before: null })
const saleDetail = () => ({ ...oneSale(), history: [...EXAMPLES.saleDetail.history] })
const issued = () => ({ ...EXAMPLES.issuedKey, parts: [...EXAMPLES.issuedKey.parts] })
const keyCeremony = () => ({
  ...EXAMPLES.keyCeremony,
  parts: [...EXAMPLES.keyCeremony.parts],
})
const vaultStatus = () => ({ ...EXAMPLES.vaultStatus, keys: [...EXAMPLES.vaultStatus.keys] })
const rotated = (): DataRotationEvent => ({ ...EXAMPLES.dataRotation, kind: 'done', skipped: [] })
const table = () => ({
  title: EXAMPLES.reportTable.title,
  columns: [...EXAMPLES.reportTable.columns],
  rows: [...EXAMPLES.reportTable.rows],
})
const reconciled = (): Reconciliation => ({ ...EXAMPLES.reconciliation, differences: [] })
const journalCheck = () => ({ ...EXAMPLES.journalCheck, problems: [] })
const login = () => ({ ...EXAMPLES.login, roles: [...EXAMPLES.login.roles] })
const session = () => ({ ...EXAMPLES.session, roles: [...EXAMPLES.session.roles] })
const approval = () => ({ ...EXAMPLES.approval, given: { ...EXAMPLES.approval.given } })
const auditReport = () => ({ ...EXAMPLES.auditReport, checks: [...EXAMPLES.auditReport.checks] })
