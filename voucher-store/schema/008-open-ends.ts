// What waits for a person is found at once, however much has ended since: ends of day that differ,
// by their terminal and in the order in which they are listed; reversals that are watched, as open
// ones are already; fenced vouchers. An end of day that agrees touches no index of these. That it
// closed the period is kept with the terminal's totals, in the row that it writes anyway: a period
// that is over is known without looking for the end of day that closed it.

import type { Knex } from 'knex'

async function up(knex: Knex): Promise<void> {
  await knex.raw('create index day_end_differing on day_end (terminal, id) where agreed = 0')
  await knex.raw(
    'create index day_end_listed on day_end (closed_ms is not null, id desc) where agreed = 0',
  )
  // watched 4
  await knex.raw('create index reversal_watched on reversal (sale) where status = 4')
  // fenced 4
  await knex.raw('create index voucher_fenced on voucher (lot, id) where state = 4')
  await knex.schema.alterTable('terminal_tally', (table) => {
    /** The newest end of day that agreed; 0: none did. */
    table.bigInteger('agreed_end').notNullable().defaultTo(0)
  })
  await knex.raw(
    `insert into terminal_tally (terminal, agreed_end)
     select terminal, max(id) from day_end where agreed = 1 group by terminal
     on conflict (terminal) do update set agreed_end = excluded.agreed_end`,
  )
}

async function down(): Promise<void> {
  throw new Error('a schema is not taken down: restore a backup instead')
}

export const openEnds = { up, down }
