// What the switch does when a record does not fit on the disk: it gives up the ballast and writes
// the record into that room, unless the record is a new sale's intent. New sales stop until the
// ballast is back. The same when the store's log cannot be moved into its database: then nothing
// has been refused yet, and the next record might be. Which answer a refused record gives is the
// core's matter. [nothing-lost, row 32]

import type { Journal, JournalRecord, WriteResult } from './core/journal.ts'
import type { Notice } from './core/notice.ts'

export interface FullDiskPorts {
  readonly journal: Journal
  readonly ballast: {
    release(): void
    /** True once it is there in full. */
    fill(): boolean
  }
  readonly after: (ms: number, run: () => void) => unknown
  readonly notice: (notice: Notice) => void
}

/** How soon after space has come back new sales are taken. */
const LOOK_AGAIN_MS = 1_000

export class FullDisk implements Journal {
  readonly #ports: FullDiskPorts
  #full = false

  constructor(ports: FullDiskPorts) {
    this.#ports = ports
    if (!ports.ballast.fill()) this.noRoom('there is no room for the ballast')
  }

  /** No new sale is taken. */
  get full(): boolean {
    return this.#full
  }

  write(record: JournalRecord): Promise<WriteResult> {
    const { journal } = this.#ports
    return journal.write(record).then((result) => {
      if (result.kind === 'written' || result.reason !== 'full') return result
      this.noRoom(result.detail)
      return record.kind === 'intent' ? result : journal.write(record)
    })
  }

  noRoom(detail: string): void {
    if (this.#full) return
    this.#full = true
    this.#ports.ballast.release()
    this.#ports.notice({ level: 'alarm', what: 'disk full', detail })
    this.#lookAgain()
  }

  #lookAgain(): void {
    this.#ports.after(LOOK_AGAIN_MS, () => {
      if (!this.#ports.ballast.fill()) return this.#lookAgain()
      this.#full = false
      this.#ports.notice({ level: 'info', what: 'disk has room again' })
    })
  }
}
