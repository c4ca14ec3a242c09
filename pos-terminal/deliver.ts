// Approved: the receipt comes out, then the sale is confirmed. The order is the whole point: what
// is written before the paper lets a restart fetch the vouchers again instead of reversing a sale
// whose PIN may be in the customer's hand, and nothing is confirmed that was not printed.

import { transmissionTime } from '../protocol/values/moment.ts'
import { ask } from './ask.ts'
import { type DeliveredVoucher, responseCode } from './replies.ts'
import { confirmationFields } from './requests.ts'
import {
  addReversal,
  addSale,
  type LastSale,
  type OpenSale,
  type OwedConfirmation,
  type TerminalState,
} from './state.ts'
import { StoreError } from './store.ts'
import { saveOpen, type Terminal } from './terminal.ts'

/** Each may go out with every new sale; a switch that never accepts one lists the sale instead. */
const CONFIRMATION_SENDS = 20

const CONFIRMATIONS_KEPT = 50

export interface Goods {
  readonly vouchers: readonly DeliveredVoucher[]
  readonly switchLines: string | undefined
  readonly rrn: string | null
}

export type Confirmed =
  | 'yes'
  /** Kept, and sent again before the next sale. */
  | 'owed'
  /** 25: the switch knows no such sale, or reversed it. */
  | 'refused'

export interface Delivered {
  readonly sale: LastSale
  readonly vouchers: readonly DeliveredVoucher[]
  readonly confirmed: Confirmed
}

/** Undefined when the receipt did not come out whole: the sale is then reversed or inquired. */
export async function deliver(
  terminal: Terminal,
  sale: OpenSale,
  goods: Goods,
): Promise<Delivered | undefined> {
  const approved: OpenSale = {
    ...sale,
    step: sale.refusedWith === null ? 'printing' : 'inquiring',
    approved: true,
    rrn: goods.rrn ?? sale.rrn,
    printsBegun: sale.printsBegun + 1,
  }
  saveOpen(terminal, approved)
  const summary = summaryOf(approved)
  const printed = await terminal.printer.print({
    sale: summary,
    vouchers: goods.vouchers,
    switchLines: goods.switchLines,
    mark: { kind: sale.printsBegun === 0 ? 'original' : 'again' },
  })
  if (printed !== 'out') {
    // A part of it, or a copy of before a power cut, may be in the customer's hand: printed later.
    const isUnseen = printed === 'none' && sale.printsBegun === 0
    const reversible = isUnseen && approved.refusedWith === null
    saveOpen(terminal, { ...approved, step: reversible ? 'reversing' : 'inquiring' })
    return undefined
  }
  close(terminal, approved)
  const confirmed = await confirm(terminal, approved.stan, 2)
  return { sale: summary, vouchers: goods.vouchers, confirmed }
}

export function summaryOf(sale: OpenSale): LastSale {
  const { stan, time, date, wallMs, rrn, product, productName } = sale
  const { count, amountRial, maskedCard } = sale
  return {
    stan,
    time,
    date,
    wallMs,
    rrn,
    product,
    productName,
    count,
    amountRial,
    maskedCard,
  }
}

/** The printed sale leaves the queue and its confirmation enters it, in one change. */
function close(terminal: Terminal, sale: OpenSale): void {
  const { state } = terminal.store
  terminal.store.save({
    ...state,
    open: null,
    ...withConfirmation(terminal, sale),
    lastSale: summaryOf(sale),
    totals: addSale(state.totals, sale.amountRial),
  })
}

/** What changes in the state when the receipt of a sale is out. */
export function withConfirmation(
  { store, timers }: Terminal,
  sale: OpenSale,
): Pick<TerminalState, 'confirmations' | 'printedStan'> {
  const { processingCode, amountRial, stan, time, date, rrn } = sale
  const sentTime = transmissionTime(timers.wallMs())
  const owed: OwedConfirmation = {
    ...{ processingCode, amountRial, stan, time, date, rrn },
    ...{ sentTime, sent: 0 },
  }
  const confirmations = [...store.state.confirmations, owed].slice(-CONFIRMATIONS_KEPT)
  return { confirmations, printedStan: stan }
}

/** Sends what is owed, oldest first, until one stays unanswered; the STANs that were refused. */
export async function sendConfirmations(terminal: Terminal): Promise<readonly string[]> {
  const refused: string[] = []
  for (const { stan } of terminal.store.state.confirmations) {
    const confirmed = await confirm(terminal, stan, 1)
    if (confirmed === 'owed') break
    if (confirmed === 'refused') refused.push(stan)
  }
  return refused
}

/** 0220, then 0221. What the disk does not take of it leaves the sale sold, and it stays owed. */
export async function confirm(terminal: Terminal, stan: string, tries: number): Promise<Confirmed> {
  try {
    return await sendConfirmation(terminal, stan, tries)
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    terminal.warn(`${error.message}; the confirmation is sent again later`)
    return 'owed'
  }
}

async function sendConfirmation(
  terminal: Terminal,
  stan: string,
  tries: number,
): Promise<Confirmed> {
  const { settings, store } = terminal
  for (let left = tries; left > 0; left -= 1) {
    const owed = store.state.confirmations.find((candidate) => candidate.stan === stan)
    if (owed === undefined) return 'yes'
    const answer = await ask(
      terminal,
      owed.sent === 0 ? '0220' : '0221',
      confirmationFields(settings, owed),
      { timeoutMs: settings.waits.adviceMs },
    )
    const code = answer.kind === 'reply' ? responseCode(answer.reply) : ''
    if (code === '00' || code === '25') {
      settleConfirmation(terminal, owed, code)
      return code === '00' ? 'yes' : 'refused'
    }
    const sent = answer.kind === 'not-sent' ? owed.sent : owed.sent + 1
    keepConfirmation(terminal, { ...owed, sent })
    if (answer.kind !== 'silence') return 'owed'
  }
  return 'owed'
}

function settleConfirmation(terminal: Terminal, owed: OwedConfirmation, code: '00' | '25'): void {
  const { state } = terminal.store
  const totals = code === '00' ? state.totals : addReversal(state.totals, owed.amountRial)
  terminal.store.save({ ...state, confirmations: without(state.confirmations, owed), totals })
}

function keepConfirmation(terminal: Terminal, owed: OwedConfirmation): void {
  const { state } = terminal.store
  const kept = owed.sent >= CONFIRMATION_SENDS ? [] : [owed]
  const confirmations = state.confirmations.flatMap((other) =>
    other.stan === owed.stan ? kept : [other],
  )
  terminal.store.save({ ...state, confirmations })
}

function without(
  confirmations: readonly OwedConfirmation[],
  owed: OwedConfirmation,
): OwedConfirmation[] {
  return confirmations.filter((other) => other.stan !== owed.stan)
}
