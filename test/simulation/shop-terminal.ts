// A terminal of the simulation: keeps the rules of the protocol page as a good one does (its
// reversal record, one repeat, reversal until ended, confirmation), and at times does everything
// else that a terminal in the field does. It judges nothing; the oracle reads what it was answered.

import type { Seeded } from './seeded.ts'
import { CARDS, numbersOf, PRODUCTS, type SimTerminalEntry } from './shop.ts'
import { tehran, utc } from './wire/calendar.ts'
import type { WireFields, WireMessage } from './wire/codec.ts'

/** A connection to the switch, or to nobody when it is down. */
export interface TerminalNetwork {
  /** Undefined: no answer came. `fresh`: not on a connection that was used before. */
  ask(
    terminal: SimTerminalEntry,
    message: WireMessage,
    options?: { fresh?: boolean },
  ): Promise<WireMessage | undefined>
  pause(ms: number): Promise<void>
  wallMs(): number
  readonly random: Seeded
  readonly calm: boolean
}

const REVERSAL_ENDS = new Set(['00', '21', '61', '94'])
const REPEAT_MS = 5_000
const FIGURE_COUNT = 1_000
const FIGURE_AMOUNT = 1_000_000_000
const UNKNOWN_PRODUCT = '099999'
const BAD_CARD = '6037990000000015=29121010000000000000'

export class ShopTerminal {
  readonly entry: SimTerminalEntry
  /** Every sale it ever asked for. */
  readonly sales: WireFields[] = []
  readonly #network: TerminalNetwork
  readonly #random: Seeded
  #stan: number
  #printed: string | undefined

  constructor(entry: SimTerminalEntry, network: TerminalNetwork) {
    this.entry = entry
    this.#network = network
    this.#random = network.random
    // STANs wrap in the middle of some seeds.
    this.#stan = this.#random.chance(0.2) ? this.#random.between(999_970, 999_999) : 0
  }

  async sellOnce(): Promise<void> {
    const random = this.#random
    const sale = this.#mixedSale()
    this.sales.push(sale)
    if (random.chance(0.02)) await this.#reverse(sale)
    if (random.chance(0.01)) await this.endDay(random.between(0, 3), 50_000)
    const early = this.#meddle(sale)
    const reply = (await this.#send('0200', sale)) ?? (await this.#send('0201', sale, true))
    const code = reply?.fields[39]
    if (code === undefined || code === '68' || code === '96') await this.#reverse(sale)
    else if (code === '00') await this.#afterwards(sale)
    // It may have been sold in a time that the switch forgot.
    else if (code === '94' && random.chance(0.5)) await this.#reverse(sale)
    else if (random.chance(0.1)) await this.#send('0201', sale, true)
    await early
  }

  /** A sale that nothing stands against; `keeps`: it is not confirmed. Resolves with its code. */
  async sellPlainly(product: string, count: number, keeps = false): Promise<string | undefined> {
    const sale = this.#saleOf({ product, count, track: CARDS[0] ?? '' })
    this.sales.push(sale)
    const reply = (await this.#send('0200', sale)) ?? (await this.#send('0201', sale, true))
    const code = reply?.fields[39]
    if (code === '00') await (keeps ? undefined : this.#confirm(sale))
    else if (code === undefined || code === '68' || code === '96') await this.#reverse(sale)
    return code
  }

  /** Reverses a sold sale; resolves with true when that was accepted. */
  async takeBack(sale: WireFields): Promise<boolean> {
    return (await this.#reverse(sale)) === '00'
  }

  async inquireAll(): Promise<void> {
    for (const sale of this.sales) await this.#inquire(sale)
  }

  /** End of day of so many net sales, which may be negative; resolves with its response code. */
  async endDay(count: number, amount: number): Promise<string | undefined> {
    // Sales minus reversals is what must agree; neither figure may be negative.
    const sales = `${pad(count + FIGURE_COUNT, 6)}${pad(amount + FIGURE_AMOUNT, 12)}`
    const figures = `${sales}${pad(FIGURE_COUNT, 6)}${pad(FIGURE_AMOUNT, 12)}`
    const fields = { ...this.#ownFields('920000'), 48: figures }
    const reply =
      (await this.#ask('0500', fields)) ?? (await this.#ask('0501', fields, { fresh: true }))
    return reply?.fields[39]
  }

  #mixedSale(): WireFields {
    const random = this.#random
    const roll = random.next()
    const product = pickProduct(roll, random)
    const count = random.chance(0.8) ? 1 : random.between(2, 4)
    const track = random.chance(0.02) ? BAD_CARD : random.pick(CARDS)
    const sale = this.#saleOf({ product, count, track })
    if (random.chance(0.02)) sale[4] = pad(Number(sale[4]) + 1_000, 12)
    if (random.chance(0.02)) sale[60] = '02012'
    if (random.chance(0.02)) sale[13] = random.pick(['0229', '0101', '0704'])
    return sale
  }

  #saleOf(order: { product: string; count: number; track: string }): WireFields {
    const { product, count, track } = order
    const price = PRODUCTS.find(({ id }) => id === product)?.priceRial ?? 10_000
    const printed = this.#printed === undefined ? '' : `0106${this.#printed}`
    this.#printed = undefined
    return {
      ...this.#ownFields('150000'),
      4: pad(price * count, 12),
      22: '021',
      25: this.entry.key % 3 === 0 ? '43' : '14',
      35: track,
      48: `${product} ${pad(count, 2)}`,
      49: '364',
      60: `${printed}02010${this.entry.key % 2 === 0 ? '' : '07011'}`,
    }
  }

  /** What hurried or confused terminals send while a sale is still being worked on. */
  async #meddle(sale: WireFields): Promise<void> {
    const random = this.#random
    if (random.chance(0.04)) {
      await this.#network.pause(random.between(1, 3_000))
      await this.#inquire(sale)
    }
    if (random.chance(0.05)) {
      await this.#network.pause(random.between(0, random.pick([50, 2_000, 27_000])))
      await this.#reverse(sale)
    }
  }

  async #afterwards(sale: WireFields): Promise<void> {
    const random = this.#random
    if (random.chance(0.03)) await this.#send('0201', this.#otherContent(sale), true)
    if (random.chance(0.05)) await this.#send('0201', sale, true)
    if (random.chance(0.03)) await this.#reverseWrongly(sale)
    const roll = random.next()
    if (roll < 0.08) return void (await this.#reverse(sale))
    if (roll < 0.7) await this.#confirm(sale)
    else if (roll < 0.8) this.#printed = sale[11]
    if (random.chance(0.05)) await this.#reprint(sale)
    if (random.chance(0.05)) await this.#reverse(sale)
    if (random.chance(0.04)) await this.#inquire(sale)
    if (random.chance(0.05)) await this.#send('0201', sale, true)
    if (random.chance(0.02))
      await this.#confirm({ ...sale, 11: pad(random.between(1, 999_999), 6) })
  }

  #otherContent(sale: WireFields): WireFields {
    const [product = '', count = ''] = (sale[48] ?? '').split(' ')
    switch (this.#random.between(0, 2)) {
      case 0:
        return { ...sale, 4: pad(Number(sale[4]) * 2, 12) }
      case 1:
        return { ...sale, 48: `${product === '091905' ? '093510' : '091905'} ${count}` }
      default:
        return { ...sale, 35: CARDS.find((card) => card !== sale[35]) ?? '' }
    }
  }

  async #confirm(sale: WireFields): Promise<void> {
    const fields = this.#adviceOf(sale)
    for (const mti of ['0220', '0221', '0221']) {
      const reply = await this.#ask(mti, fields, { fresh: mti === '0221' })
      if (reply !== undefined && reply.fields[39] !== '96') return
    }
  }

  /** Repeats the reversal until it is ended. */
  async #reverse(sale: WireFields): Promise<string> {
    const fields = this.#adviceOf(sale)
    for (let mti = this.#random.pick(['0400', '0420']); ; mti = `${mti.slice(0, 3)}1`) {
      const reply = await this.#ask(mti, fields, { fresh: mti.endsWith('1') })
      const code = reply?.fields[39] ?? ''
      if (REVERSAL_ENDS.has(code)) return code
      await this.#network.pause(REPEAT_MS)
    }
  }

