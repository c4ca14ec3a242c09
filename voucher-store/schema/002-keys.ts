// Keys of terminals and zones, enciphered under the security module's storage key and bound to
// their place. The journal tells that a key was set, and never holds it, so that a rotation leaves
// nothing behind that the old storage key opens.

import type { Knex } from 'knex'

async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('master_key', (table) => {
    table.string('owner').primary()
    table.string('scheme', 4).notNullable()
    table.binary('sealed').notNullable()
    table.string('check_value', 6).notNullable()
    table.string('serial_number')
    table.bigInteger('created_ms').notNullable()
  })
  await knex.schema.createTable('key_set', (table) => {
    table.string('owner').notNullable()
    table.string('slot', 7).notNullable()
    table.integer('generation').notNullable()
    table.string('scheme', 4).notNullable()
    table.binary('mac_key').notNullable()
    table.binary('pin_key').notNullable()
    table.binary('data_key')
    table.string('transmission', 10)
    table.string('serial_number')
    table.bigInteger('created_ms').notNullable()
    table.primary(['owner', 'slot'])
  })
}

async function down(): Promise<void> {
  throw new Error('the keys are not taken down: restore a backup instead')
}

export const keys = { up, down }
