// Makes up the traffic of a fleet, second by second: who sells is thrown, what follows from a sale
// is put on the agenda, and what has become due goes out in order of time. Only what is under way
// is in memory, besides a few numbers for each terminal. The same order gives the same bytes.

import { headerLine } from '../protocol/traffic/traffic-record.ts'
import { Agenda } from './agenda.ts'
import { DAY_END_HOURS, KIOSK_HOURS, KIOSK_SHARE, SHOP_HOURS } from './day-shape.ts'
import { Dice } from './dice.ts'
import { Fleet } from './generated-fleet.ts'
import { closeDay, tellSale } from './sale-story.ts'

export interface GenerateOrder {
  readonly terminals: number
  readonly hours: number
  /** Hour of the day at which it begins, 0 to 23. */
  readonly fromHour: number
  readonly seed: number
  /** Of a terminal in 24 hours, on average. */
  readonly salesPerTerminal: number
}

/** The times of a made-up day are those of this one; a player does not look at them. */
const FROM = '2026-01-01T00:00:00.000Z'
const SECOND_MS = 1_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const PIECE_CHARACTERS = 1 << 16
/** A kiosk sells twice as often as a shop. */
const KIOSK_SALES = 2
const TRIES = 4

/** The text of the file in pieces. */
export function* generate(order: GenerateOrder): Generator<string> {
  const { terminals, hours, fromHour, seed } = order
  const dice = new Dice(seed)
  const agenda = new Agenda()
  const fleet = new Fleet(terminals)
  const header = { evs: 'traffic', version: 1, made: 'generated', part: 1 } as const
  let piece = headerLine({ ...header, from: FROM, terminals })
  for (let at = 0; at < hours * HOUR_MS; at += SECOND_MS) {
    const clockMs = (fromHour * HOUR_MS + at) % DAY_MS
    beginSales({ order, dice, agenda, fleet }, at, clockMs)
    closeDays({ dice, agenda, fleet }, at, clockMs)
    for (let line = agenda.take(at + SECOND_MS); line !== undefined; ) {
      piece += line
      line = agenda.take(at + SECOND_MS)
    }
    if (piece.length < PIECE_CHARACTERS) continue
    yield piece
    piece = ''
  }
  // What has begun comes to its end.
  for (let line = agenda.take(Infinity); line !== undefined; line = agenda.take(Infinity)) {
    piece += line
  }
  yield piece
}

interface Making {
  readonly dice: Dice
  readonly agenda: Agenda
  readonly fleet: Fleet
}

function beginSales(
  { order, ...making }: Making & { readonly order: GenerateOrder },
  at: number,
  clockMs: number,
): void {
  const { dice, fleet } = making
  const aDay = order.terminals * order.salesPerTerminal
  const ofKiosks = KIOSK_SHARE * KIOSK_SALES
  const counts = [
    dice.often(aDay * (1 - ofKiosks) * shareAt(SHOP_HOURS, clockMs)),
    dice.often(aDay * ofKiosks * shareAt(KIOSK_HOURS, clockMs)),
  ]
  for (const [kind, count] of counts.entries()) {
    for (let n = 0; n < count; n++) {
      const begins = at + dice.below(SECOND_MS)
      // Who is busy sells nothing else meanwhile: then it is another one.
      for (let tries = 0; tries < TRIES; tries++) {
        const terminal = kind === 0 ? fleet.someShop(dice) : fleet.someKiosk(dice)
        if (!fleet.isFree(terminal, begins)) continue
        tellSale(making, terminal, begins)
        break
      }
    }
  }
}

/** What of a day's sales falls into this second; between hours it goes over evenly. */
function shareAt(hours: readonly number[], clockMs: number): number {
  const sum = hours.reduce((all, weight) => all + weight, 0)
  const place = clockMs / HOUR_MS - 0.5
  const before = hours[(Math.floor(place) + 24) % 24] ?? 0
  const after = hours[(Math.floor(place) + 25) % 24] ?? 0
  const part = place - Math.floor(place)
  return (before + (after - before) * part) / sum / 3_600
}

/** Terminals close their day one after another, over some hours. */
function closeDays(making: Making, at: number, clockMs: number): void {
  const [begin, end] = DAY_END_HOURS
  const done = (clockMs / HOUR_MS - begin) / (end - begin)
  if (done < 0 || done >= 1) return
  const step = SECOND_MS / HOUR_MS / (end - begin)
  const { fleet } = making
  const last = Math.floor((done + step) * fleet.size)
  for (let n = Math.floor(done * fleet.size); n < last; n++) {
    closeDay(making, fleet.mixed(n), at + making.dice.below(SECOND_MS))
  }
}