  /** A reversal that names another amount, once. */
  #reverseWrongly(sale: WireFields): Promise<WireMessage | undefined> {
    return this.#ask('0400', { ...this.#adviceOf(sale), 4: pad(Number(sale[4]) + 1_000, 12) })
  }

  async #inquire(sale: WireFields): Promise<void> {
    const order = `${sale[11]}${sale[12]}${sale[13]}`
    const fields = { ...this.#ownFields('330000'), 48: order }
    for (let tries = 0; tries < 4; tries++) {
      const reply = await this.#ask('0100', fields, { fresh: tries > 0 })
      if (reply !== undefined && reply.fields[39] !== '09' && reply.fields[39] !== '96') return
      await this.#network.pause(REPEAT_MS)
    }
  }

  #reprint(sale: WireFields): Promise<WireMessage | undefined> {
    const track = this.#random.chance(0.3) ? this.#random.pick(CARDS) : (sale[35] ?? '')
    return this.#ask('0100', { ...this.#ownFields('390000'), 35: track })
  }

  #send(mti: string, sale: WireFields, fresh = false): Promise<WireMessage | undefined> {
    return this.#ask(mti, sale, { fresh })
  }

  #ask(
    mti: string,
    fields: WireFields,
    options: { fresh?: boolean } = {},
  ): Promise<WireMessage | undefined> {
    return this.#network.ask(this.entry, { mti, fields }, options)
  }

  #adviceOf(sale: WireFields): WireFields {
    const fields: WireFields = { 7: utc(this.#network.wallMs()) }
    for (const de of [3, 4, 11, 12, 13, 41, 42]) fields[de] = sale[de] ?? ''
    return fields
  }

  #ownFields(processingCode: string): WireFields {
    this.#stan = (this.#stan % 999_999) + 1
    const wallMs = this.#network.wallMs()
    const local = tehran(wallMs)
    return {
      ...{ 3: processingCode, 7: utc(wallMs), 11: pad(this.#stan, 6) },
      ...{ 12: local.time, 13: local.date, 24: '001' },
      ...numbersOf(this.entry),
    }
  }
}

function pickProduct(roll: number, random: Seeded): string {
  if (roll < 0.03) return random.pick(['093299', UNKNOWN_PRODUCT])
  if (roll < 0.13) return '092120'
  return roll < 0.4 ? '093510' : '091905'
}

function pad(value: number, size: number): string {
  return String(value).padStart(size, '0')
}
