// Card numbers sealed anew, page by page: all of them, and none that was destroyed meanwhile. The
// rotation around it is tested in switch/admin.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemTimers } from '../../../protocol/link/timers.ts'
import { Pan } from '../../../protocol/values/pan.ts'
import { Slices } from '../../../voucher-store/import/slices.ts'
import { addKey } from '../../../voucher-store/vault/key-rows.ts'
import { resealCards } from '../../../voucher-store/vault/reseal-rows.ts'
import { keyIdOf, type VaultKey } from '../../../voucher-store/vault/seal.ts'
import { SqliteVault } from '../../../voucher-store/vault/vault.ts'
import { good } from '../../protocol/security/test-module.ts'
import { KEK, NOW, type TemporaryStore, TODAY, temporaryStore } from '../temporary-store.ts'

const PAN = good(Pan.parse('6037991234567893'))
const BY = { by: 'test', atMs: NOW }

let store: TemporaryStore
let vault: SqliteVault
beforeEach(async () => {
  store = await temporaryStore()
  vault = new SqliteVault(store.ring, () => undefined)
})
afterEach(() => store.close())

/** Numbered from 1, each with its card number. */
function sales(count: number): void {
  const insert = store.writer.prepare(
    `insert into sale
       (id, day, time, terminal, stan, merchant, state, response_code, sealed_card,
        created_ms, jseq)
     values (?, ${TODAY}, '113000', 1, ?, 1, 1, '00', ?, ${NOW}, 1)`,
  )
  store.writer.exec('begin')
  for (let id = 1; id <= count; id++) {
    insert.run(id, String(id).padStart(6, '0'), Buffer.from(vault.sealCard(PAN, id), 'latin1'))
  }
  store.writer.exec('commit')
}

async function newCardKey(): Promise<VaultKey> {
  const ports = { ...store, kek: KEK }
  await addKey(ports, { purpose: 'card', detail: {}, also: () => [] }, BY)
  return store.ring.newest('card')
}

async function resealAll(key: VaultKey, journal = store.journal): Promise<number> {
  const ports = { ...store, journal, slices: new Slices(systemTimers) }
  let rows = 0
  for (let after: number | undefined = 0; after !== undefined; ) {
    const step = await resealCards(ports, after, key, BY)
    if (step.resealed.kind === 'done') rows += step.resealed.rows
    after = step.next
  }
  return rows
}

const sealed = () =>
  store.database.prepare('select id, sealed_card as card from sale order by id').all() as {
    id: number
    card: Buffer | null
  }[]

describe('card numbers', () => {
  it.each([999, 1_000, 1_001, 2_500])('of %d sales are all under the new key', async (count) => {
    sales(count)
    const key = await newCardKey()
    expect(await resealAll(key)).toBe(count)
    const rows = sealed()
    expect(new Set(rows.map(({ card }) => keyIdOf(card as Buffer)))).toEqual(new Set([key.id]))
    const { id, card } = rows.at(-1) ?? { id: 0, card: null }
    expect(vault.openCard(card as Buffer, id)?.reveal()).toBe(PAN.reveal())
  })

  it('that are destroyed while they are sealed anew stay destroyed', async () => {
    sales(3)
    const key = await newCardKey()
    const write: TemporaryStore['journal']['write'] = (record) => {
      store.writer.prepare('update sale set sealed_card = null where id = 2').run()
      return store.journal.write(record)
    }
    expect(await resealAll(key, { write })).toBe(2)
    expect(sealed().map(({ card }) => card !== null)).toEqual([true, false, true])
  })
})
