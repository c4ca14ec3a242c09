// The life of one sale from its request to its end, and what is counted of it. New sales may be
// refused; everything that belongs to a sale that was begun must be taken: an answer of 91 or 96 to
// a repeat, a reversal or a confirmation, or none in time, is a violation.

import type { RawReceipt } from '../crash/raw-terminal.ts'
import type { WireFields, WireMessage } from '../simulation/wire/codec.ts'
import { adviceFields } from '../simulation/wire/framed.ts'
import type { Asked, LoadTerminal } from './load-terminal.ts'

/** Of every so many sold sales one is reversed; the others are confirmed. */
const REVERSED_OF = 12
const TRIES = 40
const ENDS_A_REVERSAL = new Set(['00', '21', '61', '94'])

/** By the trial's clock. */
export interface Answered {
  readonly dueMs: number
  readonly atMs: number
}

/** What happened to the sales of one step. Times are from when the sale was due. */
export interface Tally {
  offered: number
  /** Sold with an answer in the terminal's time. */
  readonly sold: Answered[]
  /** How long a 96 took. */
  readonly shedMs: number[]
  readonly codes: Record<string, number>
  silent: number
  /** Known only after a repeat. */
  soldLater: number
  confirmations: number
  reversals: number
}

export interface Books {
  readonly receipts: RawReceipt[]
  readonly shown: RawReceipt[]
  /** What must never be refused and was. */
  readonly refused: { confirmations: number; reversals: number; repeats: number }
  /** What must always be answered and was not, in the terminal's time. */
  readonly unanswered: { confirmations: number; reversals: number }
  /** The worst wait for the answer to an advice. */
  readonly advice: { ms: number[] }
  readonly violations: string[]
}

export function emptyTally(): Tally {
  return {
    ...{ offered: 0, sold: [], shedMs: [], codes: {}, silent: 0 },
    ...{ soldLater: 0, confirmations: 0, reversals: 0 },
  }
}

export function emptyBooks(): Books {
  return {
    ...{ receipts: [], shown: [], violations: [], advice: { ms: [] } },
    refused: { confirmations: 0, reversals: 0, repeats: 0 },
    unanswered: { confirmations: 0, reversals: 0 },
  }
}

let sold = 0

export async function liveSale(
  terminal: LoadTerminal,
  sale: Asked,
  books: Books,
  tally: Tally,
  dueMs: number,
): Promise<void> {
  tally.offered++
  const reply = await terminal.ask('0200', sale.fields)
  const nowMs = performance.now()
  const code = reply?.fields[39]
  if (reply === undefined || code === undefined) {
    tally.silent++
    return afterSilence(terminal, sale, books, tally)
  }
  tally.codes[code] = (tally.codes[code] ?? 0) + 1
  if (code === '00') {
    tally.sold.push({ dueMs, atMs: nowMs })
    return afterSold(terminal, sale, books, tally, reply)
  }
  if (code === '96') tally.shedMs.push(nowMs - dueMs)
  if (code === '96' || code === '68') await reverse(terminal, sale, books, tally)
}

/** A sale that the switch sees as a repeat first: its 0200 was lost, or was answered 96 unseen. */
export async function liveRepeat(
  terminal: LoadTerminal,
  sale: Asked,
  books: Books,
  tally: Tally,
): Promise<void> {
  await afterSilence(terminal, sale, books, tally)
}

/** Silence: the repeat tells, or nobody does and the sale is reversed. */
async function afterSilence(
  terminal: LoadTerminal,
  sale: Asked,
  books: Books,
  tally: Tally,
): Promise<void> {
  const fresh = terminal.fresh()
  const reply = await fresh.ask('0201', sale.fields)
  fresh.drop()
  const code = reply?.fields[39]
  if (reply !== undefined && code === '00') {
    tally.soldLater++
    return afterSold(terminal, sale, books, tally, reply)
  }
  // The stored answer of a sale whose outcome could not be written is 96 too; here none is.
  if (code === '96') books.refused.repeats++
  await reverse(terminal, sale, books, tally)
}

async function afterSold(
  terminal: LoadTerminal,
  sale: Asked,
  books: Books,
  tally: Tally,
  { fields }: WireMessage,
): Promise<void> {
  const receipt = { rrn: fields[37] ?? '', vouchers: fields[62] ?? '' }
  books.shown.push(receipt)
  sold++
  if (sold % REVERSED_OF === 0) {
    const end = await reverse(terminal, sale, books, tally)
    if (end !== '00') books.violations.push(`${sale.name}: a reversal of a sold sale got ${end}`)
    return
  }
  books.receipts.push(receipt)
  tally.confirmations++
  const code = await advise(terminal, '0220', sale.fields, books)
  if (code === undefined) books.unanswered.confirmations++
  else if (code !== '00') books.refused.confirmations++
}

/** Until it has ended; only the first answer is judged. */
async function reverse(
  terminal: LoadTerminal,
  sale: Asked,
  books: Books,
  tally: Tally,
): Promise<string> {
  tally.reversals++
  for (let tries = 0; tries < TRIES; tries++) {
    const code = await advise(terminal, tries === 0 ? '0400' : '0401', sale.fields, books)
    if (code !== undefined && ENDS_A_REVERSAL.has(code)) return code
    if (tries > 0) continue
    if (code === undefined) books.unanswered.reversals++
    else books.refused.reversals++
  }
  books.violations.push(`${sale.name}: its reversal did not end`)
  return 'none'
}

async function advise(
  terminal: LoadTerminal,
  mti: string,
  sale: WireFields,
  books: Books,
): Promise<string | undefined> {
  const askedMs = performance.now()
  const reply = await terminal.ask(mti, adviceFields(sale))
  books.advice.ms.push(performance.now() - askedMs)
  return reply?.fields[39]
}
