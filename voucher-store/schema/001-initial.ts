// The first schema. Rows are small and fixed early, because changing them later is a migration.
//
// sale       one row per identity; its unique index begins with the date, so that inserts of a day
//            land side by side however random terminals are.
// voucher    stays where it was imported; only `state` and `sale` ever change. It belongs to a lot:
//            the vouchers of one batch with the same product and expiry. Releasing or holding a
//            batch therefore changes one row, and selling reads a lot from front to back.
// lot        carries the counts, kept in the same commits that move its vouchers.
// journal    append-only; each record's hash covers the one before it.

import type { Knex } from 'knex'

async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('meta', (table) => {
    table.string('name').primary()
    table.string('value').notNullable()
  })
  await knex.schema.createTable('counter', (table) => {
    table.string('name').primary()
    table.bigInteger('high').notNullable()
  })
  await knex.schema.createTable('vault_key', (table) => {
    table.increments('id')
    table.string('purpose').notNullable()
    table.binary('wrapped').notNullable()
    table.bigInteger('created_ms').notNullable()
  })
  await knex.schema.createTable('journal', (table) => {
    table.bigInteger('jseq').primary()
    table.string('kind').notNullable()
    table.bigInteger('at_ms').notNullable()
    table.text('body').notNullable()
    table.binary('hash').notNullable()
  })
  await trade(knex)
  await stock(knex)
  await sales(knex)
  await reversals(knex)
  await dayEnds(knex)
}

async function trade(knex: Knex): Promise<void> {
  await knex.schema.createTable('merchant', (table) => {
    table.increments('id')
    table.integer('institution').notNullable()
    table.string('mid', 15).notNullable()
    table.string('name').notNullable()
    table.string('city').notNullable()
    table.boolean('enabled').notNullable()
    table.unique(['institution', 'mid'])
  })
  await knex.schema.createTable('terminal', (table) => {
    table.increments('id')
    table.integer('merchant').notNullable().references('merchant.id')
    table.string('tid', 8).notNullable()
    table.string('scheme', 4).notNullable()
    table.boolean('enabled').notNullable()
    table.unique(['merchant', 'tid'])
  })
  await knex.schema.createTable('product', (table) => {
    table.increments('id')
    table.integer('product').notNullable()
    table.string('mobile_operator').notNullable()
    table.string('name_en').notNullable()
    table.string('name_fa').notNullable()
    table.bigInteger('price_rial').notNullable()
    table.string('vat_rate').notNullable()
    table.string('redeem').notNullable()
    table.integer('valid_from').notNullable()
    table.boolean('enabled').notNullable()
    table.unique(['product', 'valid_from'])
  })
}

async function stock(knex: Knex): Promise<void> {
  await knex.schema.createTable('batch', (table) => {
    table.increments('id')
    table.string('format').notNullable()
    table.string('file_name').notNullable()
    table.string('file_hash').notNullable()
    table.string('reference')
    table.integer('state').notNullable()
    table.integer('vault_key').notNullable().references('vault_key.id')
    table.integer('quantity').notNullable()
    table.bigInteger('created_ms').notNullable()
    table.unique(['file_hash'])
  })
  await knex.schema.createTable('lot', (table) => {
    table.increments('id')
    table.integer('batch').notNullable().references('batch.id')
    table.integer('product').notNullable()
    table.integer('expires').notNullable()
    for (const count of [
      'imported',
      'available',
      'reserved',
      'sold',
      'quarantined',
      'fenced',
      'voided',
      'expired',
    ]) {
      table.integer(count).notNullable().defaultTo(0)
    }
    table.unique(['batch', 'product', 'expires'])
    table.index(['product', 'expires'])
  })
  await knex.schema.createTable('voucher', (table) => {
    table.bigInteger('id').primary()
    // No foreign key: removing a lot would look for its vouchers in all of them.
    table.integer('lot').notNullable()
    table.integer('mobile_operator').notNullable()
    table.string('serial').notNullable()
    table.binary('sealed').notNullable()
    table.binary('fingerprint').notNullable()
    table.integer('state').notNullable().defaultTo(0)
    table.bigInteger('sale')
    table.unique(['mobile_operator', 'serial'])
    table.unique(['fingerprint'])
  })
  await knex.raw('create index voucher_available on voucher (lot, id) where state = 0')
}

