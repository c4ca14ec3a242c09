// The acquirer id under which the card host was asked, beside the trace of the 0200: a reversal
// names it, and the setting may have changed meanwhile. Null: of a refusal, or from before it was
// kept.

import type { Knex } from 'knex'

async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('sale', (table) => {
    table.string('host_acquirer', 11)
  })
}

async function down(): Promise<void> {
  throw new Error('a schema is not taken down: restore a backup instead')
}

export const acquirer = { up, down }
