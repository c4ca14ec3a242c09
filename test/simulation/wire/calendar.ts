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
