// The control part of what the admin API can do: logins and sessions, the second person, single
// vouchers, the clock and the audit record. `operations.ts` has the rest and all of it.

import type { Actor } from './actor.ts'
import type {
  Approval,
  ApprovalDecision,
  AuditCheck,
  AuditPage,
  AuditQuery,
  ClockBelief,
  Credentials,
  Login,
  LoginChange,
  LoginRecovery,
  NewLogin,
  PasswordChange,
  RecoveryDecision,
  RevealedVoucher,
  Revelation,
  Session,
  SessionEnd,
  Voucher,
  VoucherChange,
  VoucherQuery,
} from './control-schemas.ts'
import type { BatchSummary } from './schemas.ts'

export interface ControlOperations {
  openSession(actor: Actor, credentials: Credentials): Promise<Session>
  endSession(actor: Actor): Promise<SessionEnd>
  logins(): Promise<Login[]>
  addLogin(actor: Actor, login: NewLogin): Promise<Login>
  changeLogin(actor: Actor, name: string, change: LoginChange): Promise<Login>
  /** With the switch stopped: another password for a security officer, after a delay. */
  recoverLogin(actor: Actor, name: string, recovery: LoginRecovery): Promise<Login>
  decideRecovery(actor: Actor, name: string, decision: RecoveryDecision): Promise<Login>
  /** One's own. It ends every session of the login. */
  changePassword(actor: Actor, change: PasswordChange): Promise<Login>

  approvals(): Promise<Approval[]>
  decideApproval(actor: Actor, id: string, decision: ApprovalDecision): Promise<Approval>

  vouchers(query: VoucherQuery): Promise<Voucher[]>
  changeVoucher(actor: Actor, id: number, change: VoucherChange): Promise<Voucher>
  /** The voucher PIN of a voucher that is out of stock, once, to who asked and proved it. */
  revealVoucher(actor: Actor, id: number, proof: Revelation): Promise<RevealedVoucher>
  /** What a restore fenced of a batch, back to stock. */
  returnFenced(actor: Actor, batch: number): Promise<BatchSummary>
  /** The clock of the switch is right as it stands. */
  believeClock(actor: Actor): Promise<ClockBelief>

  /** Acts of administration as the journal has them, in order, a page at a time. */
  auditRecords(actor: Actor, query: AuditQuery): Promise<AuditPage>
  verifyAudit(): Promise<AuditCheck>
}
