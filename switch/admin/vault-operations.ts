// Keys at rest: what the vault has, and the two rotations, one at a time. Rotating wraps or seals
// anew and opens nothing to anybody. [nothing-lost, D6]

import { EvsError } from '../../admin-api/errors.ts'
import type { AdminOperations } from '../../admin-api/operations.ts'
import type { DataRotationEvent, VaultKeyInfo } from '../../admin-api/vault-schemas.ts'
import { findBatch } from '../../voucher-store/admin/batches.ts'
import { isoMoment } from '../../voucher-store/admin/shown.ts'
import { type KeysInUse, rowsOn } from '../../voucher-store/reports/keys-in-use.ts'
import type { KekPlace } from '../../voucher-store/vault/kek-source.ts'
import { listKeys } from '../../voucher-store/vault/key-rows.ts'
import { type KekRotation, rotateKek } from '../../voucher-store/vault/rotate-kek.ts'
import { rotationOf } from '../../voucher-store/vault/rotation-state.ts'
import { rotateData } from './data-rotation.ts'
import { mustFind, mustFinish, mustWrite } from './operation-errors.ts'
import type { OperationTools } from './operation-ports.ts'

type VaultOperations = Pick<AdminOperations, 'vaultStatus' | 'rotateKek' | 'rotateData'>

export function vaultOperations(tools: OperationTools): VaultOperations {
  const { store, threads, config, by } = tools
  const source = sourceOf(store.kekPlace)
  const turn = new RotationTurn()
  return {
    vaultStatus: async () => {
      const { reportMs: limitMs } = config.timeouts
      const use = mustFinish(await threads.run({ kind: 'keys' }, { limitMs }))
      const begun = rotationOf(store.database)
      const rotation = begun === undefined ? null : { batch: begun.batch }
      return { source, rotation, keys: keysOf(tools, use) }
    },
    rotateKek: (actor, { newKekFile }) =>
      turn.run(async () => {
        const rotated = await rotateKek(store, newKekFile, by(actor))
        if (rotated.kind !== 'rotated') throw refusal(rotated)
        return { keys: rotated.keys, source, file: rotated.kekFile ?? null }
      }),
    rotateData: (actor, { batch = null }) =>
      turn.stream(() => {
        if (batch !== null) mustFind(findBatch(store.database, batch), `batch ${batch}`)
        return rotateData(tools, batch, actor)
      }),
  }
}

function sourceOf({ kekFile, kekToken }: KekPlace): 'file' | 'command' | 'token' {
  if (kekToken !== undefined) return 'token'
  return kekFile === undefined ? 'command' : 'file'
}

function keysOf({ store }: OperationTools, use: KeysInUse): VaultKeyInfo[] {
  const newest = (purpose: 'card' | 'module') =>
    store.ring.has(purpose) ? store.ring.newest(purpose).id : 0
  const current = new Set([newest('card'), newest('module')])
  return listKeys(store.database).map(({ id, purpose, createdMs, batch }) => {
    const hashes = HASH_KEYS.has(purpose)
    return {
      ...{ id, purpose, created: isoMoment(createdMs), batch },
      current: hashes || batch !== null || current.has(id),
      rows: hashes ? null : rowsOn(use, id),
    }
  })
}

const HASH_KEYS: ReadonlySet<string> = new Set(['fingerprint', 'card-hash'])

function refusal(rotated: Exclude<KekRotation, { kind: 'rotated' }>): EvsError {
  switch (rotated.kind) {
    case 'leftover':
      return new EvsError('ALREADY_EXISTS', {
        message: `${rotated.file} is there: an earlier rotation wrote nothing else`,
        hint: 'the switch runs with another key, so that file opens nothing: remove it',
      })
    case 'unusable':
      return new EvsError('USAGE', { message: rotated.message })
    case 'not-made':
      return new EvsError('NOT_READY', {
        message: `${rotated.file} cannot be made: ${rotated.why}`,
        hint: 'look at the disk and who may write there, then try again; nothing was changed',
      })
    case 'not-renamed':
      return new EvsError('CONFLICT', {
        message: `all keys are under the key in ${rotated.file}: ${rotated.why}`,
        hint: 'do not remove that file: it is the key now; the same command puts it in place',
      })
    case 'not-written':
      mustWrite(rotated.result, 'the vault')
      return new EvsError('INTERNAL', { message: 'a rotation was written and is not done' })
  }
}

/** Two rotations would each make keys that the other takes for old ones. */
class RotationTurn {
  #taken = false

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#taken) throw busy()
    this.#taken = true
    try {
      return await work()
    } finally {
      this.#taken = false
    }
  }

  /** Taken when the first event is asked for: one that nobody reads locks nobody out. */
  async *stream(work: () => AsyncIterable<DataRotationEvent>): AsyncGenerator<DataRotationEvent> {
    if (this.#taken) throw busy()
    this.#taken = true
    try {
      yield* work()
    } finally {
      this.#taken = false
    }
  }
}

function busy(): EvsError {
  const hint = 'try again when it has ended; `evs vault status` shows how far it is'
  return new EvsError('CONFLICT', { message: 'another rotation is under way', hint })
}
