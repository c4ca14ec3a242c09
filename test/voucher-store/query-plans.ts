// How SQLite would run a statement, and which of its steps walk through all rows of a table that
// grows with the sales. A walk through an index that holds only what is open is none of them.

import type Database from 'better-sqlite3'
import type { TemporaryStore } from './temporary-store.ts'

/** Tables whose rows nobody asks to be few. */
const LARGE = /^(sale|voucher|reversal|refund|day_end|journal)$/
/** The newest record: one row, however many there are. */
const NEWEST = /from journal order by jseq desc limit 1$/

/**
 * Steps that walk through all of a table that may be large: a table under a name that the statement
 * gives it is taken for one.
 */
export function walks(database: Database.Database, text: string): string[] {
  const names = (query: string) => database.prepare(query).pluck().all() as string[]
  const tables = names("select name from sqlite_master where type = 'table'")
  const some = names(`select l.name from sqlite_master t join pragma_index_list(t.name) l
    where t.type = 'table' and l.partial = 1`)
  if (NEWEST.test(text)) return []
  return planOf(database, text).filter((step) => {
    const [, name] = /^SCAN (?!CONSTANT ROW)(\w+)/.exec(step) ?? []
    if (name === undefined || (tables.includes(name) && !LARGE.test(name))) return false
    const [, index = ''] = /INDEX (\w+)/.exec(step) ?? []
    return !some.includes(index)
  })
}

/** The steps of a plan. What it binds is not known when it is made, and is left out here. */
export function planOf(database: Database.Database, text: string): string[] {
  const explained = database.prepare(`explain query plan ${text}`)
  const named = text.matchAll(/[:@](\w+)/g)
  const names = Object.fromEntries([...named].map(([, name]) => [name, null]))
  const places = text.match(/\?/g)?.map(() => null) ?? []
  const bound = Object.keys(names).length > 0 ? [names] : places
  return (explained.all(...bound) as { detail: string }[]).map(({ detail }) => detail)
}

/** The same connection; the text of whatever is prepared on it is noted. */
export function listening(database: Database.Database, texts: string[]): Database.Database {
  return new Proxy(database, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...given: unknown[]) => {
        if (name === 'prepare') texts.push(String(given[0]))
        return value.apply(target, given)
      }
    },
  })
}

/** The statements of what was written since: the newest record's. */
export function textsOfNewest(store: TemporaryStore): string[] {
  const record = store.records.at(-1)
  if (record?.kind !== 'admin') throw new Error('the newest record is not of administration')
  return record.statements.map(({ sql }) => sql)
}
