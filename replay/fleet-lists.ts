// `evs replay fleet`: what a test switch needs to know before a fleet is played against it, as the
// lists that its imports read: merchants, terminals, and vouchers that nobody ever sold. Serials
// and PINs of these are counted up: they redeem nothing.

import { createWriteStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { DENOMINATIONS, OPERATORS } from './day-shape.ts'
import { writing } from './writing.ts'

export interface FleetListsOrder {
  readonly folder: string
  readonly terminals: number
  readonly scheme: string
  /** As many as are sold of each product in a usual day; 0 writes no list of them. */
  readonly vouchers: number
}

const TERMINALS_PER_MERCHANT = 10
const FIRST_TID = 10_000_000
const FIRST_SERIAL = 770_000_000_000
const FIRST_PIN = 7_100_000_000_000_000
const ROWS_PER_PIECE = 1_000

/** The files that it wrote. */
export function writeFleetLists(order: FleetListsOrder): Promise<string[]> {
  return writing(() => writeLists(order))
}

async function writeLists(order: FleetListsOrder): Promise<string[]> {
  const { folder, terminals, scheme, vouchers } = order
  mkdirSync(folder, { recursive: true })
  const merchants = Math.ceil(terminals / TERMINALS_PER_MERCHANT)
  const mid = (number: number): string => String(number).padStart(15, '0')
  const lists: [string, string, Iterable<string>][] = [
    ['merchants.csv', 'mid,name', rows(merchants, (n) => `${mid(n)},Test shop ${n}`)],
    [
      'terminals.csv',
      'tid,mid,scheme',
      rows(terminals, (n) => {
        return `${FIRST_TID + n},${mid(Math.ceil(n / TERMINALS_PER_MERCHANT))},${scheme}`
      }),
    ],
  ]
  if (vouchers > 0) {
    lists.push(['vouchers.csv', 'serial,pin,product,expiry', voucherRows(vouchers)])
  }
  const files: string[] = []
  for (const [name, title, all] of lists) {
    const file = join(folder, name)
    await pipeline(Readable.from(pieces(title, all)), createWriteStream(file, { mode: 0o600 }))
    files.push(file)
  }
  return files
}

function* rows(count: number, row: (number: number) => string): Generator<string> {
  for (let n = 1; n <= count; n++) yield row(n)
}

function* voucherRows(count: number): Generator<string> {
  let number = 0
  for (const { product, share } of productShares()) {
    for (let left = Math.ceil(count * share); left > 0; left--) {
      number += 1
      yield `${FIRST_SERIAL + number},${FIRST_PIN + number},${product},2099-12-31`
    }
  }
}

function productShares(): { product: string; share: number }[] {
  const all = OPERATORS.reduce((sum, [, weight]) => sum + weight, 0)
  const each = DENOMINATIONS.reduce((sum, [, , weight]) => sum + weight, 0)
  return OPERATORS.flatMap(([mobileOperator, weight]) =>
    DENOMINATIONS.map(([code, , other]) => ({
      product: mobileOperator + code,
      share: (weight / all) * (other / each),
    })),
  )
}

function* pieces(title: string, all: Iterable<string>): Generator<string> {
  let piece = `${title}\n`
  let count = 0
  for (const row of all) {
    piece += `${row}\n`
    count += 1
    if (count % ROWS_PER_PIECE !== 0) continue
    yield piece
    piece = ''
  }
  yield piece
}
