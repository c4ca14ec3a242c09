// The switch's side of a world with keys: the product's software module over a storage key of the
// simulation, with random numbers from the seed, and the rows of the terminals' master keys.

import type Database from 'better-sqlite3'
import { checkValueOf } from '../../../protocol/security/check-value.ts'
import { sealKey } from '../../../protocol/security/sealed-key.ts'
import { SoftwareModule } from '../../../protocol/security/software-module.ts'
import { masterPlace } from '../../../switch/core/key-store.ts'
import type { Seeded } from '../seeded.ts'
import { SHOP_KEYS } from './shop-keys.ts'
import { ZONE_MASTER } from './zone-keys.ts'

const STORAGE = { id: 1, key: Buffer.alloc(32, 9) }
const STORAGE_KEYS = {
  newest: () => STORAGE,
  byId: (id: number) => (id === STORAGE.id ? STORAGE : undefined),
}

export function softwareModule(random: Seeded): SoftwareModule {
  const environment = { production: false, acceptance: undefined }
  const bytes = (count: number) =>
    Buffer.from(Array.from({ length: count }, () => random.between(0, 255)))
  return new SoftwareModule(environment, STORAGE_KEYS, bytes)
}

export interface KeyedParts {
  /** Our own terminals. */
  readonly terminals: boolean
  /** The link to the card host. */
  readonly host: boolean
}

export function isKeyed({ terminals, host }: KeyedParts): boolean {
  return terminals || host
}

/** Before the switch is started for the first time. */
export function giveMasterKeys(database: Database.Database, parts: KeyedParts): void {
  const insert = database.prepare(
    `insert into master_key (owner, scheme, sealed, check_value, serial_number, created_ms)
     values (?, 'aes', ?, ?, null, 0)`,
  )
  const give = (owner: string, master: Buffer) => {
    const binding = { use: 'master', scheme: 'aes', place: masterPlace(owner) } as const
    const sealed = sealKey(STORAGE, master, binding, (count) => master.subarray(0, count))
    insert.run(owner, sealed, checkValueOf('aes', master))
  }
  if (parts.host) give('host/bank', ZONE_MASTER)
  if (!parts.terminals) return
  const scheme = database.prepare("update terminal set scheme = 'aes' where id = ?")
  for (const { entry, master } of SHOP_KEYS) {
    scheme.run(entry.key)
    give(`terminal/${entry.key}`, master)
  }
}
