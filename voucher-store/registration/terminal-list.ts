// A list of terminals: which columns, and what a row of it becomes. The merchant must be there: a
// list of merchants is registered first.

import type Database from 'better-sqlite3'
import { TERMINAL_COLUMNS } from '../../protocol/values/list-title.ts'
import { settingsText, type TerminalRow } from '../admin/terminals.ts'
import type { Statement } from '../store-record.ts'
import { firstProblem, idCell, institutionCell, limitCell, nameCell } from './cell-values.ts'
import { InsertText } from './insert-text.ts'
import {
  problem,
  type RegistrationKind,
  type RowProblem,
  type Standing,
} from './registration-kind.ts'
import { readSettings } from './terminal-settings.ts'

interface ListedTerminal {
  readonly institution: number
  readonly mid: string
  readonly tid: string
  readonly scheme: TerminalRow['scheme']
  readonly name: string | null
  readonly limitCount: number | null
  readonly limitRial: number | null
  readonly settings: string | null
  /** The merchant's row, once it was found. */
  readonly merchant: number
}

const COLUMNS = ['merchant', 'tid', 'scheme', 'enabled', 'name', 'limit_count', 'limit_rial']
const SCHEMES: readonly string[] = ['none', 'tdes', 'aes'] satisfies TerminalRow['scheme'][]

export function terminalList(): RegistrationKind<ListedTerminal> {
  const insert = new InsertText('terminal', [...COLUMNS, 'settings'])
  return {
    what: 'terminal',
    columns: TERMINAL_COLUMNS,
    read,
    keyOf: ({ institution, mid, tid }) => `${institution}/${mid}/${tid}`,
    finder,
    statements: (rows): Statement[] => [
      insert.of(
        rows.map((row) => [
          ...[row.merchant, row.tid, row.scheme, 1, row.name, row.limitCount, row.limitRial],
          row.settings,
        ]),
      ),
    ],
  }
}

function read(cells: Readonly<Record<string, string>>): ListedTerminal | RowProblem {
  const { scheme = '' } = cells
  const row = {
    institution: institutionCell(cells.institution ?? ''),
    mid: idCell('mid', cells.mid ?? ''),
    tid: idCell('tid', cells.tid ?? ''),
    scheme: SCHEMES.includes(scheme) ? scheme : badScheme(scheme),
    name: nameCell('name', cells.name ?? ''),
    limitCount: limitCell('limitCount', cells.limitCount ?? ''),
    limitRial: limitCell('limitRial', cells.limitRial ?? ''),
    settings: settingsCell(cells.settings ?? ''),
    merchant: 0,
  }
  return firstProblem(...Object.values(row)) ?? (row as ListedTerminal)
}

function badScheme(cell: string): RowProblem {
  const message = `none, tdes or aes expected, found ${cell.slice(0, 20) || 'nothing'}`
  return problem('scheme', message, 'which keys the terminal has')
}

function settingsCell(cell: string): string | null | RowProblem {
  const settings = readSettings(cell === '' ? [] : cell.split(';'))
  if (typeof settings !== 'string') return settingsText(settings)
  return problem('settings', settings, 'write name=value;name=value')
}

interface FoundRow {
  readonly merchant: number
  readonly tid: string | null
  readonly scheme: string
  readonly name: string | null
  readonly limit_count: number | null
  readonly limit_rial: number | null
  readonly settings: string | null
}

function finder(database: Database.Database) {
  const find = database.prepare(
    `select m.id as merchant, t.tid, t.scheme, t.name, t.limit_count, t.limit_rial, t.settings
     from merchant m left join terminal t on t.merchant = m.id and t.tid = ?
     where m.institution = ? and m.mid = ?`,
  )
  return (row: ListedTerminal): { standing: Standing; row: ListedTerminal } => {
    const found = find.get(row.tid, row.institution, row.mid) as FoundRow | undefined
    if (found === undefined) return { standing: noMerchant(row), row }
    const known = { ...row, merchant: found.merchant }
    if (found.tid === null) return { standing: 'new', row: known }
    const other = differing(found, row)
    return { standing: other === undefined ? 'same' : taken(row, other), row: known }
  }
}

function differing(found: FoundRow, row: ListedTerminal): string | undefined {
  if (found.scheme !== row.scheme) return 'scheme'
  if (found.name !== row.name) return 'name'
  if (found.limit_count !== row.limitCount) return 'limitCount'
  if (found.limit_rial !== row.limitRial) return 'limitRial'
  return found.settings === row.settings ? undefined : 'settings'
}

function noMerchant({ mid, institution }: ListedTerminal): RowProblem {
  const message = `there is no merchant ${mid} of institution ${institution}`
  return problem('mid', message, 'register it first: `evs merchant import` or `evs merchant add`')
}

function taken({ tid, mid }: ListedTerminal, column: string): RowProblem {
  const message = `terminal ${tid} of merchant ${mid} is registered with another ${column}`
  return problem(column, message, 'change it with `evs terminal set`, or correct the row')
}
