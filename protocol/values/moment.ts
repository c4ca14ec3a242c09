// Dates and times of the wire: DE 7 (UTC), DE 12 and 13 (the terminal's local time, Asia/Tehran).
// Wall-clock time is data here, never a decision about how long something took.
//
// A sale asks some twenty times, so days are counted in numbers, without a `Date` and without ISO
// text that would be cut up, and kept. Years begin in March for that: then the leap day is the last
// of one.

const DAY_MS = 86_400_000
const DAY_SECONDS = 86_400
const TWO_DIGITS = Array.from({ length: 100 }, (_, value) => String(value).padStart(2, '0'))

/** Asia/Tehran keeps UTC+03:30 all year since the autumn of 2022; older dates are not needed. */
const TEHRAN_OFFSET_MS = 12_600_000

/** Days are four digits of the year and four more. */
const FIRST_DAY = 10_000_101
const LAST_DAY = 99_991_231

/** A calendar day as the number yyyymmdd. */
export type Day = number

/** DE 7, MMDDhhmmss in UTC. */
export function transmissionTime(wallMs: number): string {
  return dateText(dayOf(wallMs)) + timeText(wallMs)
}

/** The moment of a DE 7, in the year in which it is nearest to another. Undefined: none. */
export function transmissionMoment(text: string, nearMs: number): number | undefined {
  const range = { backDays: 200, aheadDays: 200 }
  const [day] = candidateDays(text.slice(0, 4), nearMs - TEHRAN_OFFSET_MS, range)
  const moment = day === undefined ? undefined : tehranMoment(day, text.slice(4))
  return moment === undefined ? undefined : moment + TEHRAN_OFFSET_MS
}

/** The Tehran wall clock of a moment: day, DE 12 (hhmmss) and DE 13 (MMDD). */
export function tehranTime(wallMs: number): TehranTime {
  return new TehranTime(wallMs + TEHRAN_OFFSET_MS)
}

/** The day is what most ask for; the texts are made for those who ask for them. */
class TehranTime {
  readonly day: Day
  readonly #ms: number

  constructor(ms: number) {
    this.#ms = ms
    this.day = dayOf(ms)
  }

