// Terminals and merchants in full: states, limits of a day, what may be sold, commission; what they
// have sold today, kept in the commits of their sales; and when a terminal was last seen, which is
// written in arrears and is not in the journal.
//
// terminal.enabled stays beside `retired_ms`: the journal holds the statements of earlier versions,
// and a store is rebuilt by running them again. Blocked is enabled = 0, retired is `retired_ms`.

import type { Knex } from 'knex'

async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('terminal', (table) => {
    table.string('name')
    table.string('serial')
    table.bigInteger('retired_ms')
    /** The terminal that took its place. */
    table.integer('replaced_by')
    limits(table)
    /** Parameters for its software, as JSON: names to texts. */
    table.text('settings')
  })
  await knex.schema.alterTable('merchant', (table) => {
    table.string('contact')
    limits(table)
    /** Products it may sell, as a JSON list of six digits each; null: all. */
    table.text('products')
  })
  await knex.schema.createTable('commission', (table) => {
    table.integer('merchant').notNullable()
    /** 0: of every product that has no row of its own. */
    table.integer('product').notNullable()
    table.integer('valid_from').notNullable()
    table.integer('basis_points').notNullable()
    table.primary(['merchant', 'product', 'valid_from'])
  })
  await useOfDay(knex)
  await knex.schema.createTable('terminal_seen', (table) => {
    table.integer('terminal').primary()
    table.bigInteger('seen_ms').notNullable()
    table.string('version')
    table.string('printer')
    table.string('serial')
    table.string('response_code', 2)
    table.integer('failed_macs').notNullable().defaultTo(0)
    table.bigInteger('failed_mac_ms')
  })
}

/** Null: no limit. */
function limits(table: Knex.AlterTableBuilder): void {
  table.integer('limit_count')
  table.bigInteger('limit_rial')
}

/** One row each, of the newest day on which something was sold: it does not grow with the days. */
async function useOfDay(knex: Knex): Promise<void> {
  await knex.schema.alterTable('terminal_tally', (table) => {
    for (const column of ['use_day', 'use_count', 'use_amount']) {
      table.bigInteger(column).notNullable().defaultTo(0)
    }
  })
  await knex.schema.createTable('merchant_use', (table) => {
    table.integer('merchant').primary()
    for (const column of ['use_day', 'use_count', 'use_amount']) {
      table.bigInteger(column).notNullable()
    }
  })
  await knex.raw(
    `update terminal_tally set use_day = used.day, use_count = used.count, use_amount = used.amount
     from (${usedBy('terminal')}) used where used.terminal = terminal_tally.terminal`,
  )
  await knex.raw(
    `insert into merchant_use (merchant, use_day, use_count, use_amount)
     select merchant, day, count, amount from (${usedBy('merchant')})`,
  )
}

const TEHRAN_DAY = "cast(strftime('%Y%m%d', (created_ms + 12600000) / 1000, 'unixepoch') as int)"

/** Of the sales of the newest day: sold 1 counts; refunding 5 and refunded 6 were given back. */
function usedBy(owner: 'terminal' | 'merchant'): string {
  return `select ${owner}, max(day) as day, sum(state = 1) as count,
      sum(case when state = 1 then amount else 0 end) as amount
    from (
      select ${owner}, state, amount, ${TEHRAN_DAY} as day,
        max(${TEHRAN_DAY}) over (partition by ${owner}) as newest
      from sale where state in (1, 5, 6)
    ) where day = newest group by ${owner}`
}

async function down(): Promise<void> {
  throw new Error('a schema is not taken down: restore a backup instead')
}

export const terminals = { up, down }
