// The rotation of data keys over a real store: nothing that was sealed is lost, nothing is left
// under a key that was replaced, the journal verifies, and whoever was cut off is gone on with.
// Damage is left where it is, and seen as before.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as shapes from '../../../admin-api/vault-schemas.ts'
import { Pan } from '../../../protocol/values/pan.ts'
import { masterPlace } from '../../../switch/core/key-store.ts'
import { openedSet } from '../../../terminal-gateway/session-keys.ts'
import { batchCode } from '../../../voucher-store/codes.ts'
import { CHUNK_IMPORTED } from '../../../voucher-store/import/chunk-digests.ts'
import { SqliteKeyStore } from '../../../voucher-store/key-store.ts'
import { SqliteStockReader } from '../../../voucher-store/reading/stock-reader.ts'
import { verifyJournal } from '../../../voucher-store/reports/verify-journal.ts'
import type { Kek } from '../../../voucher-store/vault/kek.ts'
import { keyIdOf } from '../../../voucher-store/vault/seal.ts'
import { good } from '../../protocol/security/test-module.ts'
import {
  genericFile,
  importFile,
  intentOf,
  KEK,
  must,
  NOW,
  type TemporaryStore,
  vouchersFrom,
} from '../../voucher-store/temporary-store.ts'
import {
  actor,
  type Disk,
  digits,
  imported,
  rotated,
  startedOn,
  VOUCHERS,
  vaultStore,
} from './vault-process.ts'

const BANK = { kind: 'institution', name: 'bank', institution: 0 } as const
const PAN = good(Pan.parse('6037991234567893'))

let store: TemporaryStore
beforeEach(async () => {
  store = await vaultStore()
})
afterEach(() => store.close())

const started = (first?: Kek, disk?: Disk) => startedOn(store, first, disk)
const problems = () => verifyJournal(store.database).problems
const sealedKeys = (query: string): number[] => {
  const sealed = store.database.prepare(query).pluck().all() as Buffer[]
  return [...new Set(sealed.map(keyIdOf))]
}

