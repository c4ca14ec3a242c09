// The first day on which the vouchers of a batch work, where its file says one: before it the batch
// is not released. Null: the file says none, or is from before it was kept.

import type { Knex } from 'knex'

async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('batch', (table) => {
    table.integer('valid_from')
  })
}

async function down(): Promise<void> {
  throw new Error('a schema is not taken down: restore a backup instead')
}

export const batchStart = { up, down }
