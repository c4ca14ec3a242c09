// Rows of session keys. What lies in them is enciphered already; the writer moves it and opens
// nothing. A record that is read from the journal has no keys and leaves the table alone.

import type Database from 'better-sqlite3'
import type { SealedKeySet } from '../../switch/core/key-store.ts'
import type { KeyActivationRecord, KeySetRecord } from '../store-record.ts'

export class KeyWriter {
  readonly #put: Database.Statement
  readonly #pending: Database.Statement
  readonly #activate: Database.Statement
  readonly #remove: Database.Statement
  readonly #bind: Database.Statement
  readonly #bindKey: Database.Statement

  constructor(database: Database.Database) {
    this.#put = database.prepare(
      `insert into key_set (owner, slot, generation, scheme, mac_key, pin_key, data_key,
         transmission, serial_number, created_ms)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       on conflict (owner, slot) do update set generation = excluded.generation,
         scheme = excluded.scheme, mac_key = excluded.mac_key, pin_key = excluded.pin_key,
         data_key = excluded.data_key, transmission = excluded.transmission,
         serial_number = excluded.serial_number, created_ms = excluded.created_ms
       where excluded.generation > key_set.generation`,
    )
    const pending = "owner = ? and slot = 'pending' and generation = ?"
    this.#pending = database.prepare(`select 1 from key_set where ${pending}`)
    this.#remove = database.prepare("delete from key_set where owner = ? and slot = 'active'")
    this.#activate = database.prepare(`update key_set set slot = 'active' where ${pending}`)
    this.#bind = database.prepare('update terminal set serial = ? where id = ? and serial is null')
    this.#bindKey = database.prepare(
      'update master_key set serial_number = ? where owner = ? and serial_number is null',
    )
  }

  put({ owner, generation, set, atMs }: KeySetRecord): void {
    if (set !== undefined) this.#putIn('pending', { owner, generation, set, atMs })
  }

  /** The set may have been replaced by a newer logon: then it is put where it belongs. */
  activate({ owner, generation, serialNumber, set, atMs }: KeyActivationRecord): void {
    const [kind, id] = owner.split('/')
    if (kind === 'terminal' && serialNumber !== undefined) this.#bind.run(serialNumber, id)
    if (this.#pending.get(owner, generation) !== undefined) {
      this.#remove.run(owner)
      this.#activate.run(owner, generation)
    } else if (set !== undefined) this.#putIn('active', { owner, generation, set, atMs })
    else return
    if (serialNumber !== undefined) this.#bindKey.run(serialNumber, owner)
  }

  /** Never in place of a newer one. */
  #putIn(slot: 'active' | 'pending', { owner, generation, set, atMs }: Placed): void {
    this.#put.run(
      ...[owner, slot, generation, set.scheme, set.macKey, set.pinKey, set.dataKey ?? null],
      ...[set.transmission ?? null, set.serialNumber ?? null, atMs],
    )
  }
}

interface Placed {
  readonly owner: string
  readonly generation: number
  readonly set: SealedKeySet
  readonly atMs: number
}
