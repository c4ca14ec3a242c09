// Days and times of the wire: Tehran against the tables of the platform, dates without a year, and
// the days of the calendar that only some years have.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addDays,
  candidateDays,
  ordinalDay,
  tehranMidnight,
  tehranMoment,
  tehranTime,
  transmissionMoment,
  transmissionTime,
} from '../../../protocol/values/moment.ts'

const DAY_MS = 86_400_000
const moments = fc.integer({ min: Date.UTC(2023, 0, 1), max: Date.UTC(2099, 11, 31) })

/** yyyymmddhhmmss of a moment in a time zone, by the platform's own tables. */
function platformTime(wallMs: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
  }).formatToParts(wallMs)
  const part = (type: string) => parts.find((found) => found.type === type)?.value ?? ''
  return ['year', 'month', 'day', 'hour', 'minute', 'second'].map(part).join('')
}

describe('Tehran time', () => {
  it('is what the platform says it is, at any moment since 2023', () => {
    fc.assert(
      fc.property(moments, (wallMs) => {
        const { day, time, date } = tehranTime(wallMs)
        expect(`${day}${time}`).toBe(platformTime(wallMs, 'Asia/Tehran'))
        expect(date).toBe(String(day).slice(4))
      }),
      { numRuns: 500 },
    )
  })

  it('is the same whatever was asked before: at midnight, back again, and months apart', () => {
    const midnight = tehranMidnight(20261127)
    for (const days of [0, 1, 64, -64, 0, 128, 1, 0]) {
      const moment = midnight + days * DAY_MS
      for (const wallMs of [moment, moment - 1, moment, moment + DAY_MS - 1]) {
        const { day, time } = tehranTime(wallMs)
        expect(`${day}${time}`).toBe(platformTime(wallMs, 'Asia/Tehran'))
      }
    }
  })

  it('has no summer time: the nights in March and September are like any other', () => {
    for (const day of [20240320, 20240321, 20240920, 20240921, 20260321, 20260922]) {
      const midnight = tehranMidnight(day)
      expect(platformTime(midnight, 'Asia/Tehran')).toBe(`${day}000000`)
      expect(tehranTime(midnight - 1).day).toBe(addDays(day, -1))
    }
  })

  it('of a moment leads back to the moment, to the second', () => {
    fc.assert(
      fc.property(moments, (wallMs) => {
        const { day, time } = tehranTime(wallMs)
        expect(tehranMoment(day, time)).toBe(Math.floor(wallMs / 1_000) * 1_000)
      }),
    )
  })

  it.each([
    [20260229, '120000'],
    [21000229, '120000'],
    [20261301, '120000'],
    [20260001, '120000'],
    [20260431, '120000'],
    [20260100, '120000'],
    [20260101, '240000'],
    [20260101, '126000'],
    [20260101, '120060'],
    [20260101, '12'],
  ])('has no %i at %s', (day, time) => {
    expect(tehranMoment(day, time)).toBeUndefined()
  })

  it('has 29 February in leap years', () => {
    expect(tehranMoment(20240229, '000000')).toBe(Date.UTC(2024, 1, 28, 20, 30))
    expect(tehranMoment(20000229, '235959')).toBe(Date.UTC(2000, 1, 29, 20, 29, 59))
  })

  it('of a day that does not exist has no midnight', () => {
    expect(() => tehranMidnight(20260229)).toThrow(RangeError)
  })
})

describe('the transmission time', () => {
  it('is UTC, month to second', () => {
    expect(transmissionTime(Date.UTC(2026, 10, 22, 5, 44, 30, 999))).toBe('1122054430')
    expect(transmissionTime(Date.UTC(2027, 0, 1))).toBe('0101000000')
  })

  it('is what the platform says it is', () => {
    fc.assert(
      fc.property(moments, (wallMs) => {
        expect(transmissionTime(wallMs)).toBe(platformTime(wallMs, 'UTC').slice(4))
      }),
    )
  })

  it('is a moment again, in the year that is nearest', () => {
    const half = 180 * DAY_MS
    fc.assert(
      fc.property(moments, fc.integer({ min: -half, max: half }), (wallMs, apart) => {
        const second = Math.floor(wallMs / 1_000) * 1_000
        expect(transmissionMoment(transmissionTime(wallMs), wallMs + apart)).toBe(second)
      }),
    )
    const texts = ['1332000000', '0722240000', '', '07220800xx', '0229000000']
    const nearMs = Date.UTC(2026, 6, 22)
    expect(texts.filter((text) => transmissionMoment(text, nearMs) !== undefined)).toEqual([])
  })
})

