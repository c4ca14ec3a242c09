// One import at a time: two could each miss what the other is about to write. What is left of an
// import that a kill or a full disk cut off is removed in the same turn: once the ports are open,
// so that no start waits for it, and before any other import, which would meet its rows.

import { EvsError } from '../../admin-api/errors.ts'
import { type ImportProgress, removeUnfinishedImports } from '../../voucher-store/import.ts'
import type { OperationPorts } from './operation-ports.ts'

export class ImportTurn {
  readonly #ports: Pick<OperationPorts, 'store' | 'wallMs'>
  #taken = false
  #stopped = false
  #removing: Promise<string | undefined> | undefined

  constructor(ports: Pick<OperationPorts, 'store' | 'wallMs'>) {
    this.#ports = ports
  }

  run(work: () => AsyncIterable<ImportProgress>): AsyncIterable<ImportProgress> {
    if (this.#taken) throw busy()
    return this.#inTurn(work)
  }

  /** Gives why something is left. What an import is loading at present is not unfinished. */
  async removeUnfinished(): Promise<string | undefined> {
    if (this.#removing !== undefined) return this.#removing
    return this.#taken ? undefined : this.#removed()
  }

  /** Lets a removal end after its present record: the next start goes on with it. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#removing
  }

  /** Taken when the first event is asked for: one that nobody reads locks nobody out. */
  async *#inTurn(work: () => AsyncIterable<ImportProgress>): AsyncGenerator<ImportProgress> {
    if (this.#taken) throw busy()
    this.#taken = true
    try {
      // Whatever is left, it is told at the start, and numbers and PINs of it are not given again.
      await this.#removed()
      if (this.#stopped) throw new EvsError('NOT_READY')
      yield* work()
    } finally {
      this.#taken = false
    }
  }

  #removed(): Promise<string | undefined> {
    this.#removing ??= this.#remove().finally(() => {
      this.#removing = undefined
    })
    return this.#removing
  }

  async #remove(): Promise<string | undefined> {
    const { store, wallMs } = this.#ports
    const { journal, database } = store
    const ports = { journal, database, isStopped: () => this.#stopped }
    try {
      return (await removeUnfinishedImports(ports, wallMs)).problem
    } catch (error) {
      return (error as Error).message
    }
  }
}

function busy(): EvsError {
  const hint = 'try again when it has ended; `evs batch list` shows it as loading'
  return new EvsError('CONFLICT', { message: 'another batch is being imported', hint })
}
