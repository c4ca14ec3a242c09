// The sample files of samples/batches, ways to damage them, and a reader that gathers what
// `parseBatch` gives. Used by the tests of this folder; it holds no expectations of its own beyond
// those that every damaged file shares.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type {
  BatchCatalogue,
  BatchOptions,
  BatchPart,
  BatchProblem,
  ParsedVoucher,
} from '../../../voucher-store/batch-formats/batch-format.ts'
import { parseBatch } from '../../../voucher-store/batch-formats/parse-batch.ts'
import { parseCatalogue } from '../../../voucher-store/catalogue-file.ts'

const root = new URL('../../../', import.meta.url)

export const catalogue = starterCatalogue()

function starterCatalogue(): BatchCatalogue {
  const result = parseCatalogue(readFileSync(new URL('catalogue/starter.csv', root)))
  if (result.kind !== 'catalogue') throw new Error('the starter catalogue is not readable')
  const { products } = result
  return {
    product: (mobileOperator, priceRial) =>
      products.find((row) => row.mobileOperator === mobileOperator && row.priceRial === priceRial)
        ?.product,
    has: (id) => products.some((row) => row.product === id),
  }
}

export const SAMPLES = [
  'mci-old.txt',
  'mci-new.txt',
  'mci-10k.csv',
  'irancell.txt',
  'rightel.txt',
  'aggregator.csv',
  'generic.csv',
] as const

export type SampleName = (typeof SAMPLES)[number]

export function sample(name: SampleName): string {
  return readFileSync(new URL(`samples/batches/${name}`, root), 'utf8')
}

/** Options under which the sample is good. */
export function optionsFor(name: SampleName): BatchOptions {
  const limits = { maxLineBytes: 4096, maxProblems: 20 }
  const needsExpiry = name === 'rightel.txt' || name === 'aggregator.csv'
  const expires = needsExpiry ? 20271231 : undefined
  return { catalogue, today: 20260701, expires, ...limits }
}

export interface Reading {
  readonly header: Extract<BatchPart, { kind: 'header' }> | undefined
  readonly vouchers: ParsedVoucher[]
  readonly count: number
  readonly problems: BatchProblem[]
}

export async function read(
  content: string | Uint8Array,
  options: BatchOptions,
  chunkBytes = 1_000_000,
): Promise<Reading> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  const kinds: string[] = []
  let header: Reading['header']
  let end: Extract<BatchPart, { kind: 'end' }> | undefined
  const vouchers: ParsedVoucher[] = []
  for await (const part of parseBatch(inChunks(bytes, chunkBytes), options)) {
    kinds.push(part.kind)
    if (part.kind === 'header') header = part
    else if (part.kind === 'vouchers') vouchers.push(...part.vouchers)
    else end = part
  }
  expect(kinds.join(' ')).toMatch(/^(header( vouchers)* )?end$/)
  return { header, vouchers, count: end?.count ?? -1, problems: end?.problems ?? [] }
}

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** The messages of docs/batch-files.md as patterns. */
const documented = readFileSync(new URL('docs/batch-files.md', root), 'utf8')
  .split('## Messages')[1]
  ?.split('\n')
  .flatMap((line) => /^\| `(.+?)` \|/.exec(line)?.[1] ?? [])
  .map((message) => {
    const pattern = message
      .replace(/[.()[\]]/g, '\\$&')
      .replaceAll('\\.\\.\\.', '.+')
      .replace(/\b(N)\b/g, '[\\d.-]+')
      .replace(/\b(KEY|NAME)\b/g, '[\\w ]+')
    return new RegExp(`^${pattern}(, "[^"]*" found)?$`)
  })

export interface Damage {
  readonly name: string
  readonly damage: (text: string) => string
  readonly line: number
  readonly message: string
}

/** Each damaged file has exactly the one problem, and no message repeats a number of the file. */
export function refusesDamaged(name: SampleName, damages: readonly Damage[]): void {
  describe(`a damaged ${name}`, () => {
    it('comes in 20 kinds', () => {
      expect(new Set(damages.map((damage) => damage.name)).size).toBe(20)
    })

    for (const { name: kind, damage, line, message } of damages) {
      it(`is refused: ${kind}`, async () => {
        const text = damage(sample(name))
        expect(text).not.toBe(sample(name))
        const { problems } = await read(text, optionsFor(name))
        expect(problems.map((found) => ({ line: found.line, message: found.message }))).toEqual([
          { line, message },
        ])
        expect(documented?.filter((pattern) => pattern.test(message))).not.toEqual([])
        expect(JSON.stringify(problems)).not.toMatch(/\d{8}/)
      })
    }
  })
}

/** Changes one line, counted from 1. */
export function edit(line: number, change: (text: string) => string) {
  return (text: string) => {
    const lines = text.split('\n')
    lines[line - 1] = change(lines[line - 1] ?? '')
    return lines.join('\n')
  }
}

export function replace(from: string | RegExp, to: string) {
  return (text: string) => text.replace(from, to)
}

export function drop(line: number) {
  return (text: string) =>
    text
      .split('\n')
      .filter((_, index) => index !== line - 1)
      .join('\n')
}

/** Puts a line before the line of that number. */
export function insert(line: number, added: string) {
  return (text: string) =>
    text
      .split('\n')
      .toSpliced(line - 1, 0, added)
      .join('\n')
}

/** Changes one column, counted from 0, of one line. */
export function column(line: number, separator: string, index: number, value: Change) {
  return edit(line, (text) => {
    const columns = text.split(separator)
    const old = columns[index] ?? ''
    columns[index] = typeof value === 'string' ? value : value(old)
    return columns.join(separator)
  })
}

type Change = string | ((old: string) => string)

/** Gives one line the column of another, as a duplicate has it. */
export function copyColumn(from: number, to: number, separator: string, index: number) {
  return (text: string) => {
    const value = text.split('\n')[from - 1]?.split(separator)[index] ?? ''
    return column(to, separator, index, value)(text)
  }
}

export const CIPHERTEXT =
  'mQ8Xk2Jm5sYw0b1ZpR7u/4vKcT9dLhN3aGfE6+oWxVyBqSgUzMjIiHrPtDlCnAOe8F2k5J1s7Yb3Zp0RuQ=='
