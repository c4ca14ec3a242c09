// The money rules at full speed: what the switch sold, what the card host debited and what the
// terminals were shown must be the same sales, and no voucher may be in two of them. Asks the
// database itself and not the switch, so that no report of the switch is believed.

import { readFileSync } from 'node:fs'
import { saleCode } from '../voucher-store/codes.ts'
import { openForReading } from '../voucher-store/open-database.ts'

export interface SoldSale {
  readonly rrn: string
  readonly amount: number
  /** Of its vouchers. */
  readonly serials: readonly string[]
}

export interface Audit {
  readonly sold: number
  readonly doubleSold: number
  /** Sales that card host, switch and terminals do not have alike. */
  readonly difference: number
}

/** `books`: `D rrn amount` debited, `X rrn` reversed, `R rrn serial` shown to a terminal. */
export function audited(sold: Iterable<SoldSale>, books: readonly string[]): Audit {
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
    const [kind, rrn = '', what = ''] = line.split(' ')
    if (kind === 'D') {
      if (debits.has(rrn)) different.add(rrn)
      debits.set(rrn, Number(what))
    } else if (kind === 'X') debits.delete(rrn)
    else if (kind === 'R') {
      owns(rrn, what)
      shown.set(rrn, what)
    }
  }
  let count = 0
  for (const { rrn, amount, serials } of sold) {
    count++
    for (const serial of serials) owns(rrn, serial)
    const isAlike = debits.get(rrn) === amount && serials.join(',') === shown.get(rrn)
    if (!isAlike) different.add(rrn)
    debits.delete(rrn)
    shown.delete(rrn)
  }
  for (const rrn of [...debits.keys(), ...shown.keys()]) different.add(rrn)
  return { sold: count, doubleSold, difference: different.size }
}

/** Of one store; sales before `sinceMs` were made for the benchmark, and are not in its books. */
export function auditStore(file: string, booksFile: string, sinceMs: number): Audit {
  const database = openForReading(file)
  try {
    const rows = database
      .prepare(
        `select rrn, amount, (select group_concat(voucher.serial) from json_each(sale.vouchers)
           join voucher on voucher.id = json_each.value) as serials
         from sale where state = ? and created_ms >= ?`,
      )
      .iterate(saleCode('sold'), sinceMs) as IterableIterator<Row>
    return audited(soldSales(rows), readFileSync(booksFile, 'utf8').split('\n'))
  } finally {
    database.close()
  }
}

interface Row {
  readonly rrn: string
  readonly amount: number
  readonly serials: string | null
}

function* soldSales(rows: Iterable<Row>): Iterable<SoldSale> {
  for (const { rrn, amount, serials } of rows) {
    yield { rrn, amount, serials: (serials ?? '').split(',') }
  }
}
