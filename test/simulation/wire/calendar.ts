// Dates and times of the wire, computed from the calendar alone: DE 7 in UTC, DE 12 and 13 in
// Tehran, which keeps UTC+03:30.

const TEHRAN_MS = 3.5 * 3_600_000
const DAY_MS = 86_400_000

/** MMDDhhmmss. */
export function utc(wallMs: number): string {
  const { date, time } = split(wallMs)
  return date + time
}

/** hhmmss, MMDD, and the day as yyyymmdd. */
export function tehran(wallMs: number): { time: string; date: string; day: number } {
  return split(wallMs + TEHRAN_MS)
}

/** Of two times as DE 7 has them, in the years that bring them nearest to now. */
export function isBefore(one: string, other: string, nowMs: number): boolean {
  const [first = 0, second = 0] = [one, other].map((text) => nearest(text, nowMs, 0))
  return first < second
}

/** The moment of DE 13 and DE 12 in the year that brings it nearest to now. */
export function momentOf(date: string, time: string, nowMs: number): number | undefined {
  return nearest(date + time, nowMs, TEHRAN_MS)
}

/** MMDDhhmmss; undefined: it is on no calendar of these years. */
function nearest(text: string, nowMs: number, aheadMs: number): number | undefined {
  const [date, time] = [text.slice(0, 4), text.slice(4)]
  const year = new Date(nowMs + aheadMs).getUTCFullYear()
  const clock = Number(time.slice(0, 2)) * 3_600 + Number(time.slice(2, 4)) * 60
  const ofDay = (clock + Number(time.slice(4))) * 1_000 - aheadMs
  let found: number | undefined
  for (const each of [year - 1, year, year + 1]) {
    const month = Number(date.slice(0, 2)) - 1
    const midnight = Date.UTC(each, month, Number(date.slice(2)))
    if (new Date(midnight).getUTCMonth() !== month) continue
    const moment = midnight + ofDay
    const isNearer = Math.abs(moment - nowMs) < Math.abs((found ?? Infinity) - nowMs)
    if (isNearer) found = moment
  }
  return found
}

// The calendar date of a day's number is asked for again and again within one day.
let lastDay = Number.NaN
let lastDate = ''
let lastNumber = 0

function split(ms: number): { time: string; date: string; day: number } {
  const days = Math.floor(ms / DAY_MS)
  if (days !== lastDay) {
    const moment = new Date(days * DAY_MS)
    const month = moment.getUTCMonth() + 1
    const monthDay = moment.getUTCDate()
    lastDay = days
    lastDate = two(month) + two(monthDay)
    lastNumber = moment.getUTCFullYear() * 10_000 + month * 100 + monthDay
  }
  const seconds = Math.floor((ms - days * DAY_MS) / 1_000)
  const time =
    two(Math.floor(seconds / 3_600)) + two(Math.floor(seconds / 60) % 60) + two(seconds % 60)
  return { time, date: lastDate, day: lastNumber }
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}
