// Dates and times of the wire: DE 7 (UTC), DE 12 and 13 (the terminal's local time, Asia/Tehran).
// Wall-clock time is data here, never a decision about how long something took. A sale asks some
// twenty times, so the numbers of a date are taken as they are, and no ISO text is cut up for them.

const DAY_MS = 86_400_000

/** Asia/Tehran keeps UTC+03:30 all year since the autumn of 2022; older dates are not needed. */
const TEHRAN_OFFSET_MS = 12_600_000

/** Days are four digits of the year and four more. */
const FIRST_DAY = 10_000_101
const LAST_DAY = 99_991_231

/** A calendar day as the number yyyymmdd. */
export type Day = number

/** DE 7, MMDDhhmmss in UTC. */
export function transmissionTime(wallMs: number): string {
  const at = new Date(wallMs)
  return dateOf(at) + timeOf(at)
}

/** The Tehran wall clock of a moment: day, DE 12 (hhmmss) and DE 13 (MMDD). */
export function tehranTime(wallMs: number): { day: Day; time: string; date: string } {
  const at = new Date(wallMs + TEHRAN_OFFSET_MS)
  return { day: dayOf(at), time: timeOf(at), date: dateOf(at) }
}

/** The moment of a Tehran day and time (hhmmss); undefined when there is no such day or time. */
export function tehranMoment(day: Day, time: string): number | undefined {
  if (!/^\d{6}$/.test(time) || !(day >= FIRST_DAY && day <= LAST_DAY)) return undefined
  const [hours, minutes, seconds] = [0, 2, 4].map((at) => Number(time.slice(at, at + 2)))
  const [year, month, date] = [Math.floor(day / 10_000), Math.floor(day / 100) % 100, day % 100]
  const ms = Date.UTC(year, month - 1, date, hours, minutes, seconds)
  const at = new Date(ms)
  // What is beyond its month, day or hour was carried over, and reads otherwise.
  return dayOf(at) === day && timeOf(at) === time ? ms - TEHRAN_OFFSET_MS : undefined
}

function dayOf(at: Date): Day {
  return at.getUTCFullYear() * 10_000 + (at.getUTCMonth() + 1) * 100 + at.getUTCDate()
}

function dateOf(at: Date): string {
  return twoDigits(at.getUTCMonth() + 1) + twoDigits(at.getUTCDate())
}

function timeOf(at: Date): string {
  return twoDigits(at.getUTCHours()) + twoDigits(at.getUTCMinutes()) + twoDigits(at.getUTCSeconds())
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value)
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
  const thisYear = Math.floor(tehranTime(wallMs).day / 10_000)
  const found: { day: Day; distance: number }[] = []
  for (const year of [thisYear - 2, thisYear - 1, thisYear, thisYear + 1]) {
    const day = Number(`${year}${monthDay}`)
    const start = tehranMoment(day, '000000')
    if (start === undefined) continue
    if (start < wallMs - (range.backDays + 1) * DAY_MS) continue
    if (start > wallMs + range.aheadDays * DAY_MS) continue
    found.push({ day, distance: Math.abs(start - wallMs) })
  }
  found.sort((a, b) => a.distance - b.distance)
  return found.map((candidate) => candidate.day)
}
