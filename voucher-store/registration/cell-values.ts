// The cells that lists of merchants and of terminals share: read into values, or into the reason
// why they are none. An empty cell is a value that is not given.

import { isProblem, problem, type RowProblem } from './registration-kind.ts'

/** Repeats of a cell are short: it may be a whole line that was quoted by mistake. */
const SHOWN = 20
const NAME_MOST = 100
const RIAL_MOST = 999_999_999_999
const COUNT_MOST = 1_000_000

function found(cell: string): string {
  return cell === '' ? 'the cell is empty' : `found ${cell.slice(0, SHOWN)}`
}

export function idCell(column: 'mid' | 'tid', cell: string): string | RowProblem {
  const most = column === 'mid' ? 15 : 8
  if (/^[!-~](?:[ -~]*[!-~])?$/.test(cell) && cell.length <= most) return cell
  const hint = 'leading zeros count: keep the column as text in a spreadsheet'
  return problem(column, `1 to ${most} printable characters expected, ${found(cell)}`, hint)
}

export function institutionCell(cell: string): number | RowProblem {
  if (cell === '') return 0
  if (/^\d{1,4}$/.test(cell)) return Number(cell)
  return problem('institution', `0 to 9999 expected, ${found(cell)}`, '0 or empty is ourselves')
}

export function nameCell(column: string, cell: string): string | null | RowProblem {
  if (cell === '') return null
  if (cell.length <= NAME_MOST && !/[\p{Cc}\p{Cs}]/u.test(cell)) return cell
  return problem(column, `at most ${NAME_MOST} characters expected`, 'shorten it')
}

/** A limit of a day; none when the cell is empty. */
export function limitCell(
  column: 'limitCount' | 'limitRial',
  cell: string,
): number | null | RowProblem {
  if (cell === '') return null
  const most = column === 'limitCount' ? COUNT_MOST : RIAL_MOST
  if (/^\d{1,12}$/.test(cell) && Number(cell) <= most) return Number(cell)
  const hint = 'digits without separators; empty is no limit'
  return problem(column, `0 to ${most} expected, ${found(cell)}`, hint)
}

/** The first problem of a row's cells. */
export function firstProblem(...cells: readonly (unknown | RowProblem)[]): RowProblem | undefined {
  return cells.find(
    (cell): cell is RowProblem => typeof cell === 'object' && cell !== null && isProblem(cell),
  )
}
