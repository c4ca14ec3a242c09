// What waits for a person without being money on its way: reversals that the switch refused, and
// ends of day whose figures differ. Closing one says so in the journal and changes nothing else.

import type Database from 'better-sqlite3'
import { type ChangeResult, type StoreJournal, writeChange } from './admin-write.ts'
import type { By } from './merchants.ts'
import { isoMoment, isoMomentOrNull } from './shown.ts'
import { readAll, readOne, sql, statement } from './statements.ts'

export interface ClaimRow {
  readonly id: number
  readonly sale: number
  readonly reason: string
  readonly openedAt: string
  readonly closedAt: string | null
  readonly resolution: string | null
  readonly mid: string
  readonly tid: string
  readonly rrn: string | null
  readonly amountRial: number | null
}

export interface DayEndRow {
  readonly id: number
  readonly tid: string
  readonly mid: string
  readonly at: string
  readonly claimed: DayEndTotals
  readonly actual: DayEndTotals
  readonly closedAt: string | null
}

interface DayEndTotals {
  readonly salesCount: number
  readonly salesAmountRial: number
  readonly reversalsCount: number
  readonly reversalsAmountRial: number
}

const LISTED_MOST = 10_000
/** In these words, and no value bound: SQLite finds them by the indexes with this condition. */
const DIFFERS = 'agreed = 0'

/** Open ones first, then the newest. */
export function listClaims(database: Database.Database): ClaimRow[] {
  const query = claimQuery().orderByRaw('c.closed_ms is not null, c.id desc').limit(LISTED_MOST)
  return readAll<RawClaim>(database, query).map(shownClaim)
}

export function findClaim(database: Database.Database, id: number): ClaimRow | undefined {
  const row = readOne<RawClaim>(database, claimQuery().where({ 'c.id': id }))
  return row === undefined ? undefined : shownClaim(row)
}

export function closeClaim(
  journal: StoreJournal,
  claim: ClaimRow,
  resolution: string,
  by: By,
): Promise<ChangeResult> {
  const open = sql('claim').where({ id: claim.id }).whereNull('closed_ms')
  return writeChange(journal, {
    action: 'claim resolve',
    detail: { claim: claim.id, sale: claim.sale, resolution },
    statements: [statement(open.update({ closed_ms: by.atMs, resolution }), 1)],
    ...by,
  })
}

export function listDayEndDifferences(database: Database.Database): DayEndRow[] {
  const query = dayEndQuery()
    .whereRaw(`d.${DIFFERS}`)
    .orderByRaw('d.closed_ms is not null, d.id desc')
    .limit(LISTED_MOST)
  return readAll<RawDayEnd>(database, query).map(shownDayEnd)
}

export function findDayEndDifference(
  database: Database.Database,
  id: number,
): DayEndRow | undefined {
  const row = readOne<RawDayEnd>(
    database,
    dayEndQuery().whereRaw(`d.${DIFFERS}`).where({ 'd.id': id }),
  )
  return row === undefined ? undefined : shownDayEnd(row)
}

const COLUMNS = ['sales_count', 'sales_amount', 'reversals_count', 'reversals_amount'] as const

/**
 * What has left the running totals since that end of day came and counted it, in a row of meta of
 * its own until it is closed: earlier ones of its period were closed one by one. Times say nothing
 * of it, for a clock may have been set in between.
 */
const LEFT = 'day-end left '
/** What leaves the totals with that end of day. */
const leaving = (column: string) => `((select actual_${column} from day_end where id = :id)
  - coalesce((select json_extract(value, '$.${column}') from meta where name = :left), 0))`
/**
 * An end of day after it has closed the period: its totals began anew. One that agreed is told by
 * the totals, one that was closed by hand by its row.
 */
const IS_OVER = `(exists (select 1 from day_end a where a.id > :id and a.closed_ms is not null
    and a.${DIFFERS} and a.terminal = (select terminal from day_end where id = :id))
  or exists (select 1 from terminal_tally where agreed_end > :id
    and terminal = (select terminal from day_end where id = :id)))`

/**
 * Closes the terminal's period at that end of day: what was counted up to it leaves the running
 * totals, once, and earlier differences of the terminal, which are of the same period, close with
 * it. When a later end of day agreed, the period is closed already and no totals change.
 * [wire-protocol 3.3]
 */
