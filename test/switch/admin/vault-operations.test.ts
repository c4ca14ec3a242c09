// Both rotations over a real store: nothing that was sealed is lost, nothing is left under a key
// that was replaced, the journal still verifies, and whoever was cut off is gone on with. Damage is
// left where it is, and seen as before.

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AdminOperations } from '../../../admin-api/operations.ts'
import * as shapes from '../../../admin-api/vault-schemas.ts'
import { systemTimers } from '../../../protocol/link/timers.ts'
import { SoftwareModule } from '../../../protocol/security/software-module.ts'
import { Pan } from '../../../protocol/values/pan.ts'
import { createOperations } from '../../../switch/admin/operations.ts'
import { masterPlace, openedSet } from '../../../terminal-gateway/session-keys.ts'
import { writeBackup } from '../../../voucher-store/backup/backup-file.ts'
import { restoreBackup } from '../../../voucher-store/backup/restore.ts'
import { SqliteKeyStore } from '../../../voucher-store/key-store.ts'
import { SqliteStockReader } from '../../../voucher-store/reading/stock-reader.ts'
import { verifyJournal } from '../../../voucher-store/reports/verify-journal.ts'
import type { StoreRecord } from '../../../voucher-store/store-record.ts'
import { wrappedKeys } from '../../../voucher-store/vault/key-rows.ts'
import { keyIdOf } from '../../../voucher-store/vault/seal.ts'
import { KeyRing, SqliteVault } from '../../../voucher-store/vault/vault.ts'
import { good } from '../../protocol/security/test-module.ts'
import {
  addSale,
  addTerminal,
  genericFile,
  importFile,
  intentOf,
  KEK,
  must,
  NOW,
  type TemporaryStore,
  temporaryStore,
  vouchersFrom,
} from '../../voucher-store/temporary-store.ts'

const actor = { name: 'sara' }
const BANK = { kind: 'institution', name: 'bank', institution: 0 } as const
const VOUCHERS = 700
const PAN = good(Pan.parse('6037991234567893'))
const FACTS = {
  ...{ sqliteVersion: '3.51.3', journalMode: 'wal', synchronous: 2, foreignKeys: 1, mmapSize: 0 },
}

let store: TemporaryStore
let kekFile: string

beforeEach(async () => {
  store = await temporaryStore()
  kekFile = store.kekPlace.kekFile
  writeFileSync(kekFile, `${KEK.toString('hex')}\n`, { mode: 0o600 })
  await addTerminal(store)
  await importFile(store, genericFile(vouchersFrom(0, VOUCHERS)))
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
})
afterEach(() => store.close())

interface Process {
  readonly operations: AdminOperations
  readonly ring: KeyRing
  readonly vault: SqliteVault
  readonly module: SoftwareModule
  readonly kek: () => Buffer
}

interface Disk {
  /** So many records fit on it. */
  readonly writes?: number
  /** Records of this action take their time. */
  readonly slow?: string
}

