// Keys of terminals and zones in the store: read by point reads, written through the one writer.
// Opens nothing. [wire-protocol 3.4]

import type Database from 'better-sqlite3'
import type {
  KeyOwner,
  KeyStore,
  SealedKeySet,
  StoredKeys,
  StoredMaster,
} from '../switch/core/key-store.ts'
import type { StoreJournal } from './admin/admin-write.ts'

interface MasterRow {
  scheme: 'tdes' | 'aes'
  sealed: Buffer
  check_value: string
  serial_number: string | null
}

interface SetRow {
  slot: 'active' | 'pending'
  generation: number
  scheme: 'tdes' | 'aes'
  mac_key: Buffer
  pin_key: Buffer
  data_key: Buffer | null
  transmission: string | null
  serial_number: string | null
}

export interface KeyStorePorts {
  readonly database: Database.Database
  readonly journal: StoreJournal
  readonly wallMs: () => number
}

export class SqliteKeyStore implements KeyStore {
  readonly #ports: KeyStorePorts
  readonly #master: Database.Statement
  readonly #sets: Database.Statement

  constructor(ports: KeyStorePorts) {
    this.#ports = ports
    const { database } = ports
    this.#master = database.prepare(
      'select scheme, sealed, check_value, serial_number from master_key where owner = ?',
    )
    this.#sets = database.prepare(
      `select slot, generation, scheme, mac_key, pin_key, data_key, transmission, serial_number
       from key_set where owner = ?`,
    )
  }

  find(owner: KeyOwner): StoredKeys {
    const master = this.#master.get(owner) as MasterRow | undefined
    const sets = this.#sets.all(owner) as SetRow[]
    const of = (slot: SetRow['slot']) => {
      const row = sets.find((set) => set.slot === slot)
      return row === undefined ? undefined : sealedSet(row)
    }
    return {
      master: master && storedMaster(master),
      serialNumber: master?.serial_number ?? undefined,
      active: of('active'),
      pending: of('pending'),
    }
  }

  async putPending(owner: KeyOwner, set: SealedKeySet, under: string): Promise<boolean> {
    const { journal, wallMs } = this.#ports
    const { generation } = set
    const record = { kind: 'key-set', owner, generation, set, under, atMs: wallMs() } as const
    return (await journal.write(record)).kind === 'written'
  }

  async activate(
    owner: KeyOwner,
    { generation, serialNumber }: Pick<SealedKeySet, 'generation' | 'serialNumber'>,
    under: string,
    whole?: SealedKeySet,
  ): Promise<boolean> {
    const { journal, wallMs } = this.#ports
    const which = { owner, generation, serialNumber, set: whole, under }
    const record = { kind: 'key-activation', ...which, atMs: wallMs() } as const
    return (await journal.write(record)).kind === 'written'
  }
}

function storedMaster({ scheme, sealed, check_value: checkValue }: MasterRow): StoredMaster {
  return { scheme, sealed, checkValue }
}

function sealedSet(row: SetRow): SealedKeySet {
  const { generation, scheme } = row
  return {
    ...{ generation, scheme, macKey: row.mac_key, pinKey: row.pin_key },
    dataKey: row.data_key ?? undefined,
    transmission: row.transmission ?? undefined,
    serialNumber: row.serial_number ?? undefined,
  }
}
