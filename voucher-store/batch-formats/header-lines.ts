// Header lines of the form `Key: value`, in a fixed order: MCI old, MCI new and RighTel files.
// Letter case and spacing of a key do not count; order, presence and values do. All problems of a
// header are collected, so that one run shows them all.

import type { ProductId } from '../../protocol/values/identifiers.ts'
import type { Day } from '../../protocol/values/moment.ts'
import type { BatchHeader, BatchProblem, HeaderResult, Refusal } from './batch-format.ts'
import {
  checkSerial,
  found,
  isDigits,
  isRefusal,
  keyOf,
  readAmount,
  readDate,
  refuse,
  shown,
  trimSpaces,
} from './fields.ts'

/** Reads and checks the values of one header; problems gather in `problems`. */
interface HeaderChecks {
  readonly problems: BatchProblem[]
  line(key: string): number
  count(key: string): number
  /** The product that an amount stands for. */
  product(key: string, lookUp: (amount: number) => ProductId | Refusal): ProductId | undefined
  date(key: string): Day
  /** Digits that are only kept, such as a batch number. */
  digits(key: string): string
  serial(key: string, min: number): string
  literal(key: string, expected: string): void
  /** Takes the value unless it is a refusal, which becomes a problem of the key's line. */
  take<Value>(key: string, value: Value | Refusal): Value | undefined
  refuse(key: string, message: string, hint?: string): void
  result(header: () => BatchHeader): HeaderResult
}

/** Undefined lines, a wrong key or a missing colon are refused before any value is looked at. */
export function readHeaderLines(
  lines: readonly string[],
  keys: readonly string[],
): HeaderChecks | { kind: 'problems'; problems: BatchProblem[] } {
  const values = new Map<string, { text: string; line: number }>()
  for (const [index, key] of keys.entries()) {
    const line = lines[index]
    const number = index + 1
    if (line === undefined) {
      const message = `the header is cut off: "${key}:" expected`
      return { kind: 'problems', problems: [{ line: number, message }] }
    }
    const colon = line.indexOf(':')
    const name = colon < 0 ? line : line.slice(0, colon)
    if (colon < 0 || keyOf(name) !== keyOf(key)) {
      const message = `"${key}:" expected${found(trimSpaces(name))}`
      return { kind: 'problems', problems: [{ line: number, message }] }
    }
    values.set(key, { text: trimSpaces(line.slice(colon + 1)), line: number })
  }
  return headerChecks(values)
}

function headerChecks(values: Map<string, { text: string; line: number }>): HeaderChecks {
  const problems: BatchProblem[] = []
  const text = (key: string) => values.get(key)?.text ?? ''
  const line = (key: string) => values.get(key)?.line ?? 0

  function take<Value>(key: string, value: Value | Refusal): Value | undefined {
    if (!isRefusal(value)) return value
    const { message, hint } = value
    problems.push({ line: line(key), message, ...(hint === undefined ? {} : { hint }) })
    return undefined
  }

  return {
    problems,
    line,
    take,
    refuse: (key, message, hint) => void take(key, refuse(message, hint)),
    count: (key) => take(key, readCount(key, text(key))) ?? 0,
    product: (key, lookUp) => {
      const amount = take(key, readAmount(key, text(key)))
      return amount === undefined ? undefined : take(key, lookUp(amount))
    },
    date: (key) => take(key, readDate(key, text(key))) ?? 0,
    digits: (key) => {
      const plain = isDigits(text(key), 1, 20)
      if (!plain) take(key, refuse(`${key}: digits expected${found(text(key))}`))
      return text(key)
    },
    serial: (key, min) => {
      const refusal = checkSerial(text(key), min)
      if (refusal !== undefined) take(key, refuse(`${key}: ${refusal.message}`, refusal.hint))
      return text(key)
    },
    literal: (key, expected) => {
      const value = text(key)
      if (value !== expected) take(key, refuse(`${key}: ${expected} expected${found(value)}`))
    },
    result: (header) =>
      problems.length > 0 ? { kind: 'problems', problems } : { kind: 'header', header: header() },
  }
}

function readCount(key: string, text: string): number | Refusal {
  if (isDigits(text, 1, 9) && Number(text) > 0) return Number(text)
  return refuse(`${key}: a whole number of 1 or more expected${found(text)}`)
}

/** Whether one of the first lines of a file has one of the keys that only this format has. */
export function hasKey(lines: readonly string[], keys: readonly string[]): boolean {
  const wanted = new Set(keys.map(keyOf))
  return lines.some((line) => {
    const colon = line.indexOf(':')
    return colon > 0 && colon < 40 && wanted.has(keyOf(line.slice(0, colon)))
  })
}

/** The line that stands alone between header and rows, such as `[BEGIN]`. */
export function checkMark(lines: readonly string[], index: number, mark: string): BatchProblem[] {
  const line = lines[index]
  if (line !== undefined && keyOf(line) === keyOf(mark)) return []
  const seen = line === undefined ? undefined : shown(trimSpaces(line))
  return [{ line: index + 1, message: `"${mark}" expected${seen ? `, "${seen}" found` : ''}` }]
}
