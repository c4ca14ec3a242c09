// A process over a temporary store for tests of the vault: its operations, ring and vault as a
// start would open them, and what tests ask of it. Its disk may be full or slow.

import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import type { AdminOperations } from '../../../admin-api/operations.ts'
import * as shapes from '../../../admin-api/vault-schemas.ts'
import { systemTimers } from '../../../protocol/link/timers.ts'
import { SoftwareModule } from '../../../protocol/security/software-module.ts'
import { createOperations } from '../../../switch/admin/operations.ts'
import { defaultSettings } from '../../../switch/limits.ts'
import { SqliteStockReader } from '../../../voucher-store/reading/stock-reader.ts'
import type { StoreRecord } from '../../../voucher-store/store-record.ts'
import type { Kek } from '../../../voucher-store/vault/kek.ts'
import type { KekPlace } from '../../../voucher-store/vault/kek-source.ts'
import { wrappedKeys } from '../../../voucher-store/vault/key-rows.ts'
import { KeyRing, SqliteVault } from '../../../voucher-store/vault/vault.ts'
import {
  addSale,
  addTerminal,
  genericFile,
  importFile,
  KEK,
  KEK_BYTES,
  NOW,
  type TemporaryStore,
  temporaryStore,
  vouchersFrom,
} from '../../voucher-store/temporary-store.ts'

export const actor = { name: 'sara' }
export const VOUCHERS = 700
const FACTS = {
  ...{ sqliteVersion: '3.51.3', journalMode: 'wal', synchronous: 2, foreignKeys: 1, mmapSize: 0 },
}

/** With its key file, a batch in stock, and one sale. */
export async function vaultStore(): Promise<TemporaryStore> {
  const store = await temporaryStore()
  writeFileSync(store.kekPlace.kekFile, `${KEK_BYTES.toString('hex')}\n`, { mode: 0o600 })
  await addTerminal(store)
  await importFile(store, genericFile(vouchersFrom(0, VOUCHERS)))
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  return store
}

export interface Process {
  readonly operations: AdminOperations
  readonly ring: KeyRing
  readonly vault: SqliteVault
  readonly module: SoftwareModule
  readonly kek: () => Kek
}

export interface Disk {
  /** So many records fit on it. */
  readonly writes?: number
  /** Records of this action take their time. */
  readonly slow?: string
  readonly kekPlace?: KekPlace
}

/** A process that has just opened the store. */
export function startedOn(store: TemporaryStore, first: Kek = KEK, disk: Disk = {}): Process {
  const { writes = Number.POSITIVE_INFINITY, slow, kekPlace = store.kekPlace } = disk
  const { file, database } = store
  const ring = KeyRing.open(first, wrappedKeys(database))
  if (ring === undefined) throw new Error('the keys do not open')
  let kek: Kek = first
  let room = writes
  const journal = {
    write: async (record: StoreRecord) => {
      if ('action' in record && record.action === slow) await pause(100)
      if (room-- > 0) return store.journal.write(record)
      return { kind: 'rolled-back', reason: 'full', detail: 'test' } as const
    },
  }
  const keys = { newest: () => ring.newest('module'), byId: (id: number) => ring.byId(id) }
  const module = new SoftwareModule({ production: false, acceptance: undefined }, keys, randomBytes)
  const { operations } = createOperations({
    store: {
      ...{ file, database, kekPlace, ring, journal, facts: FACTS, epoch: 1 },
      get kek() {
        return kek
      },
      replaceKek: (next) => {
        kek = next
      },
    },
    clock: systemTimers,
    wallMs: () => NOW,
    config: {
      ...defaultSettings(),
      listeners: [{ name: 'bank', kind: 'institution', keys: 'aes' }],
      cardHosts: [],
    },
    securityModule: async () => module,
    runtime: undefined,
  })
  const stock = new SqliteStockReader(database)
  const vault = new SqliteVault(ring, (id) => stock.byId(id))
  return { operations, ring, vault, module, kek: () => kek }
}

export async function imported({ operations }: Process): Promise<void> {
  async function* file() {
    yield genericFile(vouchersFrom(5_000, 30))
  }
  const request = { fileName: 'b.csv', release: true, dryRun: false }
  for await (const event of operations.importBatch(actor, request, file())) {
    if (event.kind === 'refused') throw new Error(event.message)
  }
}

export async function rotated(
  { operations }: Process,
  batch?: number,
): Promise<shapes.DataRotationDone> {
  const request = batch === undefined ? {} : { batch }
  for await (const event of operations.rotateData(actor, request)) {
    expect(shapes.dataRotationEvent.parse(event)).toEqual(event)
    if (event.kind === 'done') return event
  }
  throw new Error('no result')
}

export function digits({ vault }: Process, count = VOUCHERS): string[] {
  const ids = Array.from({ length: count }, (_, index) => index + 1)
  return (vault.openVouchers(ids) ?? []).map(({ voucherPin }) => voucherPin.reveal())
}
