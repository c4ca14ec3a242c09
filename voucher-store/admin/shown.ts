// How rows are shown to an administrator: moments in ISO 8601, days as yyyy-mm-dd, products as six
// digits. Nothing here reads or decides.

import type { Day } from '../../protocol/values/moment.ts'

export function isoMoment(ms: number): string {
  return new Date(ms).toISOString()
}

export function isoMomentOrNull(ms: number | null): string | null {
  return ms === null ? null : isoMoment(ms)
}

export function isoDay(day: Day): string {
  const text = String(day).padStart(8, '0')
  return `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`
}

/** `yyyy-mm-dd` as the number that rows hold; its shape was checked at the edge. */
export function dayNumber(text: string): Day {
  return Number(text.replaceAll('-', ''))
}

export function productText(product: number): string {
  return String(product).padStart(6, '0')
}
