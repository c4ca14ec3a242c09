// When a record is due, in milliseconds from the start of the run. As it was, faster or slower; or
// with so many sales a second, whatever the times in the file: then all that stands between two
// sales is due with the first. Always an open loop: nothing is later because an answer is.

import type { TrafficRecord } from '../protocol/traffic/traffic-record.ts'

export type Schedule = (record: TrafficRecord) => number

/** 60: an hour in a minute. */
export function atSpeed(speed: number): Schedule {
  let firstAt: number | undefined
  return ({ at }) => {
    firstAt ??= at
    return (at - firstAt) / speed
  }
}

export function atRate(salesPerSecond: number): Schedule {
  let sales = 0
  return (record) => {
    const dueMs = (Math.max(0, sales - (record.do === 'sale' ? 0 : 1)) * 1_000) / salesPerSecond
    if (record.do === 'sale') sales += 1
    return dueMs
  }
}
