// Who may do what, as one table: the roles of each operation, whether a named login is needed on
// the unix socket too, and which acts need a second one. Over TCP everything needs a login but the
// opening of a session. On the socket, file permissions give reading and daily work. The gate of
// the switch obeys it; nothing is decided here.

import { ROLES, type Role } from './control-schemas.ts'
import type { RouteName } from './routes.ts'

export interface Access {
  /** Any of them will do. */
  readonly roles: readonly Role[]
  /** It changes nothing, so it is not recorded as an act. */
  readonly reads?: true
  /** Needs a named login, on the unix socket too. */
  readonly login?: true
  /** Needs a second login's approval: always, or when the body says one of these. */
  readonly twoPersons?: true | { readonly field: string; readonly values: readonly string[] }
  /**
   * Needs the password of the login in the body, each time: a session alone does not do, however
   * new it is. It is no part of what a second person approves.
   */
  readonly proves?: true
  /** Members of the body that are shown to nobody. */
  readonly hidden?: readonly string[]
  /** Only with the switch stopped, by who may open its data and its key. */
  readonly stopped?: true
  /** Asked by who has no session yet. */
  readonly open?: true
}

const READ = { roles: ROLES, reads: true } as const satisfies Access
const WORK = { roles: ['administrator'] } as const satisfies Access
const MONEY = { ...WORK, login: true, twoPersons: true } as const satisfies Access
const OWN = { roles: ROLES, login: true } as const satisfies Access
const OFFICE = { roles: ['security-officer'], login: true } as const satisfies Access

/** One part of a key, in a session of his own; an officer is one where there are few people. */
const CUSTODY = { roles: ['key-custodian', 'security-officer'], login: true } as const

export const ACCESS: Readonly<Record<RouteName, Access>> = {
  health: READ,
  merchants: READ,
  addMerchant: WORK,
  merchant: READ,
  changeMerchant: WORK,
  setCommission: WORK,
  importMerchants: WORK,
  terminals: READ,
  addTerminal: WORK,
  terminal: READ,
  changeTerminal: WORK,
  replaceTerminal: WORK,
  importTerminals: WORK,
  products: READ,
  loadProducts: WORK,
  changeProduct: WORK,
  batches: READ,
  batch: READ,
  importBatch: WORK,
  changeBatch: WORK,
  stock: READ,
  sales: READ,
  sale: READ,
  suspense: READ,
  // To send a reversal once more moves nothing that was not on its way.
  resolveSuspense: { ...WORK, twoPersons: { field: 'as', values: ['reversed', 'no-debit'] } },
  claims: READ,
  resolveClaim: MONEY,
  dayEndDifferences: READ,
  closeDayEnd: WORK,
  report: READ,
  reconcile: WORK,
  verifyJournal: READ,
  audit: READ,
  fences: READ,
  acceptFence: WORK,
  believeClock: WORK,
  backup: WORK,
  openSession: { roles: ROLES, open: true, hidden: ['password'] },
  endSession: OWN,
  logins: READ,
  addLogin: { ...OFFICE, twoPersons: true, hidden: ['password'] },
  // Blocking takes rights away and may be urgent.
  changeLogin: {
    ...OFFICE,
    twoPersons: { field: 'action', values: ['unblock', 'remove', 'password'] },
    hidden: ['password'],
  },
  recoverLogin: { roles: ['security-officer'], stopped: true, hidden: ['password'] },
  // It takes a way in away; that nobody consents to his own is seen to by the operation.
  decideRecovery: OFFICE,
  changePassword: { ...OWN, hidden: ['current', 'password'] },
  approvals: READ,
  // Who may do the act may approve it.
  decideApproval: OWN,
  vouchers: READ,
  changeVoucher: MONEY,
  revealVoucher: { ...MONEY, proves: true, hidden: ['password'] },
  returnFenced: MONEY,
  keys: READ,
  issueKey: { ...OFFICE, twoPersons: true },
  loadKey: { ...OFFICE, twoPersons: true, hidden: ['parts'] },
  makeZoneKeys: { ...OFFICE, twoPersons: true },
  removeKeys: { ...OFFICE, twoPersons: true },
  keyCeremonies: READ,
  // Nothing is in force before a second officer has seen the check value of the whole.
  startKeyLoad: OFFICE,
  enterKeyPart: { ...CUSTODY, hidden: ['part'] },
  finishKeyLoad: { ...OFFICE, twoPersons: true },
  startKeyIssue: { ...OFFICE, twoPersons: true },
  takeKeyPart: CUSTODY,
  // It takes parts away, and brings nothing in force.
  cancelKeyCeremony: OFFICE,
  vaultStatus: READ,
  // Nothing of a key is told or typed: who owns the key file may replace it.
  rotateKek: { roles: ['security-officer'] },
  rotateData: { roles: ['security-officer'] },
  auditRecords: READ,
  verifyAudit: READ,
}
