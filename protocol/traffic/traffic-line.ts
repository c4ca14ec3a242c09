// Reads one line of a traffic file. Strict: a name that is not known, a value out of its bounds or
// a line of a later version is a reason, because load that quietly leaves something out would pass
// for load that was borne.

import { isReason, type Reason, reason } from '../values/reason.ts'
import {
  ABOUT_SALES,
  PLAIN,
  TRAFFIC_VERSION,
  type TrafficHeader,
  type TrafficRecord,
} from './traffic-record.ts'

export const TRAFFIC_LINE_MOST = 1_024

const TERMINALS_MOST = 10_000_000
const RIAL_MOST = 999_999_999_999

type Values = Readonly<Record<string, unknown>>

const FIELDS: ReadonlyMap<unknown, readonly string[]> = new Map<unknown, readonly string[]>([
  ['sale', ['n', 'product', 'count', 'rial', 'card', 'how']],
  ['reprint', ['card']],
  ...ABOUT_SALES.map((name) => [name, ['of']] as const),
  ...PLAIN.map((name) => [name, []] as const),
])

export function isHeaderLine(line: string): boolean {
  return line.startsWith('{"evs"')
}

export function parseHeader(line: string): TrafficHeader | Reason {
  const values = objectOf(line)
  if (values?.evs !== 'traffic') return reason('no traffic file: its first line is not the header')
  if (values.version !== TRAFFIC_VERSION) {
    return reason(`version ${String(values.version).slice(0, 20)}, ${TRAFFIC_VERSION} is read here`)
  }
  const { made, from, part, terminals } = values
  const isMade = made === 'recorded' || made === 'generated'
  const isFrom = typeof from === 'string' && !Number.isNaN(Date.parse(from))
  if (!isMade || !isFrom || !isWhole(part, 1, 1e6)) return reason('header: made, from, part')
  if (terminals !== undefined && !isWhole(terminals, 1, TERMINALS_MOST)) {
    return reason(`terminals: 1 to ${TERMINALS_MOST} expected`)
  }
  return values as unknown as TrafficHeader
}

export function parseRecord(line: string): TrafficRecord | Reason {
  const values = objectOf(line)
  if (values === undefined) return reason('no JSON object')
  const fields = FIELDS.get(values.do)
  if (fields === undefined) return reason('do: not known')
  for (const name in values) {
    if (name === 'at' || name === 't' || name === 'do' || fields.includes(name)) continue
    return reason(`a field that ${values.do} does not have`)
  }
  if (!isWhole(values.at, 0, Number.MAX_SAFE_INTEGER)) return reason('at: milliseconds expected')
  if (!isWhole(values.t, 1, TERMINALS_MOST)) return reason('t: number of a terminal expected')
  const fault = faultOf(values)
  return isReason(fault) ? fault : (values as unknown as TrafficRecord)
}

function faultOf(values: Values): Reason | undefined {
  const { of, card, how } = values
  if (of !== undefined && !isWhole(of, 1, Number.MAX_SAFE_INTEGER)) return reason('of: number')
  const needsCard = values.do === 'sale' || values.do === 'reprint'
  if (needsCard && !isText(card, /^[0-9a-z]{1,32}$/)) return reason('card: name of a card')
  if (values.do !== 'sale') return undefined
  const { n, product, count, rial } = values
  if (!isWhole(n, 1, Number.MAX_SAFE_INTEGER)) return reason('n: number of the sale expected')
  if (!isText(product, /^\d{6}$/)) return reason('product: 6 digits expected')
  if (!isWhole(count, 1, 10)) return reason('count: 1 to 10 expected')
  if (!isWhole(rial, 0, RIAL_MOST)) return reason('rial: an amount expected')
  return how === undefined || isText(how, /^[kpa]{1,3}$/) ? undefined : reason('how: not known')
}

function objectOf(line: string): Values | undefined {
  try {
    const value: unknown = JSON.parse(line)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Values) : undefined
  } catch {
    return undefined
  }
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
}

function isText(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value)
}
