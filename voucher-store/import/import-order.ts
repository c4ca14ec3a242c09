// What an import is given: the ports of the store that it uses, and what was ordered by whom.
// Settings come in as numbers; nothing here reads a configuration.

import type Database from 'better-sqlite3'
import type { Day } from '../../protocol/values/moment.ts'
import type { Clock } from '../../switch/core/clock.ts'
import type { StoreJournal } from '../admin/admin-write.ts'
import type { BatchCatalogue } from '../batch-formats/batch-format.ts'
import type { How } from '../store-record.ts'
import type { Kek } from '../vault/kek.ts'
import type { KeyRing } from '../vault/vault.ts'

export interface ImportPorts {
  readonly journal: StoreJournal
  /** A read-only connection of this thread. */
  readonly database: Database.Database
  readonly clock: Clock
  readonly kek: Kek
  /** Gets the batch's key before any of its vouchers can be sold. */
  readonly ring: KeyRing
}

export interface ImportOrder {
  readonly fileName: string
  readonly by: string
  readonly how?: How | undefined
  readonly catalogue: BatchCatalogue
  readonly expires: Day | undefined
  readonly today: Day
  readonly release: boolean
  readonly dryRun: boolean
  readonly fileBytesMost: number
}
