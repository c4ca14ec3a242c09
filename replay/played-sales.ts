// The sales of one played terminal. A sale is asked, asked again after silence, and reversed when
// nobody answers, by the terminal software itself; repeats, confirmations and reversals come when
// the traffic has them. Every end goes to the books, and what the switch says of a sale that has
// ended must be what it said before. [wire-protocol 3.1, 3.2]

import { confirm, sendConfirmations, withConfirmation } from '../pos-terminal/deliver.ts'
import { requestSale, type SaleOrder } from '../pos-terminal/sell.ts'
import { type Settled, settle } from '../pos-terminal/settle.ts'
import { addSale, type OpenSale, subtractTotals, type Totals } from '../pos-terminal/state.ts'
import { saveOpen, type Terminal } from '../pos-terminal/terminal.ts'
import { type AboutSaleRecord, HOW, type SaleRecord } from '../protocol/traffic/traffic-record.ts'
import { parseProductId } from '../protocol/values/identifiers.ts'
import { isReason } from '../protocol/values/reason.ts'
import { toRial } from '../protocol/values/rial.ts'
import { inquireEnded, type PlayedSale, repeatEnded, standing } from './asked-again.ts'
import type { SaleEnd } from './ledger.ts'
import type { Stage } from './stage.ts'

/** A terminal speaks of its newest sales only. */
const SALES_KEPT = 4

export class PlayedSales {
  readonly #terminal: Terminal
  readonly #stage: Stage
  readonly #hasKeys: boolean
  #newest: PlayedSale[] = []
  /** Not ended: the terminal sells nothing before it has. */
  #open: PlayedSale | undefined

  constructor(terminal: Terminal, stage: Stage, hasKeys: boolean) {
    this.#terminal = terminal
    this.#stage = stage
    this.#hasKeys = hasKeys
  }

  get isOpen(): boolean {
    return this.#open !== undefined
  }

  get owes(): boolean {
    return this.#open !== undefined || this.#terminal.store.state.confirmations.length > 0
  }

