// Rows of session keys. What lies in them is enciphered already; the writer moves it and opens
// nothing. A record that is read from the journal has no keys and leaves the table alone.
//
// A record that finds another master key than it was made under, or a newer set in its place, is
// refused: whoever waits for it must not hear that it was written.

import type Database from 'better-sqlite3'
import type { KeyOwner, SealedKeySet } from '../../switch/core/key-store.ts'
import type { KeyActivationRecord, KeySetRecord } from '../store-record.ts'
import { GuardError, oneRow } from './guard-error.ts'

export class KeyWriter {
  readonly #put: Database.Statement
  readonly #master: Database.Statement
  readonly #has: Database.Statement
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
    this.#master = database.prepare('select 1 from master_key where owner = ? and check_value = ?')
    this.#has = database.prepare(
      'select 1 from key_set where owner = ? and slot = ? and generation = ?',
    )
    this.#remove = database.prepare("delete from key_set where owner = ? and slot = 'active'")
    this.#activate = database.prepare(
      `update key_set set slot = 'active'
       where owner = ? and slot = 'pending' and generation = ?`,
    )
    this.#bind = database.prepare('update terminal set serial = ? where id = ? and serial is null')
    this.#bindKey = database.prepare(
      'update master_key set serial_number = ? where owner = ? and serial_number is null',
    )
  }

  put({ owner, generation, set, under, atMs }: KeySetRecord): void {
    this.#mustBeUnder(owner, under)
    if (set !== undefined) this.#putIn('pending', { owner, generation, set, atMs })
  }

  /** The set may have been replaced by a newer logon: then it is put where it belongs. */
  activate(record: KeyActivationRecord): void {
    const { owner, generation, serialNumber, set, under, atMs } = record
    this.#mustBeUnder(owner, under)
    const [kind, id] = owner.split('/')
    if (kind === 'terminal' && serialNumber !== undefined) this.#bind.run(serialNumber, id)
    const isPending = this.#has.get(owner, 'pending', generation) !== undefined
    // Noted twice, as after an answer of the store that nobody waited for.
    if (!isPending && this.#has.get(owner, 'active', generation) !== undefined) return
    if (isPending) {
      this.#remove.run(owner)
      this.#activate.run(owner, generation)
    } else if (set !== undefined) this.#putIn('active', { owner, generation, set, atMs })
    else if (under === undefined) return
    else throw new GuardError(`set ${generation} of ${owner} is not there`)
    if (serialNumber !== undefined) this.#bindKey.run(serialNumber, owner)
  }

  /** What an administrator replaced or removed leaves nothing behind. */
  #mustBeUnder(owner: KeyOwner, under: string | undefined): void {
    if (under === undefined || this.#master.get(owner, under) !== undefined) return
    throw new GuardError(`the master key of ${owner} is another one`)
  }

  /** Never in place of a newer one. */
  #putIn(slot: 'active' | 'pending', { owner, generation, set, atMs }: Placed): void {
    const { changes } = this.#put.run(
      ...[owner, slot, generation, set.scheme, set.macKey, set.pinKey, set.dataKey ?? null],
      ...[set.transmission ?? null, set.serialNumber ?? null, atMs],
    )
    oneRow(changes, `set ${generation} of ${owner}`)
  }
}

interface Placed {
  readonly owner: KeyOwner
  readonly generation: number
  readonly set: SealedKeySet
  readonly atMs: number
}
