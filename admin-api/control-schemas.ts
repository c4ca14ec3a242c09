// Shapes of control: logins, sessions, approvals, the audit record, and what two persons may do
// with a single voucher. A password only ever comes in; a voucher PIN goes out in one answer alone,
// to the login whose request for it a second person approved.

import { z } from 'zod'
import { askedDay } from './values.ts'

const moment = z.iso.datetime()
const count = z.int().min(0)

export const ROLES = ['viewer', 'administrator', 'security-officer', 'key-custodian'] as const
export const role = z.enum(ROLES)
export type Role = z.output<typeof role>

export const loginName = z
  .string()
  .regex(/^[a-z][a-z0-9._-]{1,30}$/, '2 to 31 small letters, digits, . _ and -, a letter first')
/** Long enough that nobody guesses it within the limits of failures; no rules about its letters. */
const newPassword = z.string().min(12, 'at least 12 characters').max(200)

export const login = z.object({
  name: z.string(),
  roles: z.array(role),
  state: z.enum(['active', 'blocked', 'removed']),
  createdAt: moment,
  /** Refused for a while after wrong passwords. */
  locked: z.boolean(),
  /** It is being recovered on the machine: from then on another password opens it. */
  recoveryFrom: moment.nullable(),
})
export type Login = z.output<typeof login>
export const newLogin = z.strictObject({
  name: loginName,
  roles: z.array(role).min(1).max(ROLES.length),
  password: newPassword,
})
export type NewLogin = z.output<typeof newLogin>
/** password: a new one in place of a forgotten one. */
export const loginChange = z.strictObject({
  action: z.enum(['block', 'unblock', 'remove', 'password']),
  password: newPassword.optional(),
})
export type LoginChange = z.output<typeof loginChange>
/** A password of who owns the data and the key, for an officer who forgot his. */
export const loginRecovery = z.strictObject({ password: newPassword })
export type LoginRecovery = z.output<typeof loginRecovery>
/** approve: at once, by another officer. Else it ends. */
export const recoveryDecision = z.strictObject({ approve: z.boolean() })
export type RecoveryDecision = z.output<typeof recoveryDecision>
export const passwordChange = z.strictObject({
  current: z.string().min(1).max(200),
  password: newPassword,
})
export type PasswordChange = z.output<typeof passwordChange>

/** Any text: what cannot be a name is refused as a name that nobody has. */
export const credentials = z.strictObject({
  name: z.string().min(1).max(100),
  password: z.string().min(1).max(200),
})
export type Credentials = z.output<typeof credentials>
export const session = z.object({
  name: z.string(),
  roles: z.array(role),
  /** Goes into the header `authorization: Bearer`; it is told this once. */
  token: z.string(),
  idleSeconds: count,
  endsAt: moment,
})
export type Session = z.output<typeof session>
export const sessionEnd = z.object({ ended: z.literal(true) })
export type SessionEnd = z.output<typeof sessionEnd>

export const approval = z.object({
  id: z.string(),
  act: z.string(),
  /** What exactly is asked for; passwords and keys as stars. */
  given: z.record(z.string(), z.unknown()),
  askedBy: z.string(),
  askedAt: moment,
  endsAt: moment,
  state: z.enum(['pending', 'approved', 'denied']),
  decidedBy: z.string().nullable(),
})
export type Approval = z.output<typeof approval>
export const approvalDecision = z.strictObject({ approve: z.boolean() })
export type ApprovalDecision = z.output<typeof approvalDecision>

export const voucher = z.object({
  id: count,
  serial: z.string(),
  batch: count,
  product: z.string(),
  expires: z.string(),
  state: z.enum(['available', 'reserved', 'sold', 'quarantined', 'fenced', 'voided', 'expired']),
  sale: count.nullable(),
})
export type Voucher = z.output<typeof voucher>
/** Without a sale: those in quarantine. */
export const voucherQuery = z.strictObject({
  sale: z.coerce.number().int().min(0).optional(),
})
export type VoucherQuery = z.output<typeof voucherQuery>
/** release: back to stock, when it was never sold. void: for ever out of stock. */
export const voucherChange = z.strictObject({ action: z.enum(['release', 'void']) })
export type VoucherChange = z.output<typeof voucherChange>
/** The password of the login that asks: who found an open session learns no PIN. */
export const revelation = z.strictObject({ password: z.string().min(1).max(200) })
export type Revelation = z.output<typeof revelation>
export const revealedVoucher = voucher.extend({ voucherPin: z.string() })
export type RevealedVoucher = z.output<typeof revealedVoucher>

export const clockBelief = z.object({ believedAt: moment })
export type ClockBelief = z.output<typeof clockBelief>

const hash = z.string().regex(/^[0-9a-f]{64}$/)
export const auditRecord = z.object({
  jseq: count,
  kind: z.string(),
  atMs: z.int(),
  /** Hash of the journal record before it. */
  before: hash,
  body: z.string(),
  hash,
})
export type AuditRecord = z.output<typeof auditRecord>
export const auditQuery = z.strictObject({
  from: askedDay.optional(),
  to: askedDay.optional(),
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1_000).default(500),
})
export type AuditQuery = z.output<typeof auditQuery>
export const auditPage = z.object({
  records: z.array(auditRecord),
  /** Give it as `after` for the next page; null at the end. */
  after: count.nullable(),
})
export type AuditPage = z.output<typeof auditPage>
export const auditCheck = z.object({
  ok: z.boolean(),
  /** Acts of administration among the records. */
  acts: count,
  records: count,
  head: z.object({ jseq: count, hash: z.string() }),
  problems: z.array(z.string()),
})
export type AuditCheck = z.output<typeof auditCheck>
