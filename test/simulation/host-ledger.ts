// What the simulated card hosts have booked: one ledger for all of them, in which a debit is named
// by its host too, since DE 7, 11 and 41 of two hosts may be the same. [wire-protocol 4]

import type { WireMessage } from './wire/codec.ts'

export interface LedgerDebit {
  readonly rrn: string
  readonly amount: number
  readonly card: string
  reversed: boolean
  /** Its approval reached the switch's side of the link. */
  approvalDelivered: boolean
  /** How often a reversal had been answered 25 before the debit was booked. */
  readonly unfoundBefore: number
  /** When it was booked, and the product of its DE 48. */
  readonly atMs: number
  readonly product: string
}

/** By DE 7, 11 and 41 of the 0200, and the host. */
export type Ledger = Map<string, LedgerDebit>

export function debitKey(link: string, trace: string, tid: string): string {
  return `${trace} ${tid} ${link}`
}

/** Of the 0200 that a host was sent. */
export function keyOf(link: string, { fields }: WireMessage): string {
  return debitKey(link, `${fields[7]}${fields[11]}`, fields[41]?.trimEnd() ?? '')
}

/** Of the 0200 that a reversal's DE 90 names. */
export function keyOfOriginal(link: string, { fields }: WireMessage): string {
  const original = fields[90] ?? ''
  const trace = `${original.slice(10, 20)}${original.slice(4, 10)}`
  return debitKey(link, trace, fields[41]?.trimEnd() ?? '')
}

export function partsOf(key: string): { trace: string; tid: string; link: string } {
  const [trace = '', tid = '', link = ''] = key.split(' ')
  return { trace, tid, link }
}

/** As its owner would send it to the switch's administrator. */
export function* ledgerRows(ledger: Ledger) {
  for (const [key, { rrn, amount, reversed }] of ledger) {
    const { trace, tid, link } = partsOf(key)
    yield {
      link,
      transmission: trace.slice(0, 10),
      stan: trace.slice(10),
      tid,
      rrn,
      amount,
      reversed,
    }
  }
}
