// Terminals: lists and changes. A row is never deleted, because sales refer to it. A terminal is
// active, blocked for a while, or retired for ever; what is open at a retired one still ends.

import type Database from 'better-sqlite3'
import type { Day } from '../../protocol/values/moment.ts'
import { type ChangeResult, type StoreJournal, writeChange } from './admin-write.ts'
import type { By, MerchantKey } from './merchants.ts'
import { isoMomentOrNull } from './shown.ts'
import { readAll, readOne, sql, statement, unkept } from './statements.ts'
import { type UseToday, useToday } from './use-today.ts'

export type TerminalState = 'active' | 'blocked' | 'retired'

export interface TerminalRow {
  readonly tid: string
  readonly mid: string
  readonly institution: number
  readonly scheme: 'none' | 'tdes' | 'aes'
  readonly state: TerminalState
  readonly name: string | null
  /** Bound at its first logon. */
  readonly serial: string | null
  readonly limitCount: number | null
  readonly limitRial: number | null
  readonly seenAt: string | null
  readonly version: string | null
  readonly printer: string | null
  readonly failedMacs: number
}

export interface TerminalDetail extends TerminalRow {
  readonly merchantName: string
  readonly merchantEnabled: boolean
  readonly settings: Readonly<Record<string, string>>
  readonly retiredAt: string | null
  readonly replacedBy: string | null
  readonly replaces: string | null
  /** As it last said itself. */
  readonly reportedSerial: string | null
  readonly lastResponseCode: string | null
  readonly failedMacAt: string | null
  readonly today: UseToday
}

export interface TerminalKey extends MerchantKey {
  readonly tid: string
}

/** What a terminal may be given beside its key; what is left out stays as it is. */
export interface TerminalFacts {
  readonly name?: string | null | undefined
  readonly limitCount?: number | null | undefined
  readonly limitRial?: number | null | undefined
  readonly settings?: Readonly<Record<string, string>> | undefined
  /** Null: the next logon binds it anew. */
  readonly serial?: null | undefined
}

export interface TerminalSearch {
  readonly tid?: string | undefined
  readonly mid?: string | undefined
  readonly institution?: number | undefined
  readonly state?: TerminalState | undefined
  readonly notSeenSinceMs?: number | undefined
  readonly after?: number | undefined
  readonly limit: number
}

export interface TerminalPage {
  readonly terminals: TerminalRow[]
  /** Give it as `after` for the next page; null at the end. */
  readonly after: number | null
}

/** In the order in which they were registered, a page at a time: there are many. */
export function listTerminals(database: Database.Database, search: TerminalSearch): TerminalPage {
  const { tid, mid, institution, state, notSeenSinceMs, after = 0, limit } = search
  const query = terminalQuery().where('t.id', '>', after).orderBy('t.id').limit(limit)
  if (tid !== undefined) query.where({ 't.tid': tid })
  if (mid !== undefined) query.where({ 'm.mid': mid })
  if (institution !== undefined) query.where({ 'm.institution': institution })
  if (state === 'retired') query.whereNotNull('t.retired_ms')
  else if (state !== undefined) {
    query.whereNull('t.retired_ms').where({ 't.enabled': +(state === 'active') })
  }
  if (notSeenSinceMs !== undefined) {
    query.whereRaw('coalesce(s.seen_ms, 0) < ?', [notSeenSinceMs])
  }
  const rows = readAll<RawTerminal>(database, query)
  const last = rows.length === limit ? rows.at(-1) : undefined
  return { terminals: rows.map(shownTerminal), after: last?.id ?? null }
}

export function findTerminal(
  database: Database.Database,
  key: TerminalKey,
): (TerminalRow & { readonly id: number }) | undefined {
  const row = rawTerminal(database, key)
  return row === undefined ? undefined : { id: row.id, ...shownTerminal(row) }
}

export function terminalDetail(
  database: Database.Database,
  key: TerminalKey,
  today: Day,
): TerminalDetail | undefined {
  const row = rawTerminal(database, key)
  if (row === undefined) return undefined
  const { merchant, replaced_by } = row
  const before = sql('terminal').select('tid').where({ merchant, replaced_by: row.id })
  const next = sql('terminal').select('tid').where({ id: replaced_by })
  const tidOf = (query: typeof before) => readOne<{ tid: string }>(database, query)?.tid ?? null
  const use = sql('terminal_tally').where({ terminal: row.id })
  return {
    ...shownTerminal(row),
    merchantName: row.merchant_name,
    merchantEnabled: row.merchant_enabled === 1,
    settings: settingsIn(row),
    retiredAt: isoMomentOrNull(row.retired_ms),
    replacedBy: replaced_by === null ? null : tidOf(next),
    replaces: tidOf(before),
    reportedSerial: row.reported_serial,
    lastResponseCode: row.response_code,
    failedMacAt: isoMomentOrNull(row.failed_mac_ms),
    today: useToday(database, use, today),
  }
}

/** `merchant` is the row's number, as `findMerchant` gives it. */
export function addTerminal(
  journal: StoreJournal,
  merchant: number,
  terminal: TerminalKey & TerminalFacts & { readonly scheme: TerminalRow['scheme'] },
  by: By,
): Promise<ChangeResult> {
  const { tid, scheme } = terminal
  const row = { merchant, tid, scheme, enabled: 1, ...terminalColumns(terminal) }
  return writeChange(journal, {
    action: 'terminal add',
    detail: { ...terminal },
    statements: [statement(sql('terminal').insert(row), 1)],
    ...by,
  })
}

interface TerminalChange extends TerminalKey, TerminalFacts {
  readonly state?: TerminalState | undefined
}

