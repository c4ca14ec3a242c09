// The money rules at full speed: what the switch sold, what the card host debited and what the
// terminals were shown must be the same sales, and no voucher may be in two of them. Asks the
// database itself and not the switch, so that no report of the switch is believed.

import { readFileSync } from 'node:fs'
import { numberOfVoucher } from '../test/trial-shop.ts'
import { saleCode } from '../voucher-store/codes.ts'
import { openForReading } from '../voucher-store/open-database.ts'
import { digitsOf } from './shop.ts'

export interface SoldSale {
  readonly rrn: string
  readonly amount: number
  readonly tid: string
  /** Of its vouchers. */
  readonly serials: readonly string[]
}

export interface Audit {
  readonly sold: number
  readonly doubleSold: number
  /** Sales that card host, switch and terminals do not have alike. */
  readonly difference: number
}

/**
 * `books`: `D rrn amount` debited, `X rrn` reversed, `R rrn tid serial digits` shown to a terminal.
 * The digits must be those that the serial was imported with.
 */
export function audited(
  sold: Iterable<SoldSale>,
  books: readonly string[],
  digitsOfSerial: (serial: string) => string = digitsMade,
): Audit {
  const debits = new Map<string, number>()
  const shown = new Map<string, string>()
  const owners = new Map<string, string>()
  const different = new Set<string>()
  let doubleSold = 0
  const owns = (rrn: string, serial: string): void => {
    const owner = owners.get(serial)
    if (owner !== undefined && owner !== rrn) doubleSold++
    owners.set(serial, rrn)
  }
  for (const line of books) {
    const [kind, rrn = '', what = '', serial = '', digits = ''] = line.split(' ')
    if (kind === 'D') {
      if (debits.has(rrn)) different.add(rrn)
      debits.set(rrn, Number(what))
    } else if (kind === 'X') debits.delete(rrn)
    else if (kind === 'R') {
      owns(rrn, serial)
      if (digits !== digitsOfSerial(serial)) different.add(rrn)
      const receipt = `${what} ${serial}`
      if ((shown.get(rrn) ?? receipt) !== receipt) different.add(rrn)
      shown.set(rrn, receipt)
    }
  }
  let count = 0
  for (const { rrn, amount, tid, serials } of sold) {
    count++
    for (const serial of serials) owns(rrn, serial)
    const isShown = shown.get(rrn) === `${tid} ${serials.join(',')}`
    if (debits.get(rrn) !== amount || !isShown) different.add(rrn)
    debits.delete(rrn)
    shown.delete(rrn)
  }
  for (const rrn of [...debits.keys(), ...shown.keys()]) different.add(rrn)
  return { sold: count, doubleSold, difference: different.size }
}

function digitsMade(serial: string): string {
  return String(digitsOf(numberOfVoucher(serial)))
}

/** Of one store; sales before `sinceMs` were made for the benchmark, and are not in its books. */
export function auditStore(file: string, booksFile: string, sinceMs: number): Audit {
  const database = openForReading(file)
  try {
    const rows = database
      .prepare(
        `select rrn, amount, tid, (select group_concat(voucher.serial)
           from json_each(sale.vouchers) join voucher on voucher.id = json_each.value) as serials
         from sale join terminal on terminal.id = sale.terminal
         where sale.state = ? and created_ms >= ?`,
      )
      .iterate(saleCode('sold'), sinceMs) as IterableIterator<Row>
    const found = audited(soldSales(rows), readFileSync(booksFile, 'utf8').split('\n'))
    return { ...found, doubleSold: found.doubleSold + soldTwice(database) }
  } finally {
    database.close()
  }
}

interface Row {
  readonly rrn: string
  readonly amount: number
  readonly tid: string
  readonly serials: string | null
}

function* soldSales(rows: Iterable<Row>): Iterable<SoldSale> {
  for (const { serials, ...sale } of rows) yield { ...sale, serials: (serials ?? '').split(',') }
}

/** Vouchers in more than one sold sale, those of the past included. */
function soldTwice(database: ReturnType<typeof openForReading>): number {
  const last = database.prepare('select coalesce(max(id), 0) from voucher').pluck().get() as number
  const isSold = new Uint8Array(last + 1)
  let twice = 0
  const all = database.prepare('select vouchers from sale where state = ?').pluck()
  for (const vouchers of all.iterate(saleCode('sold')) as IterableIterator<string>) {
    for (const id of JSON.parse(vouchers) as number[]) {
      twice += isSold[id] ?? 1
      isSold[id] = 1
    }
  }
  return twice
}
