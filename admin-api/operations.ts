// What the admin API can do, as one interface: the routes call it, the switch implements it over
// the running core and its store, and with the switch stopped the same implementation runs in-
// process. Shapes are those of `schemas.ts`. Every function throws `EvsError` for what the caller
// did wrong.

import type {
  IssuedKey,
  KeyIssue,
  KeyLoad,
  KeyOwnerRef,
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
  Merchant,
  MerchantChange,
  NewMerchant,
  NewTerminal,
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
  Terminal,
  TerminalChange,
} from './schemas.ts'
import type {
  DataRotationEvent,
  DataRotationRequest,
  KekRotationInfo,
  KekRotationRequest,
  VaultStatus,
} from './vault-schemas.ts'

/** Who asks: on the unix socket the user of the process at the other end, as far as it is known. */
export interface Actor {
  readonly name: string
}

export interface AdminOperations {
  health(): Promise<Health>

  merchants(): Promise<Merchant[]>
  addMerchant(actor: Actor, merchant: NewMerchant): Promise<Merchant>
  changeMerchant(actor: Actor, mid: string, change: MerchantChange): Promise<Merchant>
  terminals(filter: { mid?: string | undefined }): Promise<Terminal[]>
  addTerminal(actor: Actor, terminal: NewTerminal): Promise<Terminal>
  changeTerminal(actor: Actor, change: TerminalChange): Promise<Terminal>

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

  keys(): Promise<MasterKeyInfo[]>
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
  reconcile(request: ReconcileRequest, ledger: AsyncIterable<Uint8Array>): Promise<Reconciliation>
  verifyJournal(): Promise<JournalCheck>
  audit(): Promise<AuditReport>
  backup(actor: Actor, file: string): Promise<Backup>
  /** What restores left open, the newest first. */
  fences(): Promise<Fence[]>
  /** Selling may start again; what is fenced stays held back. */
  acceptFence(actor: Actor): Promise<Fence>
}
