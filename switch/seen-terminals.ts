// When a terminal was last seen and what it said of itself: kept in memory, the newest of each
// terminal, and written in arrears, many in one commit. It is no part of the journal, nothing is
// decided by it, and a crash loses the last seconds of it. [wire-protocol 3.1, DE 60]

import type { SeenTerminal } from '../voucher-store/store-record.ts'
import type { Clock } from './core/clock.ts'
import type { WriteResult } from './core/journal.ts'

const FLUSH_MS = 5_000
/** Rows of one commit: a few milliseconds of the writer's time. */
const CHUNK = 500
/** Terminals that wait; what is above it is not noted until the next commit has made room. */
const WAITING_MOST = 50_000

/** What a message, or its answer, says of a terminal. */
const SAID = ['version', 'printer', 'serial', 'responseCode'] as const
type Said = (typeof SAID)[number]
type Row = { -readonly [Name in keyof SeenTerminal]: SeenTerminal[Name] }

export interface SeenPorts {
  readonly clock: Clock
  readonly write: (terminals: readonly SeenTerminal[]) => Promise<WriteResult>
}

export class SeenTerminals {
  readonly #ports: SeenPorts
  #waiting = new Map<number, Row>()
  #scheduled = false
  #writing: Promise<void> | undefined

  constructor(ports: SeenPorts) {
    this.#ports = ports
  }

  /** A message of it came; what is undefined was not said, and was not answered. */
  noted(terminal: number, facts: Partial<Pick<SeenTerminal, Said>>): void {
    const row = this.#rowOf(terminal)
    if (row === undefined) return
    row.seenMs = this.#ports.clock.wallMs()
    for (const name of SAID) if (facts[name] !== undefined) row[name] = facts[name]
    this.#schedule()
  }

  /**
   * A message whose MAC is missing or wrong. Whoever sent it named this terminal; the terminal
   * itself was not seen.
   */
  failedMac(terminal: number): void {
    const row = this.#rowOf(terminal)
    if (row === undefined) return
    row.failedMacMs = this.#ports.clock.wallMs()
    row.failedMacs++
    this.#schedule()
  }

  /** Writes what waits; for the stop of the switch. */
  async flush(): Promise<void> {
    await this.#writing
    this.#writing = this.#write()
    await this.#writing
    this.#writing = undefined
  }

  /** The row that waits, written into in place: every message comes here. */
  #rowOf(terminal: number): Row | undefined {
    const before = this.#waiting.get(terminal)
    if (before !== undefined) return before
    if (this.#waiting.size >= WAITING_MOST) return undefined
    const row: Row = { terminal, seenMs: undefined, failedMacs: 0 }
    this.#waiting.set(terminal, row)
    return row
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#ports.clock.after(FLUSH_MS, () => {
      this.#scheduled = false
      void this.flush().then(() => {
        if (this.#waiting.size > 0) this.#schedule()
      })
    })
  }

  /** What the store does not take now is dropped: the next message says it again. */
  async #write(): Promise<void> {
    const all = [...this.#waiting.values()]
    this.#waiting = new Map()
    for (let at = 0; at < all.length; at += CHUNK) {
      await this.#ports.write(all.slice(at, at + CHUNK))
    }
  }
}
