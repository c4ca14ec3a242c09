// The acts of administration are found in the journal without walking through its sales: by an
// index that holds nothing else, so that a sale's record is in no index but that of its number.

import type { Knex } from 'knex'

async function up(knex: Knex): Promise<void> {
  await knex.raw("create index journal_acts on journal (jseq) where kind = 'admin'")
}

async function down(): Promise<void> {
  throw new Error('a schema is not taken down: restore a backup instead')
}

export const acts = { up, down }
