// A list of merchants: which columns, and what a row of it becomes. A commission in it is of all
// products, from today on; what differs by product is set one by one.

import type Database from 'better-sqlite3'
import { productsText } from '../admin/merchants.ts'
import { basisPointsOf } from '../admin/rate.ts'
import type { Statement } from '../store-record.ts'
import { firstProblem, idCell, institutionCell, limitCell, nameCell } from './cell-values.ts'
import { InsertText } from './insert-text.ts'
import {
  problem,
  type RegistrationKind,
  type RowProblem,
  type Standing,
} from './registration-kind.ts'

interface ListedMerchant {
  readonly institution: number
  readonly mid: string
  readonly name: string
  readonly city: string
  readonly contact: string | null
  readonly limitCount: number | null
  readonly limitRial: number | null
  readonly products: string | null
  /** In basis points, of all products from today on. */
  readonly commission: number | null
}

const COLUMNS = ['institution', 'mid', 'name', 'city', 'enabled', 'contact', 'limit_count']
const OPTIONAL = ['institution', 'city', 'contact', 'limitCount', 'limitRial', 'products']

export function merchantList(): RegistrationKind<ListedMerchant> {
  const insert = new InsertText('merchant', [...COLUMNS, 'limit_rial', 'products'])
  return {
    what: 'merchant',
    columns: { required: ['mid', 'name'], optional: [...OPTIONAL, 'commission'] },
    read,
    keyOf: ({ institution, mid }) => `${institution}/${mid}`,
    finder,
    statements: (rows, todayDay): Statement[] => [
      insert.of(
        rows.map((row) => [
          ...[row.institution, row.mid, row.name, row.city, 1, row.contact, row.limitCount],
          ...[row.limitRial, row.products],
        ]),
      ),
      ...rows.flatMap((row) => (row.commission === null ? [] : commissionOf(row, todayDay))),
    ],
  }
}

function commissionOf(row: ListedMerchant, todayDay: number): Statement {
  const sql = `insert into commission (merchant, product, valid_from, basis_points)
    select id, 0, ?, ? from merchant where institution = ? and mid = ?`
  return { sql, bindings: [todayDay, row.commission, row.institution, row.mid], expect: 1 }
}

function read(cells: Readonly<Record<string, string>>): ListedMerchant | RowProblem {
  const { name = '', city = '' } = cells
  const row = {
    institution: institutionCell(cells.institution ?? ''),
    mid: idCell('mid', cells.mid ?? ''),
    name: nameCell('name', name) ?? problem('name', 'the cell is empty', 'as on receipts'),
    city: nameCell('city', city) ?? 'Tehran',
    contact: nameCell('contact', cells.contact ?? ''),
    limitCount: limitCell('limitCount', cells.limitCount ?? ''),
    limitRial: limitCell('limitRial', cells.limitRial ?? ''),
    products: productsCell(cells.products ?? ''),
    commission: rateCell(cells.commission ?? ''),
  }
  return firstProblem(...Object.values(row)) ?? (row as ListedMerchant)
}

function productsCell(cell: string): string | null | RowProblem {
  if (cell === '') return null
  const products = cell.split(/\s+/)
  if (products.every((product) => /^\d{6}$/.test(product))) return productsText(products)
  const hint = 'six digits each, a space between two; empty is all'
  return problem('products', 'products of six digits expected', hint)
}

function rateCell(cell: string): number | null | RowProblem {
  if (cell === '') return null
  const hint = '0.015 is one and a half percent; empty is none'
  return basisPointsOf(cell) ?? problem('commission', 'a decimal from 0 to 1 expected', hint)
}

interface FoundRow {
  readonly name: string
  readonly city: string
  readonly contact: string | null
  readonly limit_count: number | null
  readonly limit_rial: number | null
  readonly products: string | null
}

/** A commission that is there has dates, and is not compared. */
function finder(database: Database.Database) {
  const find = database.prepare('select * from merchant where institution = ? and mid = ?')
  return (row: ListedMerchant): { standing: Standing; row: ListedMerchant } => {
    const found = find.get(row.institution, row.mid) as FoundRow | undefined
    if (found === undefined) return { standing: 'new', row }
    const other = differing(found, row)
    return { standing: other === undefined ? 'same' : taken(row, other), row }
  }
}

function differing(found: FoundRow, row: ListedMerchant): string | undefined {
  if (found.name !== row.name) return 'name'
  if (found.city !== row.city) return 'city'
  if (found.contact !== row.contact) return 'contact'
  if (found.limit_count !== row.limitCount) return 'limitCount'
  if (found.limit_rial !== row.limitRial) return 'limitRial'
  return found.products === row.products ? undefined : 'products'
}

function taken({ mid }: ListedMerchant, column: string): RowProblem {
  const message = `merchant ${mid} is registered with another ${column}`
  return problem(column, message, 'change it with `evs merchant set`, or correct the row')
}