/**
 * Refused (`changed`) when it is retired: that is for ever. `id` is the row's number;
 * `settingsBefore` are those that the new ones were made from, and must still be there.
 */
export function changeTerminal(
  journal: StoreJournal,
  id: number,
  {
    settingsBefore,
    ...change
  }: TerminalChange & { readonly settingsBefore?: TerminalFacts['settings'] },
  by: By,
): Promise<ChangeResult> {
  const { state } = change
  const row = {
    ...terminalColumns(change),
    ...(state === undefined ? {} : { enabled: +(state === 'active') }),
    ...(state === 'retired' ? { retired_ms: by.atMs } : {}),
  }
  const query = sql('terminal').where({ id }).whereNull('retired_ms')
  if (settingsBefore !== undefined) query.where({ settings: settingsText(settingsBefore) })
  return writeChange(journal, {
    action: 'terminal set',
    detail: { ...change },
    statements: [
      ...(Object.keys(row).length === 0 ? [] : [statement(query.update(row), 1)]),
      ...(change.serial === null ? [unboundKey(id)] : []),
    ],
    ...by,
  })
}

/** The serial number that stands beside the terminal's master key. */
function unboundKey(id: number) {
  const key = sql('master_key').where({ owner: `terminal/${id}` })
  return unkept(key.update({ serial_number: null }))
}

/**
 * Another device in the place of one that is retired by it: same merchant, limits and settings, a
 * number and a serial number of its own.
 */
export function replaceTerminal(
  journal: StoreJournal,
  old: TerminalKey & { readonly id: number },
  next: { readonly tid: string; readonly scheme: TerminalRow['scheme'] },
  by: By,
): Promise<ChangeResult> {
  const { id, tid, mid, institution } = old
  const kept = ['name', 'limit_count', 'limit_rial', 'settings']
  const standing = sql('terminal').where({ id }).whereNull('retired_ms')
  const copy = standing
    .clone()
    .select('merchant', sql.raw('?, ?, 1', [next.tid, next.scheme]), ...kept)
  const columns = ['merchant', 'tid', 'scheme', 'enabled', ...kept]
  const added = sql(sql.raw('terminal (??)', [columns])).insert(copy)
  const its = sql.raw(
    '(select n.id from terminal n where n.merchant = terminal.merchant and n.tid = ?)',
    [next.tid],
  )
  const retired = standing.update({ enabled: 0, retired_ms: by.atMs, replaced_by: its })
  return writeChange(journal, {
    action: 'terminal replace',
    detail: { institution, mid, tid, by: next.tid, scheme: next.scheme },
    statements: [statement(added, 1), statement(retired, 1)],
    ...by,
  })
}

/** As the columns hold it; only what was given. */
function terminalColumns(facts: TerminalFacts): Record<string, string | number | null> {
  const { settings } = facts
  const columns = {
    name: facts.name,
    limit_count: facts.limitCount,
    limit_rial: facts.limitRial,
    settings: settings === undefined ? undefined : settingsText(settings),
    serial: facts.serial,
  }
  const given = Object.entries(columns).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as Record<string, string | number | null>
}

/** Of the terminal as it stands; none of one that is not there. */
export function settingsOf(database: Database.Database, key: TerminalKey): Record<string, string> {
  const row = rawTerminal(database, key)
  return row === undefined ? {} : settingsIn(row)
}

function settingsIn({ settings }: RawTerminal): Record<string, string> {
  return settings === null ? {} : (JSON.parse(settings) as Record<string, string>)
}

/** In one order, so that the same settings are the same text; null when there are none. */
export function settingsText(settings: Readonly<Record<string, string>>): string | null {
  const pairs = Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1))
  return pairs.length === 0 ? null : JSON.stringify(Object.fromEntries(pairs))
}

interface RawTerminal {
  id: number
  merchant: number
  tid: string
  scheme: TerminalRow['scheme']
  enabled: number
  name: string | null
  serial: string | null
  retired_ms: number | null
  replaced_by: number | null
  limit_count: number | null
  limit_rial: number | null
  settings: string | null
  mid: string
  institution: number
  merchant_name: string
  merchant_enabled: number
  seen_ms: number | null
  version: string | null
  printer: string | null
  reported_serial: string | null
  response_code: string | null
  failed_macs: number | null
  failed_mac_ms: number | null
}

function terminalQuery() {
  return sql('terminal as t')
    .join('merchant as m', 'm.id', 't.merchant')
    .leftJoin('terminal_seen as s', 's.terminal', 't.id')
    .select('t.*', 'm.mid', 'm.institution', 'm.name as merchant_name')
    .select('m.enabled as merchant_enabled', 's.seen_ms', 's.version', 's.printer')
    .select('s.serial as reported_serial', 's.response_code', 's.failed_macs', 's.failed_mac_ms')
}

function rawTerminal(
  database: Database.Database,
  { institution, mid, tid }: TerminalKey,
): RawTerminal | undefined {
  const query = terminalQuery().where({
    'm.institution': institution,
    'm.mid': mid,
    't.tid': tid,
  })
  return readOne<RawTerminal>(database, query)
}

function shownTerminal(row: RawTerminal): TerminalRow {
  const { tid, mid, institution, scheme, name, serial, version, printer } = row
  const standing = row.enabled === 1 ? 'active' : 'blocked'
  return {
    ...{ tid, mid, institution, scheme },
    state: row.retired_ms === null ? standing : 'retired',
    ...{ name, serial },
    limitCount: row.limit_count,
    limitRial: row.limit_rial,
    // 0: only messages with a wrong MAC named it, and those may be anybody's.
    seenAt: isoMomentOrNull(row.seen_ms === 0 ? null : row.seen_ms),
    ...{ version, printer },
    failedMacs: row.failed_macs ?? 0,
  }
}
