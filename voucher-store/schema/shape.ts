// The shape that the migrations give the database, object by object, and what differs from it. An
// index that is gone changes no answer until a repeat becomes a second sale; SQLite's own check
// compares only what is there. Of the text that made an object nothing is compared but conditions
// and expressions of an index: columns, keys and indexes are asked of SQLite.

import { createHash } from 'node:crypto'
import type Database from 'better-sqlite3'

/** A digest each; the test of this file says what they must be after a new migration. */
export const SHAPES: Readonly<Record<string, string>> = {
  'table batch': '5f58d04fb31c6f28',
  'table claim': 'de2ac00df2d77578',
  'table commission': 'b068cf3e2fbba04c',
  'table counter': '4713c0493bac56ca',
  'table day_end': 'bcf8d5f73138d41c',
  'table journal': '787d2dde473903ab',
  'table key_set': '6bba6c261dc7b3f9',
  'table login': '2dd7cdf5a3107527',
  'table login_password': 'bcc1b1d117ca3273',
  'table lot': '3bca06bf5b1cc060',
  'table master_key': 'b41053d74ce41768',
  'table merchant': '3a5bc68a5dc57dc5',
  'table merchant_use': '779871a1dff788e6',
  'table meta': '99e9a5ae09eda34f',
  'table product': '996545f59ccf0b42',
  'table refund': 'b0e98cfe86e32302',
  'table reversal': '755bf8d8a818cff9',
  'table sale': '7a78810fd2c4266c',
  'table terminal': '5cb3c8395908cc8e',
  'table terminal_seen': '274d1d65d5e6794c',
  'table terminal_tally': 'f7fbcdf581b0aad3',
  'table vault_key': '2d317a80b8187782',
  'table voucher': '7af7032b79828749',
  'index batch_file_hash_unique': '4de1ce167d6eedb2',
  'index claim_sale_reason_unique': '6105dc3233e8a3ad',
  'index day_end_day_time_terminal_stan_unique': 'b5b7d8e437f20fd0',
  'index day_end_differing': '1c67924a4923b2c0',
  'index day_end_listed': '09d376f06aeb3ccd',
  'index journal_acts': 'c1987a7b53cf6495',
  'index login_name_unique': 'e5f16022bc07ed81',
  'index login_password_login_unique': '96fe86c874efc497',
  'index lot_batch_product_expires_unique': '76d98c349e56027d',
  'index lot_product_expires_index': 'd263ee19c56b3e53',
  'index merchant_institution_mid_unique': 'f5d363febfe5cd1c',
  'index product_product_valid_from_unique': '4d34cb1440e531db',
  'index refund_day_merchant_index': '0a2b678010eecb18',
  'index refund_day_terminal_index': 'f9159ec23fd35bf4',
  'index reversal_host_transmission_host_stan_index': 'c3bbfd584fac217d',
  'index reversal_open': '3c31a20ec3cc2e88',
  'index reversal_watched': '02f862d1a1a14158',
  'index sale_day_time_terminal_stan_unique': 'eb33e190f5f7e379',
  'index sale_intent': '8aa3feb5e2be833d',
  'index terminal_merchant_tid_unique': 'b8a66cc0b4e68ed6',
  'index voucher_available': '35183c6ef94845de',
  'index voucher_fenced': 'f03cea12bfbf957a',
  'index voucher_fingerprint_unique': 'a9c6fc20d98f0b39',
  'index voucher_mobile_operator_serial_unique': 'd5b881ea0654c522',
}

/** What is missing, changed or strange, in words. */
export function shapeProblems(database: Database.Database): string[] {
  const found = shapesOf(database)
  const wrong = Object.entries(SHAPES).flatMap(([name, digest]) => {
    if (found[name] === undefined) return [`${name} is missing`]
    return found[name] === digest ? [] : [`${name} is not as it was made`]
  })
  const strange = Object.keys(found).filter((name) => SHAPES[name] === undefined)
  return [...wrong, ...strange.map((name) => `${name} is strange`)]
}

interface SchemaObject {
  readonly type: string
  readonly name: string
  readonly table: string
  readonly sql: string | null
}

export function shapesOf(database: Database.Database): Record<string, string> {
  const objects = database
    .prepare(
      `select type, name, tbl_name as "table", sql from sqlite_master
       where name not like 'sqlite\\_%' escape '\\' and name not like 'knex\\_%' escape '\\'
       order by type desc, name`,
    )
    .all() as SchemaObject[]
  return Object.fromEntries(
    objects.map((object) => {
      const shape = JSON.stringify(shapeOf(database, object))
      const digest = createHash('sha256').update(shape).digest('hex').slice(0, 16)
      return [`${object.type} ${object.name}`, digest]
    }),
  )
}

function shapeOf(database: Database.Database, { type, name, table, sql }: SchemaObject): unknown[] {
  const all = (query: string, ...values: string[]) =>
    database
      .prepare(query)
      .raw()
      .all(...values)
  const hasExpression = (index: string) =>
    all('select 1 from pragma_index_xinfo(?) where cid = -2', index).length > 0
  switch (type) {
    case 'table':
      return [
        all(
          'select name, type, "notnull", dflt_value, pk, hidden from pragma_table_xinfo(?)',
          name,
        ),
        all('select "from", "table", "to" from pragma_foreign_key_list(?) order by 1, 2', name),
      ]
    case 'index':
      return [
        table,
        all('select "unique", partial from pragma_index_list(?) where name = ?', table, name),
        all('select name, "desc", coll, key from pragma_index_xinfo(?) order by seqno', name),
        (hasExpression(name) ? /\(.*$/s : /\bwhere\b.*$/is).exec(sql ?? '')?.[0] ?? '',
      ]
    default:
      return [sql]
  }
}
