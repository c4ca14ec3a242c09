// What the admin API can do, as one interface: the routes call it, the switch implements it over
// the running core and its store, and with the switch stopped the same implementation runs in-
// process. Shapes are those of `schemas.ts`. Every function throws `EvsError` for what the caller
// did wrong.

import type { Actor } from './actor.ts'
import type { CeremonyOperations } from './ceremony-operations.ts'
import type { ControlOperations } from './control-operations.ts'
import type {
  IssuedKey,
  KeyIssue,
  KeyLoad,
  KeyOwnerRef,
  KeyRow,
  MasterKeyInfo,
  ZoneKeysInfo,
} from './key-schemas.ts'
import type {
  AuditReport,
  Backup,
  BatchChange,
  BatchDetail,
  BatchFilter,
  BatchSummary,
  Claim,
  ClaimResolution,
  DayEndDifference,
  Fence,
  Health,
  ImportEvent,
  ImportRequest,
  JournalCheck,
  Product,
  ProductChange,
  ReconcileRequest,
  Reconciliation,
  ReportRequest,
  ReportTable,
  SaleDetail,
  SaleFilter,
  SalePage,
  StockLine,
  SuspenseItem,
  SuspenseResolution,
} from './schemas.ts'
import type {
  CommissionChange,
  Merchant,
  MerchantChange,
  MerchantDetail,
  MerchantFilter,
  MerchantPage,
  NewMerchant,
  NewTerminal,
  RegistrationEvent,
  RegistrationRequest,
  Terminal,
  TerminalChange,
  TerminalDetail,
  TerminalFilter,
  TerminalPage,
  TerminalReplacement,
} from './terminal-schemas.ts'
import type {
  DataRotationEvent,
  DataRotationRequest,
  KekRotationInfo,
  KekRotationRequest,
  VaultStatus,
} from './vault-schemas.ts'

export interface AdminOperations extends ControlOperations, CeremonyOperations {
  health(): Promise<Health>

  merchants(filter: MerchantFilter): Promise<MerchantPage>
  merchant(mid: string, institution: number): Promise<MerchantDetail>
  addMerchant(actor: Actor, merchant: NewMerchant): Promise<Merchant>
  changeMerchant(actor: Actor, mid: string, change: MerchantChange): Promise<Merchant>
  setCommission(actor: Actor, mid: string, change: CommissionChange): Promise<MerchantDetail>
  /** Progress while it runs, and `done` last; rows with mistakes are refused one by one. */
  importMerchants(
    actor: Actor,
    request: RegistrationRequest,
    file: AsyncIterable<Uint8Array>,
  ): AsyncIterable<RegistrationEvent>
  terminals(filter: TerminalFilter): Promise<TerminalPage>
  terminal(key: { mid: string; tid: string; institution: number }): Promise<TerminalDetail>
  addTerminal(actor: Actor, terminal: NewTerminal): Promise<Terminal>
  changeTerminal(actor: Actor, change: TerminalChange): Promise<Terminal>
  /** Retires one and puts another in its place, in one record; gives the new one. */
  replaceTerminal(actor: Actor, replacement: TerminalReplacement): Promise<TerminalDetail>
  importTerminals(
    actor: Actor,
    request: RegistrationRequest,
    file: AsyncIterable<Uint8Array>,
  ): AsyncIterable<RegistrationEvent>

  products(): Promise<Product[]>
  /** The catalogue CSV: adds and replaces prices by (product, valid from). All or nothing. */
  loadProducts(actor: Actor, csv: AsyncIterable<Uint8Array>): Promise<Product[]>
  changeProduct(actor: Actor, product: string, change: ProductChange): Promise<Product>

  batches(filter: BatchFilter): Promise<BatchSummary[]>
  batch(id: number): Promise<BatchDetail>
  /** Progress while it runs, and `done` or `refused` last. All or nothing. */
  importBatch(
    actor: Actor,
    request: ImportRequest,
    file: AsyncIterable<Uint8Array>,
  ): AsyncIterable<ImportEvent>
  changeBatch(actor: Actor, id: number, change: BatchChange): Promise<BatchSummary>

  stock(): Promise<StockLine[]>
  sales(filter: SaleFilter): Promise<SalePage>
  sale(id: string): Promise<SaleDetail>

  suspense(): Promise<SuspenseItem[]>
  resolveSuspense(actor: Actor, id: number, resolution: SuspenseResolution): Promise<SuspenseItem>
  claims(): Promise<Claim[]>
  resolveClaim(actor: Actor, id: number, resolution: ClaimResolution): Promise<Claim>
  dayEndDifferences(): Promise<DayEndDifference[]>
  closeDayEnd(actor: Actor, id: number): Promise<DayEndDifference>

  keys(): Promise<KeyRow[]>
  /** A new master key; its parts are in this answer and nowhere else. */
  issueKey(actor: Actor, issue: KeyIssue): Promise<IssuedKey>
  loadKey(actor: Actor, load: KeyLoad): Promise<MasterKeyInfo>
  /** For an institution, under its zone master key; in force with its first message under them. */
  makeZoneKeys(actor: Actor, request: { readonly owner: KeyOwnerRef }): Promise<ZoneKeysInfo>
  removeKeys(actor: Actor, request: { readonly owner: KeyOwnerRef }): Promise<MasterKeyInfo>

  vaultStatus(): Promise<VaultStatus>
  /** Wraps every key of the store under a new key-encryption key. */
  rotateKek(actor: Actor, request: KekRotationRequest): Promise<KekRotationInfo>
  /** New data keys, and what the old ones seal anew. Progress while it runs, and `done` last. */
  rotateData(actor: Actor, request: DataRotationRequest): AsyncIterable<DataRotationEvent>

  report(request: ReportRequest): Promise<ReportTable>
  /** The switch's sales against a card host's ledger file, difference by difference. */
  reconcile(
    actor: Actor,
    request: ReconcileRequest,
    ledger: AsyncIterable<Uint8Array>,
  ): Promise<Reconciliation>
  verifyJournal(): Promise<JournalCheck>
  audit(): Promise<AuditReport>
  backup(actor: Actor, file: string): Promise<Backup>
  /** What restores left open, the newest first. */
  fences(): Promise<Fence[]>
  /** Selling may start again; what is fenced stays held back. */
  acceptFence(actor: Actor): Promise<Fence>
}