async function sales(knex: Knex): Promise<void> {
  await knex.schema.createTable('sale', (table) => {
    table.bigInteger('id').primary()
    table.integer('day').notNullable()
    table.string('time', 6).notNullable()
    table.integer('terminal').notNullable()
    table.string('stan', 6).notNullable()
    table.integer('merchant').notNullable()
    table.integer('state').notNullable()
    table.boolean('cancelled').notNullable().defaultTo(0)
    table.string('processing_code', 6)
    table.bigInteger('amount')
    table.string('order')
    table.string('card_hash')
    table.string('product', 6)
    table.integer('count')
    table.string('vouchers')
    table.string('response_code', 2).notNullable()
    table.string('rrn', 12)
    table.string('auth_code', 6)
    table.string('host_date', 4)
    table.string('masked_card')
    table.binary('sealed_card')
    table.string('host_link')
    table.string('host_stan', 6)
    table.string('host_transmission', 10)
    table.bigInteger('created_ms').notNullable()
    table.bigInteger('outcome_ms')
    table.bigInteger('confirmed_ms')
    table.boolean('answered').notNullable().defaultTo(0)
    table.integer('reprints').notNullable().defaultTo(0)
    table.integer('disclosures').notNullable().defaultTo(0)
    /** The terminal's sold sale before this one. */
    table.bigInteger('sold_before')
    table.bigInteger('jseq').notNullable()
    table.unique(['day', 'time', 'terminal', 'stan'])
  })
  await knex.raw('create index sale_intent on sale (id) where state = 0')
}

async function reversals(knex: Knex): Promise<void> {
  await knex.schema.createTable('reversal', (table) => {
    table.bigInteger('sale').primary()
    table.integer('status').notNullable()
    table.string('stan', 6).notNullable()
    table.string('transmission', 10).notNullable()
    table.string('auth_code', 6)
    table.string('host_date', 4)
    table.boolean('approval_seen').notNullable()
    table.boolean('reopened').notNullable().defaultTo(0)
    table.integer('tries').notNullable().defaultTo(0)
    table.string('response_code', 2)
    table.string('host_link').notNullable()
    table.string('host_stan', 6).notNullable()
    table.string('host_transmission', 10).notNullable()
    table.bigInteger('opened_ms').notNullable()
    table.bigInteger('ended_ms')
    table.index(['host_transmission', 'host_stan'])
  })
  // pending 0, unfound 1, suspense 5
  await knex.raw('create index reversal_open on reversal (sale) where status in (0, 1, 5)')
  await knex.schema.createTable('refund', (table) => {
    table.bigInteger('sale').primary()
    table.integer('day').notNullable()
    table.integer('terminal').notNullable()
    table.integer('merchant').notNullable()
    table.bigInteger('amount').notNullable()
    table.boolean('counted').notNullable()
    table.index(['day', 'terminal'])
    table.index(['day', 'merchant'])
  })
  await knex.schema.createTable('claim', (table) => {
    table.increments('id')
    table.bigInteger('sale').notNullable()
    table.string('reason').notNullable()
    table.bigInteger('at_ms').notNullable()
    table.bigInteger('closed_ms')
    table.string('resolution')
    table.unique(['sale', 'reason'])
  })
}

async function dayEnds(knex: Knex): Promise<void> {
  await knex.schema.createTable('terminal_tally', (table) => {
    table.integer('terminal').primary()
    table.bigInteger('last_sold')
    table.integer('sales_count').notNullable().defaultTo(0)
    table.bigInteger('sales_amount').notNullable().defaultTo(0)
    table.integer('reversals_count').notNullable().defaultTo(0)
    table.bigInteger('reversals_amount').notNullable().defaultTo(0)
  })
  await knex.schema.createTable('day_end', (table) => {
    table.bigInteger('id').primary()
    table.integer('day').notNullable()
    table.string('time', 6).notNullable()
    table.integer('terminal').notNullable()
    table.string('stan', 6).notNullable()
    for (const side of ['claimed', 'actual']) {
      table.integer(`${side}_sales_count`).notNullable()
      table.bigInteger(`${side}_sales_amount`).notNullable()
      table.integer(`${side}_reversals_count`).notNullable()
      table.bigInteger(`${side}_reversals_amount`).notNullable()
    }
    table.boolean('agreed').notNullable()
    table.bigInteger('at_ms').notNullable()
    table.bigInteger('closed_ms')
    table.unique(['day', 'time', 'terminal', 'stan'])
  })
}

async function down(): Promise<void> {
  throw new Error('the first schema is not taken down: restore a backup instead')
}

export const initial = { up, down }
