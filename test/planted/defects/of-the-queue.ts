// Defects of reversals on their way to the card host, and of recovery.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what is planted is source text

import { type Defect, defect } from './defect.ts'

const QUEUE = 'switch/core/reversal-queue.ts'
const VERDICT = 'switch/core/reversal-verdict.ts'
const OPEN = 'switch/core/open-book.ts'
const SALES = 'voucher-store/writer/write-sales.ts'

export const OF_THE_QUEUE: readonly Defect[] = [
  defect(
    'a reversal is dropped after three tries',
    QUEUE,
    '    const { clock } = this.#ports\n',
    '    const { clock } = this.#ports\n    if (entry.reversal.tries >= 3) return\n',
  ),
  defect(
    'a reversal that gave its place in memory away is forgotten',
    QUEUE,
    '    this.#moreInStore = true\n    const entry',
    '    const entry',
  ),
  defect(
    'the first RC 25 closes for good',
    VERDICT,
    "    return { status: 'unfound', ends: false, why: 'unfound' }",
    "    return { status: 'no-debit', ends: true, why: 'unfound' }",
  ),
  defect(
    'a late approval after the reversal was answered is ignored',
    QUEUE,
    '    if (before.approval !== undefined) return true\n',
    '    if (before.approval !== undefined || isEnded(before.status)) return true\n',
  ),
  defect(
    'a refused reversal is forgotten',
    QUEUE,
    '    let delayMs = this.#waits.after(status)\n',
    "    let delayMs = this.#waits.after(status)\n    if (status === 'suspense') return\n",
  ),
  defect(
    'a refusal counts as the end of a reversal',
    VERDICT,
    "  return { status: 'suspense', ends: false, why: `refused with ${reply.responseCode}` }",
    "  return { status: 'closed', ends: true, why: 'answered' }",
  ),
  defect(
    'silence ends a reversal',
    VERDICT,
    "  if (reply.kind !== 'answered') return { status: reversal.status, ends:" +
      ' false, why: reply.kind }',
    "  if (reply.kind !== 'answered') return { status: 'closed', ends: true, why: reply.kind }",
  ),
  defect(
    'reversals of the last life are not taken up',
    OPEN,
    '  reversals.start(new Set(before.openIntents.map(({ id }) => id)))\n',
    '',
  ),
  defect(
    'intents of the last life are left alone',
    OPEN,
    '    before.openIntents,\n  )\n  const reversals',
    '    [],\n  )\n  const reversals',
  ),
  defect(
    'recovery frees the vouchers and forgets the debit',
    SALES,
    "    if (outcome.kind !== 'reversing') return\n",
    "    if (outcome.kind !== 'reversing' || outcome.responseCode === '96') return\n",
  ),
  defect(
    'a fresh reversal of a late approval goes out as a repeat',
    QUEUE,
    'this.#take(reversal, fresh === undefined, !written)',
    'this.#take(reversal, true, !written)',
  ),
  defect(
    'a late approval after the reversal was answered never gets a fresh trace',
    QUEUE,
    "wasAnswered && this.#settings.lateApproval(before.host.link) === 'fresh'",
    "wasAnswered && this.#settings.lateApproval(before.host.link) !== 'fresh'",
  ),
]
