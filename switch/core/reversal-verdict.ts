// What an answer of the card host makes of a reversal: its next status, and whether that ends it.
// A pure function: when it is asked again is the queue's. [nothing-lost, rows 18, 19]

import type { ReversalReply } from './card-host.ts'
import type { OpenReversal, ReversalStatus } from './journal.ts'

export interface Verdict {
  readonly status: ReversalStatus
  readonly ends: boolean
  readonly why: string
}

/** What a reply of the card host makes of a reversal. [wire-protocol 4, 0420] */
export function judge(
  reversal: Pick<OpenReversal, 'status' | 'approval' | 'wasReopened'>,
  reply: ReversalReply,
  approvedMeanwhile: boolean,
  accepted: readonly string[],
): Verdict {
  // A person has to give it back otherwise.
  if (reply.kind === 'no-card') return { status: 'suspense', ends: false, why: 'no card number' }
  if (reply.kind !== 'answered') return { status: reversal.status, ends: false, why: reply.kind }
  // The reply may be older than the debit that the approval tells of: ask again.
  if (approvedMeanwhile) return { status: 'pending', ends: false, why: 'approved meanwhile' }
  if (accepted.includes(reply.responseCode)) {
    const status = reversal.wasReopened ? 'watched' : 'closed'
    return { status, ends: true, why: 'reversed' }
  }
  if (reply.responseCode === '25' && reversal.approval === undefined) {
    if (reversal.status === 'unfound') return { status: 'no-debit', ends: true, why: 'unfound' }
    return { status: 'unfound', ends: false, why: 'unfound' }
  }
  return { status: 'suspense', ends: false, why: `refused with ${reply.responseCode}` }
}

export function isEnded(status: ReversalStatus): boolean {
  return status === 'closed' || status === 'no-debit' || status === 'watched'
}

/** Perhaps: what follows is a repeat. */
export function wasSent({ kind }: ReversalReply): boolean {
  return kind === 'answered' || kind === 'silent'
}