export function closeDayEndDifference(
  journal: StoreJournal,
  id: number,
  by: By,
): Promise<ChangeResult> {
  const terminal = sql('day_end').select('terminal').where({ id })
  const about = { id, left: LEFT + id }
  const open = sql('day_end').where({ id }).whereRaw(DIFFERS).whereNull('closed_ms')
  const earlier = sql('day_end')
    .where('id', '<', id)
    .whereRaw(DIFFERS)
    .where('terminal', terminal)
    .whereNull('closed_ms')
  const totals = sql('terminal_tally')
    .where('terminal', terminal)
    .whereRaw(`not ${IS_OVER}`, about)
    .update(
      Object.fromEntries(
        COLUMNS.map((column) => [column, sql.raw(`${column} - ${leaving(column)}`, about)]),
      ),
    )
  const closed = sql('day_end').where('id', '<=', id).whereRaw(DIFFERS).where({ terminal })
  const name = sql.raw('? || id', [LEFT])
  return writeChange(journal, {
    action: 'day-end close',
    detail: { dayEnd: id },
    statements: [
      statement(open.update({ closed_ms: by.atMs }), 1),
      statement(totals),
      statement(leftOfLater(about)),
      statement(earlier.update({ closed_ms: by.atMs })),
      statement(sql('meta').whereIn('name', closed.select(name)).delete()),
    ],
    ...by,
  })
}

/** Later ones that are open have counted it too. */
function leftOfLater(about: { readonly id: number; readonly left: string }) {
  const sums = COLUMNS.map((column) => {
    const before = `coalesce(json_extract(m.value, '$.${column}'), 0)`
    return `'${column}', ${before} + ${leaving(column)}`
  })
  return sql.raw(
    `insert into meta (name, value)
     select '${LEFT}' || d.id, json_object(${sums.join(', ')})
     from day_end d left join meta m on m.name = '${LEFT}' || d.id
     where d.id > :id and d.${DIFFERS} and d.closed_ms is null
       and d.terminal = (select terminal from day_end where id = :id) and not ${IS_OVER}
     on conflict (name) do update set value = excluded.value`,
    about,
  )
}

interface RawClaim {
  id: number
  sale: number
  reason: string
  at_ms: number
  closed_ms: number | null
  resolution: string | null
  mid: string
  tid: string
  rrn: string | null
  amount: number | null
}

function claimQuery() {
  return sql('claim as c')
    .join('sale as s', 's.id', 'c.sale')
    .join('terminal as t', 't.id', 's.terminal')
    .join('merchant as m', 'm.id', 's.merchant')
    .select('c.id', 'c.sale', 'c.reason', 'c.at_ms', 'c.closed_ms', 'c.resolution', 'm.mid')
    .select('t.tid', 's.rrn', 's.amount')
}

function shownClaim(row: RawClaim): ClaimRow {
  return {
    id: row.id,
    sale: row.sale,
    reason: row.reason,
    openedAt: isoMoment(row.at_ms),
    closedAt: isoMomentOrNull(row.closed_ms),
    resolution: row.resolution,
    mid: row.mid,
    tid: row.tid,
    rrn: row.rrn,
    amountRial: row.amount,
  }
}

type Side = 'claimed' | 'actual'
type RawDayEnd = Record<
  `${Side}_${'sales' | 'reversals'}_${'count' | 'amount'}` | 'id' | 'at_ms',
  number
> & { tid: string; mid: string; closed_ms: number | null }

function dayEndQuery() {
  return sql('day_end as d')
    .join('terminal as t', 't.id', 'd.terminal')
    .join('merchant as m', 'm.id', 't.merchant')
    .select('d.*', 't.tid', 'm.mid')
}

function shownDayEnd(row: RawDayEnd): DayEndRow {
  const totals = (side: Side): DayEndTotals => ({
    salesCount: row[`${side}_sales_count`],
    salesAmountRial: row[`${side}_sales_amount`],
    reversalsCount: row[`${side}_reversals_count`],
    reversalsAmountRial: row[`${side}_reversals_amount`],
  })
  return {
    id: row.id,
    tid: row.tid,
    mid: row.mid,
    at: isoMoment(row.at_ms),
    claimed: totals('claimed'),
    actual: totals('actual'),
    closedAt: isoMomentOrNull(row.closed_ms),
  }
}
