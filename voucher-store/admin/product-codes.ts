// That a mobile operator keeps one code, the first four digits of its products. Serials and voucher
// PINs are known again within a code only: with two of them every file could be imported twice, and
// each PIN be sold twice. What a store holds already is left alone; only new pairs of code and name
// are looked at. The name of a code may be mended while there are no vouchers of it.

import type Database from 'better-sqlite3'
import type { BatchProblem } from '../batch-formats/batch-format.ts'
import { keyOf } from '../batch-formats/fields.ts'
import { type CatalogueProduct, mobileOperatorCode, ONE_CODE } from '../catalogue-file.ts'
import type { Statement } from '../store-record.ts'
import { productText } from './shown.ts'
import { readAll, readOne, sql, statement } from './statements.ts'

interface Known {
  readonly product: number
  readonly mobile_operator: string
  readonly valid_from: number
}

/** What is wrong with rows of a file beside what the store holds, with their lines. */
export function codeProblems(
  database: Database.Database,
  products: readonly CatalogueProduct[],
): BatchProblem[] {
  const known = knownRows(database)
  const replaced = new Set(products.map((row) => `${Number(row.product)} ${row.validFrom}`))
  const left = known.filter((row) => !replaced.has(`${row.product} ${row.valid_from}`))
  return newPairs(known, products).flatMap((row) => {
    const code = mobileOperatorCode(row)
    const hasVouchers = readOne(database, lotsOf(code).select('id').limit(1)) !== undefined
    const other = (hasVouchers ? known : left).find(
      (one) => codeOf(one) === code && one.mobile_operator !== row.mobileOperator,
    )
    if (other !== undefined) return [problem(row, `${code} is ${other.mobile_operator}`)]
    const same = left.find(
      (one) => codeOf(one) !== code && keyOf(one.mobile_operator) === keyOf(row.mobileOperator),
    )
    return same === undefined ? [] : [problem(row, `${same.mobile_operator} is ${codeOf(same)}`)]
  })
}

/**
 * The same in the commit itself, after the rows: another file may have been loaded, or a batch
 * begun, since they were looked at.
 */
export function codeGuards(
  database: Database.Database,
  products: readonly CatalogueProduct[],
): Statement[] {
  const known = knownRows(database)
  return newPairs(known, products).flatMap((row) => {
    const code = mobileOperatorCode(row)
    const { mobileOperator } = row
    const products = sql('product').update({ product: sql.ref('product') })
    const otherName = products.clone().whereBetween('product', rangeOf(code))
    const otherCode = products.clone().whereNotBetween('product', rangeOf(code))
    const guards = [
      statement(otherName.whereNot({ mobile_operator: mobileOperator }), 0),
      statement(otherCode.whereRaw('lower(mobile_operator) = lower(?)', [mobileOperator]), 0),
    ]
    const isRenamed = known.some((one) => codeOf(one) === code)
    const lots = lotsOf(code).update({ product: sql.ref('product') })
    return isRenamed ? [...guards, statement(lots, 0)] : guards
  })
}

/** The first row of each code and name that the store does not have together. */
function newPairs(
  known: readonly Known[],
  products: readonly CatalogueProduct[],
): CatalogueProduct[] {
  const seen = new Set(known.map((one) => `${codeOf(one)} ${one.mobile_operator}`))
  return products.filter((row) => {
    const pair = `${mobileOperatorCode(row)} ${row.mobileOperator}`
    const isNew = !seen.has(pair)
    seen.add(pair)
    return isNew
  })
}

function knownRows(database: Database.Database): Known[] {
  const query = sql('product').select('product', 'mobile_operator', 'valid_from').orderBy('id')
  return readAll<Known>(database, query)
}

function lotsOf(code: string) {
  return sql('lot').whereBetween('product', rangeOf(code))
}

function rangeOf(code: string): [number, number] {
  return [Number(`${code}00`), Number(`${code}99`)]
}

function codeOf({ product }: Known): string {
  return mobileOperatorCode({ product: productText(product) })
}

function problem({ line }: CatalogueProduct, known: string): BatchProblem {
  return { line, message: `operator: ${known} in the store`, hint: ONE_CODE }
}
