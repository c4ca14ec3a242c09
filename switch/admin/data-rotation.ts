// New data keys for the vault while everything goes on: new keys first, then row by row what the
// old ones seal, then the old keys are removed. The process keeps old keys open until it ends,
// since stock in memory and sales in flight hold what they sealed.
//
// Whoever dies in between, or whose caller goes away, is gone on with by the next one: what is done
// is told by the rows. A batch that is being imported keeps its key until another time.

import { EvsError } from '../../admin-api/errors.ts'
import type { DataRotationDone, DataRotationEvent } from '../../admin-api/vault-schemas.ts'
import type { ChangeResult } from '../../voucher-store/admin/admin-write.ts'
import {
  FIRST_KEY,
  type KeyPlace,
  type KeyStep,
  keysNotUnder,
} from '../../voucher-store/admin/keys.ts'
import { sql, statement } from '../../voucher-store/admin/statements.ts'
import { Slices } from '../../voucher-store/import/slices.ts'
import { type KeysInUse, rowsOn } from '../../voucher-store/reports/keys-in-use.ts'
import { addKey, listKeys } from '../../voucher-store/vault/key-rows.ts'
import { type Resealed, resealCards, resealChunk } from '../../voucher-store/vault/reseal-rows.ts'
import {
  batchesOf,
  beginRotation,
  endRotation,
  markSealing,
  type RotatingBatch,
  type Rotation,
  rotationOf,
} from '../../voucher-store/vault/rotation-state.ts'
import { mustFinish, mustWrite } from './operation-errors.ts'
import type { OperationTools } from './operation-ports.ts'
import { resealModuleKeys } from './reseal-module-keys.ts'

const HOUR_MS = 3_600_000
/** They grow with the store; this only ends what hangs. */
const SCAN = { limitMs: 4 * HOUR_MS }
const MODULE_KEYS = 100
/** A sale in flight may seal under the old key once more; nothing does it twice. */
const PASSES = 3
const PROGRESS_EVERY_MS = 200
const WHAT = 'the rotation'

interface Tally {
  vouchers: number
  cards: number
  keys: number
}

export async function* rotateData(
  tools: OperationTools,
  asked: number | null,
  actor: { readonly name: string },
): AsyncGenerator<DataRotationEvent, void, undefined> {
  const { store, clock } = tools
  const startedMs = clock.monotonicMs()
  const rotation = await begun(tools, asked, actor)
  const by = () => tools.by(actor)
  await makeKeys(tools, rotation, by)
  mustWrite(await markSealing(store.journal, by()), WHAT)
  const batches = batchesOf(store.database, rotation.batch)
  const tally: Tally = { vouchers: 0, cards: 0, keys: 0 }
  let toldMs = startedMs
  for (let pass = 0; pass < PASSES; pass++) {
    const use = mustFinish(await tools.threads.run({ kind: 'keys' }, SCAN))
    const old = oldKeys(tools, rotation)
    const of = total(tally) + old.reduce((sum, key) => sum + rowsOn(use, key), 0)
    const before = total(tally)
    for await (const _ of resealed(tools, { rotation, batches, use, tally }, by)) {
      if (clock.monotonicMs() - toldMs < PROGRESS_EVERY_MS) continue
      toldMs = clock.monotonicMs()
      yield { kind: 'progress', rows: total(tally), of }
    }
    if (total(tally) === before) break
  }
  const end = await ended(tools, rotation, by)
  const skipped = batchesOf(store.database, rotation.batch)
    .filter(({ key }) => key < rotation.before)
    .map(({ id }) => id)
  const seconds = Math.round(clock.monotonicMs() - startedMs) / 1_000
  yield { kind: 'done', ...tally, ...end, skipped, seconds }
}

type ByNow = () => ReturnType<OperationTools['by']>

/** The one that was begun, or a new one. */
async function begun(
  tools: OperationTools,
  asked: number | null,
  actor: { readonly name: string },
): Promise<Rotation> {
  const { store } = tools
  const found = rotationOf(store.database)
  if (found !== undefined && found.batch !== asked) {
    const flag = found.batch === null ? '--all' : `--batch ${found.batch}`
    const message = `a rotation with ${flag} was begun and is not done`
    throw new EvsError('CONFLICT', { message, hint: `finish it: evs vault rotate data ${flag}` })
  }
  if (found !== undefined) return found
  mustWrite(await beginRotation(store, asked, tools.by(actor)), WHAT)
  const rotation = rotationOf(store.database)
  if (rotation === undefined) throw new Error('a rotation that was begun is not there')
  return rotation
}