  get time(): string {
    return timeText(this.#ms)
  }

  get date(): string {
    return dateText(this.day)
  }
}

/** The moment of a Tehran day and time (hhmmss); undefined when there is no such day or time. */
export function tehranMoment(day: Day, time: string): number | undefined {
  if (!Number.isInteger(day) || day < FIRST_DAY || day > LAST_DAY) return undefined
  const [hours, minutes, seconds] = [twoAt(time, 0), twoAt(time, 2), twoAt(time, 4)]
  // Also refuses what is no number.
  const isTime = hours < 24 && minutes < 60 && seconds < 60
  if (time.length !== 6 || !isTime) return undefined
  const midnight = midnightOf(day)
  if (midnight === undefined) return undefined
  return midnight + ((hours * 60 + minutes) * 60 + seconds) * 1_000
}

/** The first moment of a Tehran day within those years; undefined when there is no such day. */
function midnightOf(day: Day): number | undefined {
  const ms = daysTo(day) * DAY_MS
  // A day beyond its month counts like one of the next month, and reads otherwise.
  return dayOf(ms) === day ? ms - TEHRAN_OFFSET_MS : undefined
}

/** Days of four years, a century and four centuries; and from 1 March of year 0 to 1970. */
const FOUR_YEARS = 1_461
const CENTURY = 36_524
const FOUR_CENTURIES = 146_097
const DAYS_TO_1970 = 719_468

/** Days that were worked out, each in the place of its number, and those numbers. */
const PLACES = 64
const knownNumbers = Array.from({ length: PLACES }, (_, number) => number)
const knownDays = knownNumbers.map(dayOfNumber)

/** The UTC day of a moment. Nearly all who ask on a day ask for the same few. */
function dayOf(ms: number): Day {
  const number = Math.floor(ms / DAY_MS)
  const place = number & (PLACES - 1)
  if (knownNumbers[place] !== number) {
    knownNumbers[place] = number
    knownDays[place] = dayOfNumber(number)
  }
  return knownDays[place] ?? Number.NaN
}

/** Counted from 1 January 1970. */
function dayOfNumber(number: number): Day {
  const days = number + DAYS_TO_1970
  const era = Math.floor(days / FOUR_CENTURIES)
  const inEra = days - era * FOUR_CENTURIES
  const leapDays = quotient(inEra, FOUR_YEARS - 1) - quotient(inEra, CENTURY)
  const yearInEra = quotient(inEra - leapDays - quotient(inEra, FOUR_CENTURIES - 1), 365)
  const inYear = inEra - (365 * yearInEra + quotient(yearInEra, 4) - quotient(yearInEra, 100))
  // Five months from March or August have 153 days, in the same order.
  const monthFromMarch = quotient(5 * inYear + 2, 153)
  const date = inYear - quotient(153 * monthFromMarch + 2, 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const year = era * 400 + yearInEra + (month <= 2 ? 1 : 0)
  return year * 10_000 + month * 100 + date
}

/** The days from 1970 to that day, which may lie beyond its month. */
function daysTo(day: Day): number {
  const [month, date] = [quotient(day, 100) % 100, day % 100]
  const year = quotient(day, 10_000) - (month <= 2 ? 1 : 0)
  const monthFromMarch = month <= 2 ? month + 9 : month - 3
  const inYear = quotient(153 * monthFromMarch + 2, 5) + date - 1
  const years = 365 * year + quotient(year, 4) - quotient(year, 100) + quotient(year, 400)
  return years + inYear - DAYS_TO_1970
}

function quotient(value: number, by: number): number {
  return Math.floor(value / by)
}

/** MMDD. */
function dateText(day: Day): string {
  return twoDigits(quotient(day, 100) % 100) + twoDigits(day % 100)
}

/** hhmmss, UTC. */
function timeText(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  const inDay = seconds - quotient(seconds, DAY_SECONDS) * DAY_SECONDS
  const minutes = quotient(inDay, 60)
  return twoDigits(quotient(minutes, 60)) + twoDigits(minutes % 60) + twoDigits(inDay % 60)
}

function twoDigits(value: number): string {
  return TWO_DIGITS[value] ?? ''
}

/** The number of two digits at a place of a text; not a number when they are none. */
function twoAt(text: string, at: number): number {
  return digitAt(text, at) * 10 + digitAt(text, at + 1)
}

function digitAt(text: string, at: number): number {
  const digit = text.charCodeAt(at) - 0x30
  return digit >= 0 && digit <= 9 ? digit : Number.NaN
}

/** The first moment of a Tehran day. */
export function tehranMidnight(day: Day): number {
  const moment = tehranMoment(day, '000000')
  if (moment === undefined) throw new RangeError(`not a day: ${day}`)
  return moment
}

/** The day `days` later (or earlier, when negative). */
export function addDays(day: Day, days: number): Day {
  return tehranTime(tehranMidnight(day) + days * DAY_MS).day
}

/** `yDDD`: last digit of the year and day of the year, the front of an RRN. */
export function ordinalDay(day: Day): string {
  const first = tehranMidnight(Math.floor(day / 10_000) * 10_000 + 101)
  const ordinal = Math.round((tehranMidnight(day) - first) / DAY_MS) + 1
  return String(day).slice(3, 4) + String(ordinal).padStart(3, '0')
}

/**
 * The days that DE 13 (MMDD, without a year) may mean: every year in which it lies within the last
 * `backDays` days or the next `aheadDays`, the nearest to the moment first. [wire-protocol 3.1]
 */
export function candidateDays(
  monthDay: string,
  wallMs: number,
  range: { backDays: number; aheadDays: number },
): Day[] {
  const firstMs = wallMs - (range.backDays + 1) * DAY_MS
  const lastMs = wallMs + range.aheadDays * DAY_MS
  const inYear = twoAt(monthDay, 0) * 100 + twoAt(monthDay, 2)
  const lastYear = yearOf(lastMs)
  const days: Day[] = []
  const distances: number[] = []
  for (let year = yearOf(firstMs); year <= lastYear; year++) {
    const day = year * 10_000 + inYear
    const startMs = midnightOf(day)
    if (startMs === undefined || startMs < firstMs || startMs > lastMs) continue
    const distance = Math.abs(startMs - wallMs)
    // There are two of them, as a rule: to sort them takes longer than all the rest.
    let at = days.length
    while (at > 0 && distance < (distances[at - 1] ?? 0)) at--
    days.splice(at, 0, day)
    distances.splice(at, 0, distance)
  }
  return days
}

function yearOf(wallMs: number): number {
  return quotient(tehranTime(wallMs).day, 10_000)
}
