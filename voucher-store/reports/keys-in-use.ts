// How many rows are sealed under which key, by the key's number in front of each ciphertext. Reads
// whole tables, so it belongs on a report thread. Opens nothing.

import type Database from 'better-sqlite3'

export interface KeysInUse {
  /** Vouchers by key and batch. */
  readonly vouchers: readonly BatchUse[]
  /** Card numbers of sales. */
  readonly cards: readonly KeyUse[]
  /** Keys of terminals and zones. */
  readonly keys: readonly KeyUse[]
}

export interface KeyUse {
  readonly key: number
  readonly rows: number
}

export interface BatchUse extends KeyUse {
  readonly batch: number
}

/** Four bytes, most significant first, as text: SQLite counts what is the same. */
const head = (column: string) => `hex(substr(${column}, 1, 4))`

export function keysInUse(database: Database.Database): KeysInUse {
  const read = <Row extends { head: string }>(query: string) =>
    (database.prepare(query).all() as Row[]).map(({ head: hex, ...row }) => {
      return { ...row, key: Number.parseInt(hex.padEnd(1, '0'), 16) }
    })
  return {
    vouchers: read<{ head: string; batch: number; rows: number }>(
      `select l.batch, ${head('v.sealed')} as head, count(*) as rows
       from voucher v join lot l on l.id = v.lot group by 1, 2`,
    ),
    cards: read<{ head: string; rows: number }>(
      `select ${head('sealed_card')} as head, count(*) as rows
       from sale where sealed_card is not null group by 1`,
    ),
    keys: read<{ head: string; rows: number }>(
      `select head, count(*) as rows from (
         select ${head('sealed')} as head from master_key
         union all select ${head('mac_key')} from key_set
         union all select ${head('pin_key')} from key_set
         union all select ${head('data_key')} from key_set where data_key is not null
       ) group by 1`,
    ),
  }
}

/** Rows of all kinds under one key. */
export function rowsOn({ vouchers, cards, keys }: KeysInUse, key: number): number {
  const uses: readonly KeyUse[] = [...vouchers, ...cards, ...keys]
  return uses.reduce((sum, use) => (use.key === key ? sum + use.rows : sum), 0)
}