describe('days', () => {
  it.each([
    [20261231, 1, 20270101],
    [20270101, -1, 20261231],
    [20240228, 1, 20240229],
    [20240301, -1, 20240229],
    [20260228, 1, 20260301],
    [20260722, 400, 20270826],
    [20260722, 0, 20260722],
  ])('%i and %i days is %i', (day, days, expected) => {
    expect(addDays(day, days)).toBe(expected)
  })

  it.each([
    [20260101, '6001'],
    [20261231, '6365'],
    [20240229, '4060'],
    [20240301, '4061'],
    [20260301, '6060'],
    [20241231, '4366'],
    [20300320, '0079'],
  ])('%i is %s in an RRN', (day, ordinal) => {
    expect(ordinalDay(day)).toBe(ordinal)
  })

  it('have one number each within a year, and follow one another', () => {
    for (const year of [2024, 2025, 2026]) {
      const days = year === 2024 ? 366 : 365
      for (let n = 0, day = year * 10_000 + 101; n < days; n++, day = addDays(day, 1)) {
        expect(ordinalDay(day)).toBe(`${year % 10}${String(n + 1).padStart(3, '0')}`)
      }
    }
  })
})

const OLDER = [20190722, 20180722, 20170722]

describe('a date without a year', () => {
  const range = { backDays: 400, aheadDays: 180 }
  const at = (day: number, time = '120000') => tehranMoment(day, time) ?? Number.NaN

  it.each([
    ['today', '0722', 20260722, [20260722, 20250722]],
    ['yesterday', '0721', 20260722, [20260721, 20250721]],
    ['tomorrow', '0723', 20260722, [20260723, 20250723]],
    ['of New Year’s Eve on New Year’s Day', '1231', 20270101, [20261231, 20251231]],
    ['of New Year’s Day on New Year’s Eve', '0101', 20261231, [20270101, 20260101]],
    ['half a year away both ways', '0101', 20260722, [20270101, 20260101]],
    ['of leap day in the year after', '0229', 20250301, [20240229]],
    ['of leap day on leap day', '0229', 20240229, [20240229]],
    ['of leap day where the last one is too far', '0229', 20260301, []],
    ['that no year has', '0230', 20260722, []],
    ['of a month that no year has', '1301', 20260722, []],
  ])('%s means the years in which it is remembered', (_what, date, today, expected) => {
    expect(candidateDays(date, at(today), range)).toEqual(expected)
  })

  it('is remembered for 400 days, whatever the time of day, and not for 402', () => {
    const day = 20260722
    for (const time of ['000000', '120000', '235959']) {
      const date = String(day).slice(4)
      expect(candidateDays(date, at(addDays(day, 400), time), range)).toContain(day)
      expect(candidateDays(date, at(addDays(day, 402), time), range)).not.toContain(day)
    }
  })

  it('is remembered for as many years as it shall be, and in no more', () => {
    const years = (backDays: number, today = 20260722) =>
      candidateDays('0722', at(today), { backDays, aheadDays: 180 })
    expect(years(1_200)).toEqual([20260722, 20250722, 20240722, 20230722])
    expect(years(3_650)).toEqual([...years(1_200), 20220722, 20210722, 20200722, ...OLDER])
    expect(years(400)).toEqual([20260722, 20250722])
    expect(years(400, 20261231)).toEqual([20260722])
  })

  it('lies at most the days ahead in the future', () => {
    const now = at(20260722)
    const last = addDays(20260722, 180)
    const beyond = addDays(20260722, 181)
    expect(candidateDays(String(last).slice(4), now, range)).toContain(last)
    expect(candidateDays(String(beyond).slice(4), now, range)).not.toContain(beyond)
  })

  it('gives every day within range that reads so, and the nearest first', () => {
    const days = fc.integer({ min: 0, max: 3_650 }).map((n) => addDays(20240101, n))
    fc.assert(
      fc.property(days, fc.integer({ min: 0, max: DAY_MS - 1 }), (day, ms) => {
        const now = tehranMidnight(day) + ms
        const off = [0, 1, 100, 364, 365, 366, 400]
        for (const back of off) {
          const then = addDays(day, -back)
          const found = candidateDays(String(then).slice(4), now, range)
          expect(found).toContain(then)
          const distances = found.map((each) => Math.abs(tehranMidnight(each) - now))
          expect(distances).toEqual([...distances].sort((a, b) => a - b))
        }
      }),
      { numRuns: 100 },
    )
  })
})
