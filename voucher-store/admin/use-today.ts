// What a terminal or merchant has sold today, as its row of the newest day says.
// Sales under way are not in it: the limits of the core count those too.

import type Database from 'better-sqlite3'
import type { Knex } from 'knex'
import type { Day } from '../../protocol/values/moment.ts'
import { readOne } from './statements.ts'

export interface UseToday {
  readonly count: number
  readonly rial: number
}

export function useToday(
  database: Database.Database,
  row: Knex.QueryBuilder,
  today: Day,
): UseToday {
  const query = row.where({ use_day: today }).select('use_count as count', 'use_amount as rial')
  return readOne<UseToday>(database, query) ?? { count: 0, rial: 0 }
}