describe('the rotation of all data keys', () => {
  it('leaves every PIN as it was and no row, nor a key, of before', async () => {
    const before = started()
    const old = (await before.operations.vaultStatus()).keys.map(({ id }) => id)
    const known = digits(before)
    const window = new SqliteStockReader(store.database).available('093205', undefined, 5).vouchers
    const done = await rotated(before)
    expect(done).toMatchObject({ vouchers: VOUCHERS, left: 0, skipped: [], removedKeys: 4 })
    expect(digits(before)).toEqual(known)
    // What was read before the rotation opens as long as this process lives.
    expect(window.map((one) => before.vault.openPin(one)?.reveal())).toEqual(known.slice(1, 6))
    const after = started()
    expect(digits(after)).toEqual(known)
    const status = shapes.vaultStatus.parse(await after.operations.vaultStatus())
    expect(status.rotation).toBeNull()
    const hashes = ['fingerprint', 'card-hash']
    for (const key of status.keys) {
      expect(old.includes(key.id)).toBe(hashes.includes(key.purpose))
      expect(key.current).toBe(true)
    }
    expect(status.keys.find(({ batch }) => batch === 1)?.rows).toBe(VOUCHERS)
    expect(problems()).toEqual([])
  })

  it('keeps no ciphertext and no key in the journal', async () => {
    await rotated(started())
    const bodies = store.database.prepare('select body from journal').pluck().all().join('\n')
    const sealed = store.database.prepare('select sealed from voucher').pluck().all() as Buffer[]
    for (const one of sealed.slice(0, 20)) {
      expect(bodies).not.toContain(JSON.stringify([...one.subarray(4, 16)]).slice(1, -1))
      expect(bodies).not.toContain(one.toString('hex'))
    }
  })

  it('seals the card numbers anew that are there, and brings none back', async () => {
    const before = started()
    const intent = { ...intentOf({ id: 2, voucherIds: [2] }) }
    await must(
      store.journal.write({ ...intent, sealedCard: before.vault.sealCard(PAN, 2) } as never),
    )
    const gone = { ...intentOf({ id: 3, voucherIds: [3] }) }
    await must(store.journal.write({ ...gone, sealedCard: before.vault.sealCard(PAN, 3) } as never))
    const read = (id: number) =>
      store.database.prepare('select sealed_card from sale where id = ?').pluck().get(id) as Buffer
    const held = read(2)
    store.writer.prepare('update sale set sealed_card = null where id = 3').run()
    expect((await rotated(before)).cards).toBe(1)
    expect(read(3)).toBeNull()
    expect(read(2)).not.toEqual(held)
    expect(started().vault.openCard(read(2), 2)?.reveal()).toBe(PAN.reveal())
    expect(before.vault.openCard(held, 2)?.reveal()).toBe(PAN.reveal())
    expect(problems()).toEqual([])
  })

  it('seals keys of terminals and zones anew for the places where they lie', async () => {
    const before = started()
    await before.operations.issueKey(actor, { owner: BANK, scheme: 'aes', parts: 2 })
    await before.operations.makeZoneKeys(actor, { owner: BANK })
    expect((await rotated(before)).keys).toBe(4)
    const { module, ring } = started()
    expect(sealedKeys('select sealed from master_key')).toEqual([ring.newest('module').id])
    const keys = new SqliteKeyStore({ ...store, wallMs: () => NOW })
    const { master, pending } = keys.find('institution/bank')
    if (master === undefined || pending === undefined) throw new Error('no keys')
    const place = masterPlace('institution/bank')
    expect(module.unseal('master', 'aes', master.sealed, place)).toBeDefined()
    expect(openedSet(module, 'institution/bank', pending)).toBeDefined()
    expect(problems()).toEqual([])
  })

  it('seals the base key of DUKPT terminals anew', async () => {
    const before = started()
    const owner = { kind: 'dukpt', name: 'FFFF987654', institution: 0 } as const
    await before.operations.issueKey(actor, { owner, scheme: 'tdes', parts: 2 })
    expect(await rotated(before)).toMatchObject({ keys: 1, left: 0 })
    const { module, ring } = started()
    expect(sealedKeys('select sealed from master_key')).toEqual([ring.newest('module').id])
    const { master } = new SqliteKeyStore({ ...store, wallMs: () => NOW }).find('dukpt/FFFF987654')
    const place = masterPlace('dukpt/FFFF987654')
    const sealed = master?.sealed ?? expect.fail('no key')
    expect(module.unseal('dukpt-base', 'tdes', sealed, place)).toBeDefined()
  })

  it('seals hundreds of keys anew, though as many as fit into a step do not open', async () => {
    const before = started()
    const row = store.writer.prepare(
      `insert into master_key (owner, scheme, sealed, check_value, created_ms)
         values (?, 'aes', ?, '000000', 0)`,
    )
    const key = before.module.generate('master', 'aes')
    for (let id = 1; id <= 450; id++) {
      const owner = `institution/${id}`
      // Those of another place are the first that are found.
      const place = masterPlace(id <= 110 ? 'institution/other' : owner)
      row.run(owner, Buffer.from(before.module.seal(key, place)))
    }
    const tries = vi.spyOn(before.module, 'unseal')
    expect(await rotated(before)).toMatchObject({ keys: 340, left: 110 })
    // What does not open is tried for both uses that it may have, once in each of two walks.
    expect(tries).toHaveBeenCalledTimes(340 + 2 * 2 * 110)
  })

  it('seals a key anew that comes into force behind the walk', async () => {
    const before = started()
    await before.operations.issueKey(actor, { owner: BANK, scheme: 'aes', parts: 2 })
    await before.operations.makeZoneKeys(actor, { owner: BANK })
    const { journal } = store
    const write = journal.write.bind(journal)
    let resealed = 0
    const spy = vi.spyOn(journal, 'write').mockImplementation(async (record) => {
      const result = await write(record)
      if (!('action' in record) || record.action !== 'vault reseal keys') return result
      // Sealed by the module before the new key was there, and written after the walk.
      if (++resealed === 4) {
        const text = 'update key_set set slot = ?, pin_key = ?'
        store.writer.prepare(text).run('active', pinKey)
      }
      return result
    })
    const pinKey = store.database.prepare('select pin_key from key_set').pluck().get()
    expect(await rotated(before)).toMatchObject({ keys: 5, left: 0 })
    spy.mockRestore()
    expect(sealedKeys('select pin_key from key_set')).toEqual([started().ring.newest('module').id])
    expect(problems()).toEqual([])
  })

  it('leaves a batch its key that is being imported, and takes it the next time', async () => {
    const running = started()
    const { journal } = store
    const write = journal.write.bind(journal)
    const skipped: number[][] = []
    // Its key is there, and not one row of it yet.
    const isFirst = (action: string) => action === CHUNK_IMPORTED && skipped.length === 0
    const spy = vi.spyOn(journal, 'write').mockImplementation(async (record) => {
      if (record.kind === 'admin' && isFirst(record.action)) {
        skipped.push((await rotated(running)).skipped)
      }
      return write(record)
    })
    await imported(running)
    spy.mockRestore()
    expect(skipped).toEqual([[2]])
    const known = digits(started(), VOUCHERS + 30)
    expect(known).toHaveLength(VOUCHERS + 30)
    expect(await rotated(started())).toMatchObject({ skipped: [], left: 0 })
    expect(digits(started(), VOUCHERS + 30)).toEqual(known)
    expect(problems()).toEqual([])
  })

  it('tells a batch whose import ended just after it was left out', async () => {
    const { journal, writer } = store
    const write = journal.write.bind(journal)
    const setState = writer.prepare('update batch set state = ? where id = 1')
    setState.run(batchCode('loading'))
    const spy = vi.spyOn(journal, 'write').mockImplementation((record) => {
      const isMarked = record.kind === 'admin' && record.action === 'vault keys in force'
      if (isMarked) setState.run(batchCode('released'))
      return write(record)
    })
    expect(await rotated(started())).toMatchObject({ vouchers: 0, skipped: [1] })
    spy.mockRestore()
    expect(await rotated(started())).toMatchObject({ vouchers: VOUCHERS, skipped: [], left: 0 })
  })

  it('verifies after an import was removed and its numbers were given again', async () => {
    const known = [...vouchersFrom(2_000, 6_000), ...vouchersFrom(0, 1)]
    await importFile(store, genericFile(known))
    await importFile(store, genericFile(vouchersFrom(2_000, 500)))
    expect(store.records.some((one) => 'action' in one && /removed/.test(one.action))).toBe(true)
    const done = await rotated(started())
    expect(done).toMatchObject({ vouchers: VOUCHERS + 500, left: 0 })
    expect(problems()).toEqual([])
    await rotated(started())
    expect(problems()).toEqual([])
  })
})

