// Named logins. A login is never deleted, because the audit record names it; a removed one keeps
// its name. What its password is verified with stands in a table of its own, whose rows never
// change: the journal has a digest of it and does not repeat it.

import type { Knex } from 'knex'

async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('login', (table) => {
    table.increments('id')
    table.string('name').notNullable()
    table.string('roles').notNullable()
    table.string('state').notNullable()
    table.bigInteger('created_ms').notNullable()
    table.unique(['name'])
  })
  await knex.schema.createTable('login_password', (table) => {
    table.increments('id')
    table.integer('login').notNullable()
    table.string('verifier').notNullable()
    table.bigInteger('created_ms').notNullable()
    table.unique(['login'])
  })
}

async function down(): Promise<void> {
  throw new Error('logins are not taken down: restore a backup instead')
}

export const logins = { up, down }