/** A process that has just opened the store. */
function started(first: Buffer = KEK, disk: Disk = {}): Process {
  const { writes = Number.POSITIVE_INFINITY, slow } = disk
  const { file, database, kekPlace } = store
  const ring = KeyRing.open(first, wrappedKeys(database))
  if (ring === undefined) throw new Error('the keys do not open')
  let kek: Buffer = first
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
  const operations = createOperations({
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
      timeouts: { reportMs: 20_000 },
      limits: { batchFileBytes: 1 << 20, reversalAgeHours: 24 },
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

async function imported({ operations }: Process): Promise<void> {
  async function* file() {
    yield genericFile(vouchersFrom(5_000, 30))
  }
  const request = { fileName: 'b.csv', release: true, dryRun: false }
  for await (const event of operations.importBatch(actor, request, file())) {
    if (event.kind === 'refused') throw new Error(event.message)
  }
}

async function rotated({ operations }: Process, batch?: number): Promise<shapes.DataRotationDone> {
  const request = batch === undefined ? {} : { batch }
  for await (const event of operations.rotateData(actor, request)) {
    expect(shapes.dataRotationEvent.parse(event)).toEqual(event)
    if (event.kind === 'done') return event
  }
  throw new Error('no result')
}

function digits({ vault }: Process, count = VOUCHERS): string[] {
  const ids = Array.from({ length: count }, (_, index) => index + 1)
  return (vault.openVouchers(ids) ?? []).map(({ voucherPin }) => voucherPin.reveal())
}

const sealedKeys = (query: string): number[] => {
  const sealed = store.database.prepare(query).pluck().all() as Buffer[]
  return [...new Set(sealed.map(keyIdOf))]
}
const problems = () => verifyJournal(store.database).problems

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
    ["update voucher set sealed = 'text' where id = 300", 250],
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

describe('the rotation of the key-encryption key', () => {
  it('wraps every key anew, and puts the new key in its place', async () => {
    const before = started()
    const known = digits(before)
    const done = await before.operations.rotateKek(actor, {})
    expect(done).toEqual({ keys: 6, source: 'file', file: kekFile })
    expect(shapes.kekRotation.parse(done)).toEqual(done)
    const next = Buffer.from(readFileSync(kekFile, 'utf8').trim(), 'hex')
    expect(next).toEqual(before.kek())
    expect(existsSync(`${kekFile}.new`)).toBe(false)
    expect(() => started(KEK)).toThrow('do not open')
    expect(digits(started(next))).toEqual(known)
    expect(digits(before)).toEqual(known)
    expect(problems()).toEqual([])
  })

  it('takes imports and data rotations that come after it', async () => {
    const running = started()
    await running.operations.rotateKek(actor, {})
    await imported(running)
    await rotated(running)
    expect(digits(started(running.kek()), VOUCHERS + 30)).toHaveLength(VOUCHERS + 30)
  })

  it.each([
    ['that makes its key', 'batch import begun'],
    ['that comes while keys are wrapped', 'vault rotate kek'],
  ])('takes an import %s meanwhile', async (_when, slow) => {
    const running = started(KEK, { slow })
    const importing = slow === 'batch import begun' ? imported(running) : undefined
    if (importing !== undefined) await pause(50)
    await Promise.all([running.operations.rotateKek(actor, {}), importing ?? imported(running)])
    expect(running.kek()).not.toEqual(KEK)
    expect(digits(started(running.kek()), VOUCHERS + 30)).toHaveLength(VOUCHERS + 30)
  })

  it('leaves everything as it was when its record is not written', async () => {
    const full = started(KEK, { writes: 0 })
    await expect(full.operations.rotateKek(actor, {})).rejects.toThrow('takes no writes')
    expect(existsSync(`${kekFile}.new`)).toBe(false)
    expect(full.kek()).toEqual(KEK)
    expect(digits(started())).toHaveLength(VOUCHERS)
  })

  it('is refused while the key of an earlier one lies there, or when one is given', async () => {
    const { operations } = started()
    await expect(operations.rotateKek(actor, { newKekFile: kekFile })).rejects.toThrow('none can')
    writeFileSync(`${kekFile}.new`, '')
    await expect(operations.rotateKek(actor, {})).rejects.toThrow('is there')
    expect(readFileSync(`${kekFile}.new`, 'utf8')).toBe('')
  })

  it('makes a backup that was asked for before it say so', async () => {
    const { operations, kek } = started()
    await operations.rotateKek(actor, {})
    const target = join(store.directory, 'b.evsbak')
    const order = { file: store.file, target, createdMs: NOW }
    expect(writeBackup(store.database, { ...order, kek: KEK })).toEqual({ otherKek: true })
    expect(existsSync(target)).toBe(false)
    expect(writeBackup(store.database, { ...order, kek: kek() })).toMatchObject({ file: target })
  })

  it('lets old backups be restored with the old key, and new ones with the new', async () => {
    const old = join(store.directory, 'old.evsbak')
    const { operations, kek } = started()
    await operations.backup(actor, old)
    await operations.rotateKek(actor, {})
    await rotated({ operations } as Process)
    const young = join(store.directory, 'young.evsbak')
    await operations.backup(actor, young)
    for (const [backup, right, wrong] of [
      [old, KEK, kek()],
      [young, kek(), KEK],
    ] as const) {
      const directory = join(store.directory, `to-${right === KEK ? 'old' : 'young'}`)
      const order = { directory, backup, by: 'test', atMs: NOW }
      expect(await restoreBackup({ ...order, kek: wrong })).toMatchObject({ code: 'KEK_WRONG' })
      expect(await restoreBackup({ ...order, kek: right })).toMatchObject({ kind: 'restored' })
    }
  })
})

it('one rotation at a time', async () => {
  const { operations } = started()
  const events = operations.rotateData(actor, {})[Symbol.asyncIterator]()
  const first = events.next()
  await expect(operations.rotateKek(actor, {})).rejects.toThrow('another rotation')
  await expect(rotated({ operations } as Process)).rejects.toThrow('another rotation')
  await first
})
