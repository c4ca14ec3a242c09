// The three sides after trouble: a shop whose switch runs well again must agree with its card host,
// with itself and with its journal, once every reversal has ended.

import { createReadStream } from 'node:fs'
import type { AdminClient } from '../../admin-api/client.ts'
import { untilReversed } from '../trial-shop.ts'

export async function auditShop(admin: AdminClient, ledger: string): Promise<string[]> {
  await untilReversed(admin)
  const violations: string[] = []
  const reconciled = await admin.reconcile({ settle: false }, createReadStream(ledger))
  for (const difference of reconciled.differences) violations.push(difference.text)
  if (reconciled.doubleSold > 0) violations.push(`${reconciled.doubleSold} vouchers sold twice`)
  for (const check of (await admin.audit()).checks) {
    if (check.violations > 0) violations.push(`${check.name}: ${check.detail}`)
  }
  violations.push(...(await admin.verifyJournal()).problems)
  return violations
}