describe('a rotation that was cut off', () => {
  it.each([0, 1, 3, 5, 6])('after %i records is gone on with', async (writes) => {
    const known = digits(started())
    await expect(rotated(started(KEK, { writes }))).rejects.toThrow('takes no writes')
    expect(problems()).toEqual([])
    const between = started()
    expect(digits(between)).toEqual(known)
    const before = sealedKeys('select sealed from voucher')
    const done = await rotated(between)
    expect(done.left).toBe(0)
    // Chunks that were done are not done again.
    expect(done.vouchers).toBeLessThanOrEqual(before.length > 1 ? VOUCHERS - 250 : VOUCHERS)
    expect(digits(started())).toEqual(known)
    expect(sealedKeys('select sealed from voucher')).toHaveLength(1)
    expect((await started().operations.vaultStatus()).keys).toHaveLength(5)
    expect(problems()).toEqual([])
  })

  it('is finished before another one begins', async () => {
    await expect(rotated(started(KEK, { writes: 2 }))).rejects.toThrow()
    await expect(rotated(started(), 1)).rejects.toThrow('--all was begun')
    expect((await started().operations.vaultStatus()).rotation).toEqual({ batch: null })
  })
})

describe('the rotation of one batch', () => {
  it('touches no other', async () => {
    await importFile(store, genericFile(vouchersFrom(2_000, 300)))
    const query = 'select sealed from voucher where id > 700'
    const others = sealedKeys(query)
    const done = await rotated(started(), 1)
    expect(done).toMatchObject({ vouchers: VOUCHERS, removedKeys: 1 + 1, cards: 0, keys: 0 })
    expect(sealedKeys(query)).toEqual(others)
    await expect(rotated(started(), 9)).rejects.toThrow('no batch 9')
  })
})

describe('damage', () => {
  it.each([
    ["update voucher set serial = '1' where id = 300", 250],
    ["update voucher set sealed = cast(x'00000006' || randomblob(42) as blob) where id = 300", 250],
    ["update voucher set sealed = 'text' where id = 300", 249],
    ['delete from voucher where id = 300', 249],
  ])('by %s is not sealed anew: the chunk stays, and is still seen', async (change, left) => {
    const { operations } = started()
    const pinKey = (await operations.vaultStatus()).keys.find(({ batch }) => batch === 1)?.id ?? 0
    store.writer.exec(change.replace('00000006', pinKey.toString(16).padStart(8, '0')))
    const found = problems().join()
    const done = await rotated(started())
    expect(done).toMatchObject({ vouchers: VOUCHERS - 250, left })
    expect(found).toContain('vouchers 251 to 500 are not as imported')
    expect(problems().join()).toContain('vouchers 251 to 500 are not as imported')
    // The key under which the rest lies is kept.
    expect(started().ring.byId(pinKey)).toBeDefined()
  })

  it('done to what was sealed anew is seen', async () => {
    await rotated(started())
    store.writer.exec(
      'update voucher set sealed = (select sealed from voucher where id = 9) where id = 8',
    )
    expect(problems().join()).toContain('vouchers 1 to 250 are not as imported')
  })
})
