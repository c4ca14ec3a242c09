// The routes of control: logins, sessions, approvals, single vouchers, the audit record. A part of
// the table in `routes.ts`; who may call which is `access.ts`.

import { z } from 'zod'
import type { ControlOperations } from './control-operations.ts'
import * as shapes from './control-schemas.ts'
import { byId, type Route } from './route.ts'
import { batchSummary } from './schemas.ts'

const byName = z.object({ name: shapes.loginName })
const byApproval = z.object({ id: z.string().regex(/^[0-9a-f]{8}$/, 'eight hex digits') })

export const CONTROL_ROUTES = {
  openSession: {
    method: 'POST',
    path: '/v1/sessions',
    summary: 'Opens a session with the name and password of a login',
    body: shapes.credentials,
    answer: shapes.session,
    status: 201,
  },
  endSession: {
    method: 'DELETE',
    path: '/v1/sessions/current',
    summary: 'Ends the session that asks',
    answer: shapes.sessionEnd,
  },
  logins: {
    method: 'GET',
    path: '/v1/logins',
    summary: 'All logins',
    answer: z.array(shapes.login),
  },
  addLogin: {
    method: 'POST',
    path: '/v1/logins',
    summary: 'A new login',
    body: shapes.newLogin,
    answer: shapes.login,
    status: 201,
  },
  changeLogin: {
    method: 'PATCH',
    path: '/v1/logins/:name',
    summary: 'Blocks, unblocks or removes a login, or gives it a new password',
    params: byName,
    body: shapes.loginChange,
    answer: shapes.login,
  },
  recoverLogin: {
    method: 'POST',
    path: '/v1/logins/:name/recovery',
    summary: 'Another password for a security officer, with the switch stopped and after a delay',
    params: byName,
    body: shapes.loginRecovery,
    answer: shapes.login,
    status: 201,
  },
  decideRecovery: {
    method: 'POST',
    path: '/v1/logins/:name/recovery/decision',
    summary: 'Puts the password of a recovery in force at once, or ends the recovery',
    params: byName,
    body: shapes.recoveryDecision,
    answer: shapes.login,
  },
  changePassword: {
    method: 'PUT',
    path: '/v1/sessions/current/password',
    summary: 'A new password for the login that asks',
    body: shapes.passwordChange,
    answer: shapes.login,
  },
  approvals: {
    method: 'GET',
    path: '/v1/approvals',
    summary: 'Acts that wait for a second person',
    answer: z.array(shapes.approval),
  },
  decideApproval: {
    method: 'POST',
    path: '/v1/approvals/:id/decision',
    summary: 'Approves or denies what another login asks for',
    params: byApproval,
    body: shapes.approvalDecision,
    answer: shapes.approval,
  },
  vouchers: {
    method: 'GET',
    path: '/v1/vouchers',
    summary: 'The vouchers of a sale, or all in quarantine, without their PINs',
    query: shapes.voucherQuery,
    answer: z.array(shapes.voucher),
  },
  changeVoucher: {
    method: 'PATCH',
    path: '/v1/vouchers/:id',
    summary: 'Takes a voucher out of quarantine: back to stock, or voided',
    params: byId,
    body: shapes.voucherChange,
    answer: shapes.voucher,
  },
  revealVoucher: {
    method: 'POST',
    path: '/v1/vouchers/:id/revelation',
    summary: 'The PIN of one voucher, once, to who asked for it and proves anew who he is',
    params: byId,
    body: shapes.revelation,
    answer: shapes.revealedVoucher,
  },
  returnFenced: {
    method: 'POST',
    path: '/v1/batches/:id/fence-return',
    summary: 'What a restore fenced of a batch, back to stock',
    params: byId,
    answer: batchSummary,
  },
  believeClock: {
    method: 'POST',
    path: '/v1/clock/belief',
    summary: 'The clock is right as it stands, though it was ahead before',
    answer: shapes.clockBelief,
  },
  auditRecords: {
    method: 'GET',
    path: '/v1/audit/records',
    summary: 'Acts of administration, in order, a page at a time',
    query: shapes.auditQuery,
    answer: shapes.auditPage,
  },
  verifyAudit: {
    method: 'POST',
    path: '/v1/audit/verification',
    summary: 'Checks the chain that holds the acts of administration',
    answer: shapes.auditCheck,
  },
} as const satisfies Record<keyof ControlOperations, Route>