/** Each before the first row that it seals; those that an earlier process made are there. */
async function makeKeys(tools: OperationTools, rotation: Rotation, by: ByNow): Promise<void> {
  const { store } = tools
  // The storage key of a store from before there was one is made by whoever opens the module.
  const module = await tools.securityModule()
  if (rotation.batch === null) {
    for (const purpose of ['card', 'module'] as const) {
      if (store.ring.newest(purpose).id >= rotation.before) continue
      const also = (id: number) => {
        // Where keys are in a token the row gives its storage key a number, and no more.
        if (purpose === 'module') module.makeStorageKey?.(id)
        return []
      }
      const key = { purpose, detail: { rotation: true }, also }
      mustWrite(await addKey(store, key, by()), WHAT)
    }
  }
  for (const { id: batch, key: old, loading } of batchesOf(store.database, rotation.batch)) {
    if (loading || old >= rotation.before) continue
    const key = {
      purpose: 'pin' as const,
      detail: { rotation: true, batch },
      also: (id: number) => {
        const row = sql('batch').where({ id: batch, vault_key: old })
        return [statement(row.update({ vault_key: id }), 1)]
      },
    }
    mustWrite(await addKey(store, key, by()), WHAT)
  }
}

interface Work {
  readonly rotation: Rotation
  readonly batches: readonly RotatingBatch[]
  readonly use: KeysInUse
  readonly tally: Tally
}

/** Gives a sign after each step. */
async function* resealed(tools: OperationTools, work: Work, by: ByNow): AsyncGenerator<void> {
  yield* vouchers(tools, work, by)
  if (work.rotation.batch !== null) return
  yield* cards(tools, work.tally, by)
  yield* moduleKeys(tools, work.tally, by)
}

async function* vouchers(
  tools: OperationTools,
  { batches, use, tally }: Work,
  by: ByNow,
): AsyncGenerator<void> {
  const { store, threads } = tools
  const keyOf = new Map(batches.flatMap((one) => (one.loading ? [] : [[one.id, one.key]])))
  const behind = use.vouchers.filter(({ batch, key }) => {
    const current = keyOf.get(batch)
    return current !== undefined && current !== key
  })
  if (behind.length === 0) return
  const job = { kind: 'chunks', batches: behind.map(({ batch }) => batch) } as const
  const chunks = mustFinish(await threads.run(job, SCAN))
  const ports = resealPorts(tools)
  for (const chunk of chunks) {
    const key = store.ring.byId(keyOf.get(chunk.batch) ?? 0)
    if (key === undefined) throw new Error(`batch ${chunk.batch} has no key`)
    tally.vouchers += rowsOf(await resealChunk(ports, chunk, key, by()))
    yield
  }
}

async function* cards(tools: OperationTools, tally: Tally, by: ByNow): AsyncGenerator<void> {
  const ports = resealPorts(tools)
  const key = tools.store.ring.newest('card')
  for (let after: number | undefined = 0; after !== undefined; ) {
    const step: Awaited<ReturnType<typeof resealCards>> = await resealCards(ports, after, key, by())
    tally.cards += rowsOf(step.resealed)
    after = step.next
    yield
  }
}

async function* moduleKeys(tools: OperationTools, tally: Tally, by: ByNow): AsyncGenerator<void> {
  const { database, journal, ring } = tools.store
  const { slices } = resealPorts(tools)
  const module = await tools.securityModule()
  const { id } = ring.newest('module')
  for (let after: KeyPlace | undefined = FIRST_KEY; after !== undefined; ) {
    const step: KeyStep = keysNotUnder(database, id, { after, most: MODULE_KEYS })
    tally.keys += written(await resealModuleKeys(module, journal, step.keys, by()))
    after = step.next
    // Where nothing is written nothing else gives way.
    await slices.pause()
    yield
  }
}

/** Removes the old keys under which nothing is left; tells of the others. */
async function ended(
  tools: OperationTools,
  rotation: Rotation,
  by: ByNow,
): Promise<Pick<DataRotationDone, 'removedKeys' | 'left'>> {
  const use = mustFinish(await tools.threads.run({ kind: 'keys' }, SCAN))
  const old = oldKeys(tools, rotation)
  const unused = old.filter((key) => rowsOn(use, key) === 0)
  mustWrite(await endRotation(tools.store.journal, unused, by()), WHAT)
  const left = old.reduce((sum, key) => sum + rowsOn(use, key), 0)
  return { removedKeys: unused.length, left }
}

/** Keys that seal nothing new any more. */
function oldKeys(tools: OperationTools, { before, batch }: Rotation): number[] {
  const { database, ring } = tools.store
  const current = [ring.newest('card').id, ring.newest('module').id]
  const purposes = batch === null ? ['pin', 'card', 'module'] : ['pin']
  return listKeys(database)
    .filter((key) => key.id < before && key.batch === null && purposes.includes(key.purpose))
    .filter(({ id }) => !current.includes(id))
    .map(({ id }) => id)
}

function resealPorts({ store, clock, wallMs }: OperationTools) {
  const { database, journal, ring } = store
  const timers = {
    monotonicMs: () => clock.monotonicMs(),
    wallMs,
    after: (ms: number, run: () => void) => clock.after(ms, run),
  }
  return { database, journal, ring, slices: new Slices(timers) }
}

/** A row that changed meanwhile is for the next pass. */
function rowsOf(resealed: Resealed): number {
  return resealed.kind === 'done' ? resealed.rows : written(resealed.result)
}

function written(result: ChangeResult): number {
  if (result.kind === 'changed') return 0
  mustWrite(result, WHAT)
  return result.kind === 'written' ? result.changes : 0
}

function total({ vouchers: pins, cards: numbers, keys }: Tally): number {
  return pins + numbers + keys
}
