// Merchants and their terminals: lists and changes. A row is never deleted, because sales refer to
// it; it is disabled. Who may change what is not decided here.

import type Database from 'better-sqlite3'
import type { How } from '../store-record.ts'
import { type ChangeResult, type StoreJournal, writeChange } from './admin-write.ts'
import { readAll, readOne, sql, statement } from './statements.ts'

export interface MerchantRow {
  readonly mid: string
  readonly name: string
  readonly city: string
  readonly institution: number
  readonly enabled: boolean
  readonly terminals: number
}

export interface TerminalRow {
  readonly tid: string
  readonly mid: string
  readonly scheme: 'none' | 'tdes' | 'aes'
  readonly institution: number
  readonly enabled: boolean
}

/** Who does it and when, as the journal keeps it. */
export interface By {
  readonly by: string
  readonly atMs: number
  readonly how?: How | undefined
}

export interface MerchantKey {
  readonly institution: number
  readonly mid: string
}

export function listMerchants(database: Database.Database): MerchantRow[] {
  const query = merchantQuery().orderBy(['m.institution', 'm.mid'])
  return readAll<RawMerchant>(database, query).map(shownMerchant)
}

export function findMerchant(
  database: Database.Database,
  { institution, mid }: MerchantKey,
): (MerchantRow & { readonly id: number }) | undefined {
  const query = merchantQuery().where({ 'm.institution': institution, 'm.mid': mid })
  const row = readOne<RawMerchant & { id: number }>(database, query.select('m.id'))
  return row === undefined ? undefined : { id: row.id, ...shownMerchant(row) }
}

export function addMerchant(
  journal: StoreJournal,
  merchant: MerchantKey & { readonly name: string; readonly city: string },
  by: By,
): Promise<ChangeResult> {
  const { institution, mid, name, city } = merchant
  const row = { institution, mid, name, city, enabled: 1 }
  return writeChange(journal, {
    action: 'merchant add',
    detail: { institution, mid, name, city },
    statements: [statement(sql('merchant').insert(row), 1)],
    ...by,
  })
}

export function changeMerchant(
  journal: StoreJournal,
  { institution, mid }: MerchantKey,
  change: {
    readonly enabled?: boolean | undefined
    readonly name?: string | undefined
    readonly city?: string | undefined
  },
  by: By,
): Promise<ChangeResult> {
  const given = Object.entries({ ...change }).filter(([, value]) => value !== undefined)
  const detail = Object.fromEntries(given)
  const row = Object.fromEntries(
    given.map(([name, value]) => [name, typeof value === 'boolean' ? +value : value]),
  )
  const query = sql('merchant').where({ institution, mid })
  return writeChange(journal, {
    action: 'merchant set',
    detail: { institution, mid, ...detail },
    statements: given.length === 0 ? [] : [statement(query.update(row), 1)],
    ...by,
  })
}

export function listTerminals(
  database: Database.Database,
  filter: { mid?: string | undefined },
): TerminalRow[] {
  const query = terminalQuery().orderBy(['m.institution', 'm.mid', 't.tid'])
  if (filter.mid !== undefined) query.where({ 'm.mid': filter.mid })
  return readAll<RawTerminal>(database, query).map(shownTerminal)
}

export interface TerminalKey extends MerchantKey {
  readonly tid: string
}

export function findTerminal(
  database: Database.Database,
  { institution, mid, tid }: TerminalKey,
): TerminalRow | undefined {
  const query = terminalQuery().where({
    'm.institution': institution,
    'm.mid': mid,
    't.tid': tid,
  })
  const row = readOne<RawTerminal>(database, query)
  return row === undefined ? undefined : shownTerminal(row)
}

/** The number of its row, which its keys go by. */
export function findTerminalKey(
  database: Database.Database,
  { institution, mid, tid }: TerminalKey,
): number | undefined {
  const query = sql('terminal as t')
    .join('merchant as m', 'm.id', 't.merchant')
    .select('t.id')
    .where({ 'm.institution': institution, 'm.mid': mid, 't.tid': tid })
  return readOne<{ id: number }>(database, query)?.id
}

/** `merchant` is the row's number, as `findMerchant` gives it. */
export function addTerminal(
  journal: StoreJournal,
  merchant: number,
  terminal: TerminalKey & { readonly scheme: TerminalRow['scheme'] },
  by: By,
): Promise<ChangeResult> {
  const { tid, scheme } = terminal
  const row = { merchant, tid, scheme, enabled: 1 }
  return writeChange(journal, {
    action: 'terminal add',
    detail: { ...terminal },
    statements: [statement(sql('terminal').insert(row), 1)],
    ...by,
  })
}

export function changeTerminal(
  journal: StoreJournal,
  merchant: number,
  change: TerminalKey & { readonly enabled: boolean },
  by: By,
): Promise<ChangeResult> {
  const query = sql('terminal').where({ merchant, tid: change.tid })
  return writeChange(journal, {
    action: 'terminal set',
    detail: { ...change },
    statements: [statement(query.update({ enabled: +change.enabled }), 1)],
    ...by,
  })
}

interface RawMerchant {
  mid: string
  name: string
  city: string
  institution: number
  enabled: number
  terminals: number
}

function merchantQuery() {
  const terminals = sql('terminal').count('*').whereRaw('terminal.merchant = m.id')
  return sql('merchant as m').select('m.mid', 'm.name', 'm.city', 'm.institution', 'm.enabled', {
    terminals,
  })
}

function shownMerchant(row: RawMerchant): MerchantRow {
  const { mid, name, city, institution, enabled, terminals } = row
  return { mid, name, city, institution, enabled: enabled === 1, terminals }
}

type RawTerminal = Omit<TerminalRow, 'enabled'> & { readonly enabled: number }

function terminalQuery() {
  return sql('terminal as t')
    .join('merchant as m', 'm.id', 't.merchant')
    .select('t.tid', 'm.mid', 't.scheme', 'm.institution', 't.enabled')
}

function shownTerminal(row: RawTerminal): TerminalRow {
  return { ...row, enabled: row.enabled === 1 }
}
