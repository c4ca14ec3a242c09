// What an operation of the terminal says at the command line: exit, one line of text, and an object
// for `--json`. The object never holds a voucher PIN; `showVouchers` adds it when it was asked for.

import type { EndOfDayOutcome } from './end-of-day.ts'
import type { EchoOutcome, InitialiseOutcome, InquiryOutcome, ReprintOutcome } from './inquire.ts'
import type { LogonOutcome } from './logon.ts'
import type { DeliveredVoucher } from './replies.ts'
import type { SaleOutcome } from './sell.ts'
import type { Settled } from './settle.ts'
import type { TerminalState, Totals } from './state.ts'

export interface PosResult {
  readonly exit: 'done' | 'failed' | 'usage' | 'unknown'
  /** Empty when the receipt says it all. */
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
  readonly vouchers: readonly DeliveredVoucher[]
}

type Outcome =
  | SaleOutcome
  | Settled
  | InquiryOutcome
  | ReprintOutcome
  | EndOfDayOutcome
  | InitialiseOutcome
  | EchoOutcome
  | LogonOutcome
  | { readonly kind: 'pending'; readonly state: TerminalState }

export function describeResult(action: string, outcome: Outcome): PosResult {
  const { exit, text, extra } = say(action, outcome)
  const vouchers = 'vouchers' in outcome ? outcome.vouchers : []
  return { exit, text, json: { action, kind: outcome.kind, ...extra }, vouchers }
}

export function showVouchers(
  vouchers: readonly DeliveredVoucher[],
  withPin: boolean,
): Readonly<Record<string, string>>[] {
  return vouchers.map(({ serial, voucherPin }) =>
    withPin ? { serial, voucherPin: voucherPin.reveal() } : { serial },
  )
}

interface Said {
  readonly exit: PosResult['exit']
  readonly text: string
  readonly extra: Readonly<Record<string, unknown>>
}

function say(action: string, outcome: Outcome): Said {
  switch (outcome.kind) {
    case 'sold': {
      const { sale, confirmed, vouchers } = outcome
      return {
        exit: 'done',
        text: soldText(vouchers.length, confirmed),
        extra: { sale, confirmed },
      }
    }
    case 'reprinted':
      return { exit: 'done', text: '', extra: { number: outcome.number, sale: outcome.sale } }
    case 'declined':
    case 'refused': {
      const { responseCode } = outcome
      return { exit: 'failed', text: `refused with ${responseCode}`, extra: { responseCode } }
    }
    case 'reversed': {
      const responseCode = 'responseCode' in outcome ? outcome.responseCode : null
      const exit = action === 'sell' ? 'failed' : 'done'
      return { exit, text: 'not sold: the sale was reversed', extra: { responseCode } }
    }
    case 'unknown':
    case 'open':
    case 'blocked':
      return waiting(action, outcome)
    case 'not-sent':
    case 'no-answer': {
      const { reason } = outcome
      return { exit: 'failed', text: `no answer: ${reason}`, extra: { reason } }
    }
    case 'not-printed': {
      const how = outcome.partly ? ' whole, a part may be out' : ''
      return { exit: 'failed', text: `the reprint did not come out${how}`, extra: {} }
    }
    case 'logged-on':
      return { exit: 'done', text: 'logged on', extra: {} }
    case 'nothing':
      return { exit: 'done', text: 'nothing is open', extra: {} }
    case 'answered':
      return answered(action, outcome)
    case 'initialised': {
      const { catalogue } = outcome
      const rows = catalogue.products.map((row) => `${row.product} ${row.priceRial} ${row.name}`)
      const text = [`catalogue ${catalogue.version}`, ...rows].join('\n')
      return { exit: 'done', text, extra: { catalogue } }
    }
    case 'closed': {
      const { totals } = outcome
      return { exit: 'done', text: `period closed: ${totalsText(totals)}`, extra: { totals } }
    }
    case 'differs':
      return differs(outcome.ours, outcome.theirs)
    case 'pending':
      return pending(outcome.state)
  }
}

function soldText(vouchers: number, confirmed: string): string {
  if (vouchers === 0) return 'sold, but the vouchers are no longer disclosed: ask for a reprint'
  if (confirmed === 'refused') return 'the receipt is out, but the switch knows no such sale (25)'
  return ''
}

function waiting(action: string, outcome: { kind: string; reason: string }): Said {
  const { kind, reason } = outcome
  const extra = { reason }
  if (kind === 'blocked') {
    return { exit: 'unknown', text: `an earlier sale is still open: ${reason}`, extra }
  }
  const what = action === 'end-of-day' ? 'end of day is unanswered' : 'sale is still open'
  return { exit: 'unknown', text: `outcome unknown, the ${what}: ${reason}`, extra }
}

function answered(action: string, outcome: InquiryOutcome | EchoOutcome): Said {
  if (outcome.kind === 'no-answer') throw new TypeError('not answered')
  const { responseCode } = outcome
  // An inquiry that was answered has done its work, whatever it found.
  const exit = action === 'inquire' || responseCode === '00' ? 'done' : 'failed'
  if (!('rrn' in outcome))
    return { exit, text: `answered ${responseCode}`, extra: { responseCode } }
  const { rrn, amountRial } = outcome
  const text = `the sale was answered ${responseCode}${rrn === null ? '' : `, RRN ${rrn}`}`
  return { exit, text, extra: { responseCode, rrn, amountRial } }
}

function differs(ours: Totals, theirs: Totals | null): Said {
  const other = theirs === null ? 'not readable' : totalsText(theirs)
  const text = `totals differ: terminal ${totalsText(ours)}; switch ${other}`
  return { exit: 'failed', text, extra: { ours, theirs } }
}

function pending(state: TerminalState): Said {
  const { open, confirmations, endOfDay, totals } = state
  const lines = [`totals: ${totalsText(totals)}`]
  if (open !== null)
    lines.push(`open sale: STAN ${open.stan}, ${open.amountRial} rial, ${open.step}`)
  if (confirmations.length > 0) lines.push(`confirmations owed: ${confirmations.length}`)
  if (endOfDay !== null) lines.push(`end of day unanswered: STAN ${endOfDay.stan}`)
  return {
    exit: open === null ? 'done' : 'unknown',
    text: lines.join('\n'),
    extra: { open, confirmations, endOfDay, totals },
  }
}

function totalsText(totals: Totals): string {
  const { salesCount, salesRial, reversalsCount, reversalsRial } = totals
  return `${salesCount} sales of ${salesRial} rial, ${reversalsCount} reversals of ${reversalsRial}`
}
