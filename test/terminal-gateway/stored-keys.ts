// Keys of terminals and zones as the table of keys holds them, in memory: a set replaces a pending
// one of a lower generation, and an activation moves it, while the master key that they came under
// is the owner's. A disk that is full takes nothing.

import type { Key, SecurityModule } from '../../protocol/security/security-module.ts'
import {
  type KeyOwner,
  type KeyStore,
  masterPlace,
  type SealedKeySet,
  type StoredKeys,
} from '../../switch/core/key-store.ts'

interface Row {
  master: StoredKeys['master']
  serialNumber: string | undefined
  active: SealedKeySet | undefined
  pending: SealedKeySet | undefined
}

export class StoredInMemory implements KeyStore {
  readonly #rows = new Map<KeyOwner, Row>()
  full = false

  putMaster(module: SecurityModule, owner: KeyOwner, master: Key): void {
    const sealed = module.seal(master, masterPlace(owner))
    const checkValue = module.checkValue(master)
    this.row(owner).master = { scheme: master.scheme, sealed, checkValue }
  }

  clear(): void {
    this.#rows.clear()
  }

  find(owner: KeyOwner): StoredKeys {
    return { ...this.row(owner) }
  }

  async putPending(owner: KeyOwner, set: SealedKeySet, under: string): Promise<boolean> {
    await Promise.resolve()
    if (this.full) return false
    const row = this.row(owner)
    if (under !== (row.master?.checkValue ?? '')) return false
    if (set.generation <= (row.pending?.generation ?? 0)) return false
    row.pending = set
    return true
  }

  async activate(
    owner: KeyOwner,
    { generation }: { generation: number },
    under: string,
    whole?: SealedKeySet,
  ): Promise<boolean> {
    await Promise.resolve()
    if (this.full) return false
    const row = this.row(owner)
    if (under !== (row.master?.checkValue ?? '')) return false
    const isPending = row.pending?.generation === generation
    if (!isPending && row.active?.generation === generation) return true
    const set = isPending ? row.pending : whole
    if (set === undefined) return false
    row.active = set
    if (isPending) row.pending = undefined
    row.serialNumber ??= set.serialNumber
    return true
  }

  /** The row itself, for a test that changes what is stored. */
  row(owner: KeyOwner): Row {
    const found = this.#rows.get(owner)
    if (found !== undefined) return found
    const row = {
      master: undefined,
      serialNumber: undefined,
      active: undefined,
      pending: undefined,
    }
    this.#rows.set(owner, row)
    return row
  }
}
