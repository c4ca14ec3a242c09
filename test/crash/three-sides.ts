// Switch, card host's ledger and terminals' receipts against each other. The switch's own reports
// are asked, and beside them the two other sides are compared directly.

import { createReadStream } from 'node:fs'
import type { AdminClient } from '../../admin-api/client.ts'
import type { RawReceipt } from './raw-terminal.ts'

export interface OtherSides {
  readonly receipts: readonly RawReceipt[]
  /** Everything a terminal was ever shown, reversed sales included. */
  readonly shown: readonly RawReceipt[]
  readonly netDebits: readonly { readonly rrn: string }[]
  /** The ledger's file. */
  readonly ledger: string
}

export async function compareSides(admin: AdminClient, sides: OtherSides): Promise<string[]> {
  const found = compareOutside(sides)
  const reconciled = await admin.reconcile({ settle: false }, createReadStream(sides.ledger))
  for (const { text } of reconciled.differences) found.push(`reconciliation: ${text}`)
  if (reconciled.doubleSold > 0) found.push(`${reconciled.doubleSold} vouchers sold twice`)
  for (const { name, violations, detail } of (await admin.audit()).checks) {
    if (violations > 0) found.push(`audit: ${name}: ${detail}`)
  }
  for (const problem of (await admin.verifyJournal()).problems) found.push(`journal: ${problem}`)
  return found
}

/** Without asking the switch: one debit for each receipt, one receipt for each PIN. */
export function compareOutside({ receipts, shown, netDebits }: OtherSides): string[] {
  const found: string[] = []
  const owners = new Map<string, string>()
  for (const { rrn, vouchers } of [...shown, ...receipts]) {
    const owner = owners.get(vouchers)
    const isOther = vouchers !== '' && owner !== undefined && owner !== rrn
    if (isOther) found.push(`one voucher on the receipts ${owner} and ${rrn}`)
    owners.set(vouchers, rrn)
  }
  const debitsOf = new Map<string, number>()
  for (const { rrn } of netDebits) debitsOf.set(rrn, (debitsOf.get(rrn) ?? 0) + 1)
  for (const { rrn, vouchers } of receipts) {
    if (vouchers === '') found.push(`RRN ${rrn}: a receipt without a voucher`)
    const debits = debitsOf.get(rrn) ?? 0
    if (debits !== 1) found.push(`RRN ${rrn}: a receipt with ${debits} net debits`)
  }
  const printed = new Set(receipts.map(({ rrn }) => rrn))
  for (const { rrn } of netDebits) {
    if (!printed.has(rrn)) found.push(`RRN ${rrn}: debited without a receipt`)
  }
  return found
}