  /** False: not asked, for an earlier sale is open, nothing could be sent, or it was stopped. */
  async sell(record: SaleRecord): Promise<boolean> {
    const { ledger, work, isStopping } = this.#stage
    await this.settle()
    if (isStopping()) {
      work.dropped += 1
      return false
    }
    const order = this.#orderOf(record)
    if (this.#open !== undefined || order === undefined) {
      ledger.notSent += 1
      return false
    }
    const terminal = atPlace(this.#terminal, record)
    const requested = await requestSale(terminal, order)
    if (requested.kind === 'not-sent') {
      ledger.notSent += 1
      return false
    }
    const { sale, fields, verdict } = requested
    const { stan, product, amountRial: rial } = sale
    const name = ledger.begin({ tid: terminal.settings.terminalId, stan, product, rial })
    const session = terminal.store.state.session?.transmission
    const { t, n } = record
    const played: PlayedSale = {
      ...{ t, n, name, sale, fields, session },
      ...{ end: undefined, sold: undefined, isConfirmed: false },
    }
    this.#newest = [...this.#newest.slice(1 - SALES_KEPT), played]
    switch (verdict.kind) {
      case 'declined':
        saveOpen(terminal, null)
        this.#end(played, verdict)
        break
      case 'approved': {
        const serials = verdict.vouchers.map(({ serial }) => serial)
        this.#sold({ ...sale, rrn: verdict.rrn, approved: true }, 1)
        this.#end(played, { kind: 'sold', rrn: verdict.rrn, serials })
        break
      }
      default:
        await this.#undo(played, verdict.approved)
    }
    return true
  }

  /** False: it speaks of a sale that was not played, or that has ended otherwise here. */
  async follow(record: AboutSaleRecord): Promise<boolean> {
    const { ledger } = this.#stage
    const played = this.#newest.find(({ t, n }) => t === record.t && n === record.of)
    if (played === undefined) {
      ledger.tally('records of a sale that was not played')
      return false
    }
    await this.settle()
    const { end } = played
    if (end === undefined) {
      ledger.tally('records that had nothing left to do')
      return false
    }
    if (record.do === 'repeat') return repeatEnded(this.#terminal, ledger, { ...played, end })
    if (record.do === 'inquiry') return inquireEnded(this.#terminal, ledger, { ...played, end })
    // Of what was not sold here there is nothing to confirm and nothing to undo.
    if (end.kind !== 'sold') {
      ledger.tally('records that had nothing left to do')
      return false
    }
    if (record.do === 'confirmation') return this.#confirm(played)
    ledger.reopen(played.name, end)
    played.end = undefined
    this.#sold(played.sale, -1)
    await this.#undo({ ...played, sale: { ...played.sale, rrn: end.rrn } }, true, played)
    return true
  }

  /** The open sale and what is owed, as far as the switch answers. */
  async settle(): Promise<void> {
    if (!this.owes) return
    if (this.#open !== undefined) this.#settled(this.#open, await settle(this.#terminal))
    if (this.#open !== undefined) return
    for (const stan of await sendConfirmations(this.#terminal)) {
      const played = this.#newest.find(({ sale }) => sale.stan === stan)
      // Its reversal went before the confirmation that was owed.
      if (played?.end?.kind === 'reversed') continue
      const name = played?.name ?? { tid: this.#terminal.settings.terminalId, stan }
      this.#stage.ledger.find('a sold sale is not known any more', name, 'confirmation: 25')
    }
  }

  async #undo(played: PlayedSale, approved: boolean, kept = played): Promise<void> {
    saveOpen(this.#terminal, { ...played.sale, step: 'reversing', approved })
    this.#open = kept
    this.#settled(kept, await settle(this.#terminal))
  }

  #settled(played: PlayedSale, settled: Settled): void {
    const { ledger } = this.#stage
    if (settled.kind === 'open') return
    this.#open = undefined
    if (settled.kind === 'sold') {
      const serials = settled.vouchers.map(({ serial }) => serial)
      const told = { kind: 'sold', rrn: settled.sale.rrn, serials } as const
      const end = standing(ledger, played, told, settled.isUnreadable)
      // What was told was printed, and is confirmed by now or owed.
      if (serials.length > 0) played.isConfirmed = true
      ledger.tally('reversals refused: the sale stands')
      if (settled.confirmed === 'refused') {
        ledger.find('a sold sale is not known any more', played.name, 'confirmation: 25')
      }
      return this.#end(played, end)
    }
    ledger.tally('reversals accepted')
    this.#end(played, { kind: 'reversed' })
  }

  #end(played: PlayedSale, end: SaleEnd): void {
    played.end = end
    if (end.kind === 'sold') played.sold = end
    this.#stage.ledger.end(played.name, end)
  }

  async #confirm(played: PlayedSale): Promise<boolean> {
    const { sale, name, end } = played
    const { ledger } = this.#stage
    const { store } = this.#terminal
    const rrn = end?.kind === 'sold' ? end.rrn : null
    const owed = withConfirmation(this.#terminal, { ...sale, rrn })
    store.save({ ...store.state, ...owed })
    played.isConfirmed = true
    const confirmed = await confirm(this.#terminal, sale.stan, 2)
    if (confirmed === 'refused') {
      ledger.find('a sold sale is not known any more', name, 'confirmation: 25')
    } else {
      ledger.tally(
        confirmed === 'yes' ? 'confirmations accepted' : 'confirmations unanswered at first',
      )
    }
    return true
  }

  /** Into the terminal's totals, or out of them again. */
  #sold(sale: OpenSale, sign: 1 | -1): void {
    const { store } = this.#terminal
    const { state } = store
    const one: Totals = addSale(
      { salesCount: 0, salesRial: 0, reversalsCount: 0, reversalsRial: 0 },
      sale.amountRial,
    )
    const totals =
      sign === 1 ? addSale(state.totals, sale.amountRial) : subtractTotals(state.totals, one)
    store.save({ ...state, open: null, totals })
  }

  #orderOf({
    product: text,
    count,
    rial,
    card: name,
    how = '',
  }: SaleRecord): SaleOrder | undefined {
    const product = parseProductId(text)
    if (isReason(product)) return undefined
    const { pan, track2, expiry, cardPin } = this.#stage.cards(name)
    const isKeyed = how.includes(HOW.keyed)
    return {
      ...{ product, productName: null, count, amountRial: toRial(rial) },
      card: isKeyed ? { kind: 'keyed', pan, expiry } : { kind: 'track2', track2 },
      cardPin: this.#hasKeys && how.includes(HOW.withPin) ? cardPin : undefined,
    }
  }
}

function atPlace(terminal: Terminal, { how = '' }: SaleRecord): Terminal {
  if (!how.includes(HOW.atKiosk)) return terminal
  return { ...terminal, settings: { ...terminal.settings, condition: '43' } }
}
