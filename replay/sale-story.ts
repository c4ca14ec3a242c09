// What one terminal does around a sale, from its first word to its last, as lines of traffic: the
// usual way, and each way that it can go otherwise. Which way it goes is thrown.

import { HOW, recordLine, type TrafficRecord } from '../protocol/traffic/traffic-record.ts'
import type { Agenda } from './agenda.ts'
import { CARDS_PER_TERMINAL, CHANCES, COUNTS, DENOMINATIONS, OPERATORS, PACE } from './day-shape.ts'
import type { Dice } from './dice.ts'
import type { Fleet } from './generated-fleet.ts'

interface Making {
  readonly dice: Dice
  readonly agenda: Agenda
  readonly fleet: Fleet
}

type Unplaced<Row> = Row extends TrafficRecord ? Omit<Row, 'at' | 't'> : never
type Doing = Unplaced<TrafficRecord>

/** The record of a terminal as it grows: what it says next it says later than the last. */
class Diary {
  at: number
  readonly #t: number
  readonly #agenda: Agenda
  readonly #dice: Dice

  constructor({ agenda, dice }: Making, terminal: number, at: number) {
    this.#t = terminal + 1
    this.at = at
    this.#agenda = agenda
    this.#dice = dice
  }

  wait([least, most]: readonly [number, number]): void {
    this.at += this.#dice.between(least, most)
  }

  say(doing: Doing): void {
    this.#agenda.put(this.at, recordLine({ at: this.at, t: this.#t, ...doing }))
  }
}

export function tellSale(making: Making, terminal: number, at: number): void {
  const { dice, fleet } = making
  const diary = new Diary(making, terminal, at)
  arrive(making, terminal, diary)
  const n = fleet.nextSale(terminal)
  const card = (terminal * CARDS_PER_TERMINAL + dice.below(CARDS_PER_TERMINAL)).toString(36)
  diary.say({ do: 'sale', n, ...basket(dice), card, ...how(making, terminal) })
  follow(dice, diary, n)
  if (dice.happens(CHANCES.reprint)) {
    diary.wait(PACE.reprinted)
    diary.say({ do: 'reprint', card })
  }
  leave(making, terminal, diary)
}

/** The terminal's totals; nothing to close where nothing was sold. */
export function closeDay(making: Making, terminal: number, at: number): void {
  const { fleet } = making
  if (!fleet.isBegun(terminal) || !fleet.hasSold(terminal)) return
  const diary = new Diary(making, terminal, Math.max(at, fleet.freeFrom(terminal)))
  arrive(making, terminal, diary)
  diary.say({ do: 'end-of-day' })
  fleet.begun(terminal, false)
  leave(making, terminal, diary)
}

function arrive({ dice, fleet }: Making, terminal: number, diary: Diary): void {
  const isBegun = fleet.isBegun(terminal)
  if (!isBegun || !fleet.isPermanent(terminal) || dice.happens(CHANCES.lost)) {
    diary.say({ do: 'open' })
    diary.wait(PACE.dialled)
  }
  if (!isBegun) {
    fleet.begun(terminal, true)
    diary.say({ do: 'logon' })
    diary.wait(PACE.dialled)
    diary.say({ do: 'initialise' })
    diary.wait(PACE.begun)
  } else if (dice.happens(CHANCES.echo)) {
    diary.say({ do: 'echo' })
    diary.wait(PACE.dialled)
  }
}

/** A permanent connection is left open, until its day is over. */
function leave({ fleet }: Making, terminal: number, diary: Diary): void {
  diary.wait(PACE.hungUp)
  if (!fleet.isPermanent(terminal) || !fleet.isBegun(terminal)) diary.say({ do: 'close' })
  fleet.keepBusy(terminal, diary.at + 1)
}

function follow(dice: Dice, diary: Diary, of: number): void {
  let chance = dice.share()
  const falls = (share: number): boolean => {
    chance -= share
    return chance < 0
  }
  if (falls(CHANCES.silent)) {
    if (!dice.happens(CHANCES.inquiry)) return
    diary.wait(PACE.asked)
    return diary.say({ do: 'inquiry', of })
  }
  if (falls(CHANCES.reversal)) {
    diary.wait(PACE.reversed)
    return diary.say({ do: 'reversal', of })
  }
  if (falls(CHANCES.repeat)) {
    diary.wait(PACE.repeated)
    diary.say({ do: 'open' })
    diary.say({ do: 'repeat', of })
  }
  diary.wait(PACE.confirmed)
  diary.say({ do: 'confirmation', of })
}

function basket(dice: Dice): { product: string; count: number; rial: number } {
  const [mobileOperator] = one(dice, OPERATORS)
  const [code, price] = one(dice, DENOMINATIONS)
  const [count] = one(dice, COUNTS)
  return { product: mobileOperator + code, count, rial: price * count }
}

function how({ dice, fleet }: Making, terminal: number): { how?: string } {
  const keyed = dice.happens(CHANCES.keyed) ? HOW.keyed : ''
  const withPin = dice.happens(CHANCES.withPin) ? HOW.withPin : ''
  const text = keyed + withPin + (fleet.isKiosk(terminal) ? HOW.atKiosk : '')
  return text === '' ? {} : { how: text }
}

/** The last number of a row is its weight. */
function one<Row extends readonly [...unknown[], number]>(dice: Dice, rows: readonly Row[]): Row {
  const weightOf = (row: Row): number => Number(row.at(-1))
  let left = dice.share() * rows.reduce((sum, row) => sum + weightOf(row), 0)
  for (const row of rows) {
    left -= weightOf(row)
    if (left < 0) return row
  }
  return rows[0] as Row
}
