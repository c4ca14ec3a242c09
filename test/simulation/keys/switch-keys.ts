// The switch's side of a world with keys: the product's software module over a storage key of the
// simulation, with random numbers from the seed, and the rows of the terminals' master keys.

import type Database from 'better-sqlite3'
import { checkValueOf } from '../../../protocol/security/check-value.ts'
import { sealKey } from '../../../protocol/security/sealed-key.ts'
import { SoftwareModule } from '../../../protocol/security/software-module.ts'
import { masterPlace } from '../../../switch/core/key-store.ts'
import type { Seeded } from '../seeded.ts'
import { SHOP_KEYS } from './shop-keys.ts'

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

/** Before the switch is started for the first time. */
export function giveMasterKeys(database: Database.Database): void {
  const scheme = database.prepare("update terminal set scheme = 'aes' where id = ?")
  const insert = database.prepare(
    `insert into master_key (owner, scheme, sealed, check_value, serial_number, created_ms)
     values (?, 'aes', ?, ?, null, 0)`,
  )
  for (const { entry, master } of SHOP_KEYS) {
    const owner = `terminal/${entry.key}`
    const binding = { use: 'master', scheme: 'aes', place: masterPlace(owner) } as const
    scheme.run(entry.key)
    const sealed = sealKey(STORAGE, master, binding, (count) => Buffer.alloc(count, entry.key))
    insert.run(owner, sealed, checkValueOf('aes', master))
  }
}
