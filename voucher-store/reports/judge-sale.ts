// What one sale and one purchase at the card host say about each other: agreed, a difference, or a
// debit whose reversal is still on its way. A pure function; the kinds of difference are its table.
//
//   sold                       the host must keep the whole price
//   reversed, refunded         the host must keep nothing
//   declined                   the host must keep nothing, and the switch knows of no debit
//   reversing, refunding       whatever the host keeps will be given back; in suspense it is told
//   intent                     in doubt: the switch is asking, or will reverse at its next start

import type { ReversalStatus } from '../../switch/core/journal.ts'
import type { SaleState } from '../../switch/core/sale-record.ts'

export type DifferenceKind =
  | 'debit without sale'
  | 'sale without debit'
  | 'amount differs'
  | 'reversal missing at host'
  | 'sold but reversed at host'
  | 'unknown debit'

export interface Difference {
  readonly kind: DifferenceKind
  readonly amountRial: number
  readonly sale: number | null
  readonly rrn: string | null
  readonly tid: string | null
  readonly hostStan: string | null
  readonly hostTransmission: string | null
  readonly text: string
}

export interface Settleable {
  readonly sale: number
  /** The reversal waits for this ledger only: how often it was tried. */
  readonly watchedTries: number | undefined
  /** Nothing will need the card number any more. */
  readonly destroyCard: boolean
}

export interface SaleFacts {
  readonly id: number
  readonly state: SaleState
  readonly amountRial: number
  readonly rrn: string
  readonly tid: string
  readonly hostStan: string
  readonly hostTransmission: string
  /** Its card number is still kept. */
  readonly hasCard: boolean
  readonly confirmed: boolean
  /** The ledger goes on before and after all that happened to it. */
  readonly isCovered: boolean
  readonly endedMs: number
  readonly reversal: ReversalStatus | undefined
  /** The host approved what was then reversed: it has a debit, whatever else is true. */
  readonly approvalSeen: boolean
  readonly tries: number
}

interface AtHost {
  readonly debited: number
  readonly reversed: number
}

export interface Verdict {
  readonly difference: Difference | undefined
  /** Its reversal is not ended. */
  readonly open: boolean
  readonly settle: Settleable | undefined
}

export function judgeSale(
  sale: SaleFacts,
  entry: AtHost | undefined,
  endedBeforeMs: number,
): Verdict {
  const { debited, reversed } = entry ?? { debited: 0, reversed: 0 }
  const net = debited - reversed
  const open = isOpen(sale)
  const difference = differenceOf(sale, { debited, reversed })
  const agreed = difference === undefined && !open && net === keptFor(sale)
  const settle = agreed ? settleOf(sale, debited > 0, endedBeforeMs) : undefined
  return { difference, open, settle }
}

function isOpen({ state }: SaleFacts): boolean {
  return state === 'intent' || state === 'reversing' || state === 'refunding'
}

function keptFor(sale: SaleFacts): number {
  return sale.state === 'sold' ? sale.amountRial : 0
}

function differenceOf(sale: SaleFacts, { debited, reversed }: AtHost): Difference | undefined {
  const net = debited - reversed
  const made = (kind: DifferenceKind, text: string) => differenceFor(sale, kind, net, text)
  if (sale.state === 'sold') {
    if (net === sale.amountRial) return undefined
    if (debited === 0 && reversed === 0) {
      return made('sale without debit', 'sold, and the host has no debit for it')
    }
    if (net === 0) return made('sold but reversed at host', 'sold, and the host gave it back')
    return made('amount differs', `sold for ${sale.amountRial} rial, the host keeps ${net}`)
  }
  if (net === 0) return undefined
  if (isOpen(sale)) {
    if (sale.reversal !== 'suspense') return undefined
    return made('reversal missing at host', `in suspense, and the host keeps ${net} rial`)
  }
  if (sale.state === 'reversed' || sale.state === 'refunded') {
    if (sale.reversal === 'no-debit') {
      return made('unknown debit', `the host said that there was no debit, and keeps ${net} rial`)
    }
    return made('reversal missing at host', `${sale.state}, and the host keeps ${net} rial`)
  }
  return made('unknown debit', `${sale.state} here, and the host keeps ${net} rial`)
}

function differenceFor(
  sale: SaleFacts,
  kind: DifferenceKind,
  net: number,
  text: string,
): Difference {
  const { id, rrn, tid, hostStan, hostTransmission } = sale
  const amountRial = net - keptFor(sale)
  return { kind, amountRial, sale: id, rrn, tid, hostStan, hostTransmission, text }
}

/**
 * A sold sale may still be reversed by its terminal, which needs the card number: not yet. Nor is
 * anything settled by a ledger without a debit that was seen: it ends before it, is that of another
 * host, or has nothing in it. Of one that nobody saw a ledger says that there is none only if it
 * shows to be of that time: a later one may have it, and then the reversal goes out once more.
 */
function settleOf(
  sale: SaleFacts,
  hasDebit: boolean,
  endedBeforeMs: number,
): Settleable | undefined {
  const isOver = sale.endedMs < endedBeforeMs || (sale.state === 'sold' && sale.confirmed)
  const needsCard = sale.reversal !== undefined && (sale.approvalSeen || !sale.isCovered)
  const destroyCard = sale.hasCard && isOver && (hasDebit || !needsCard)
  const watchedTries = sale.reversal === 'watched' && hasDebit ? sale.tries : undefined
  if (!destroyCard && watchedTries === undefined) return undefined
  return { sale: sale.id, watchedTries, destroyCard }
}
