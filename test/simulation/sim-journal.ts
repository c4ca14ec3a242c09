// The journal's port over a store that commits at once: groups, delays and faults are drawn here,
// as the writer thread and the disk would have them. A group that a crash overtakes is lost or
// committed without its news; nobody hears of it either way.

import type { Timers } from '../../protocol/link/timers.ts'
import type { Journal, JournalRecord, WriteResult } from '../../switch/core/journal.ts'
import type { StoreRecord } from '../../voucher-store/store-record.ts'

export interface JournalFaults {
  /** The group is refused as if the disk were full. */
  readonly full: () => boolean
  /** The queue takes nothing more. */
  readonly busy: () => boolean
  /** What happens to the process at this commit. */
  readonly fate: () => 'commits' | 'fails' | 'commits unseen'
  readonly delayMs: () => number
}

export interface JournalPorts {
  readonly timers: Timers
  readonly faults: JournalFaults
  readonly commit: (records: readonly StoreRecord[]) => readonly WriteResult[]
  /** Something happens that a crash can come before; false: the process is gone. */
  readonly effect: (what: JournalEffect) => boolean
  /** The process ends by itself, because the store's state cannot be told. */
  readonly fatal: (why: string) => void
  readonly seen: (record: JournalRecord, result: WriteResult) => void
}

export type JournalEffect = 'handed over' | 'before commit' | 'after commit' | 'news'

interface Waiting {
  readonly record: StoreRecord
  readonly resolve: (result: WriteResult) => void
}

export class SimJournal implements Journal {
  readonly #ports: JournalPorts
  #waiting: Waiting[] = []
  #busy = false

  constructor(ports: JournalPorts) {
    this.#ports = ports
  }

  write(record: StoreRecord): Promise<WriteResult> {
    return new Promise((resolve) => {
      const { effect, faults } = this.#ports
      if (!effect('handed over')) return
      if (faults.busy()) {
        const result = { kind: 'rolled-back', reason: 'busy', detail: 'simulated' } as const
        this.#seen(record, result)
        return resolve(result)
      }
      this.#waiting.push({ record, resolve })
      this.#begin()
    })
  }

  #begin(): void {
    if (this.#busy || this.#waiting.length === 0) return
    this.#busy = true
    const { timers, faults } = this.#ports
    timers.after(faults.delayMs(), () => this.#commit())
  }

  #commit(): void {
    const { timers, faults, effect, fatal } = this.#ports
    if (!effect('before commit')) return
    const group = this.#waiting
    this.#waiting = []
    const fate = faults.fate()
    if (fate === 'fails') return fatal('disk I/O error')
    const results = faults.full() ? group.map(full) : this.#results(group)
    if (fate === 'commits unseen') return fatal('the commit is ambiguous')
    for (const [index, { record }] of group.entries()) {
      this.#seen(record, results[index] as WriteResult)
    }
    if (!effect('after commit')) return
    // The answer takes its time too: a crash may come between the commit and its news.
    timers.after(faults.delayMs(), () => {
      if (!effect('news')) return
      this.#busy = false
      for (const [index, waiting] of group.entries()) {
        waiting.resolve(results[index] as WriteResult)
      }
      this.#begin()
    })
  }

  /** Of what the core writes; administration has no transitions of sales. */
  #seen(record: StoreRecord, result: WriteResult): void {
    if (isOfCore(record)) this.#ports.seen(record, result)
  }

  #results(group: readonly Waiting[]): readonly WriteResult[] {
    return this.#ports.commit(group.map(({ record }) => record))
  }
}

function full(): WriteResult {
  return { kind: 'rolled-back', reason: 'full', detail: 'simulated' }
}

function isOfCore(record: StoreRecord): record is JournalRecord {
  return !['admin', 'key-set', 'key-activation', 'seen'].includes(record.kind)
}
