// Whether the wall clock may be believed where an act has no way back. It is held against the
// journal: one that stands more than two days after the newest record is doubted, as is one that
// jumps so far, until it has kept pace for a day in which there were sales. A doubt is kept in the
// store, so that a restart, whose records have the doubted time, is no reason to believe it.

import type { Timers } from '../protocol/link/timers.ts'
import { type StoreJournal, writeChange } from '../voucher-store/admin/admin-write.ts'
import { putMeta } from '../voucher-store/backup/fence.ts'
import { metaOf } from '../voucher-store/meta.ts'
import type { Store } from '../voucher-store/store.ts'
import type { Notice } from './core/notice.ts'

const DAY_MS = 86_400_000
const AHEAD_MOST_MS = 2 * DAY_MS
/** How long a doubted clock must have kept pace, and how exactly. */
const PROBATION_MS = DAY_MS
const DRIFT_MOST_MS = 3_600_000
/** The last moment at which the clock was believed; empty while it is. */
const META = 'clock believed until'

export interface WatchedClockPorts {
  readonly store: Pick<Store, 'database' | 'sales' | 'newestMs'> & {
    readonly journal: StoreJournal
  }
  readonly timers: Timers
  readonly notice: (notice: Notice) => void
}

interface Moment {
  readonly wallMs: number
  readonly monotonicMs: number
}

export class WatchedClock {
  readonly #ports: WatchedClockPorts
  #believed: Moment
  /** The first moment of the clock as it stands, and the newest sale of then. */
  #doubted: (Moment & { readonly sale: number }) | undefined
  #isNoted: boolean

  /** Call it before anything is written. */
  static async open(ports: WatchedClockPorts): Promise<WatchedClock> {
    const watched = new WatchedClock(ports)
    await watched.isBelieved()
    return watched
  }

  private constructor(ports: WatchedClockPorts) {
    const { store, timers } = ports
    const noted = metaOf(store.database, META) ?? ''
    this.#ports = ports
    this.#isNoted = noted !== ''
    this.#believed = {
      wallMs: this.#isNoted ? Number(noted) : (store.newestMs ?? timers.wallMs()),
      monotonicMs: timers.monotonicMs(),
    }
  }

  async isBelieved(): Promise<boolean> {
    const { timers } = this.#ports
    const now = { wallMs: timers.wallMs(), monotonicMs: timers.monotonicMs() }
    if (this.#agrees(now) || this.#hasKeptPace(now)) {
      if (this.#doubted !== undefined) this.#tell('info', 'the clock is believed again', now)
      this.#believed = now
      this.#doubted = undefined
      await this.#note('clock believed', '')
      return true
    }
    await this.#note('clock doubted', String(this.#believed.wallMs))
    return false
  }

  #agrees(now: Moment): boolean {
    const expectedMs = this.#believed.wallMs + now.monotonicMs - this.#believed.monotonicMs
    return now.wallMs <= expectedMs + AHEAD_MOST_MS
  }

  #hasKeptPace(now: Moment): boolean {
    const sale = this.#ports.store.sales.newestSoldId()
    const doubted = this.#doubted
    if (doubted === undefined) this.#tell('alarm', 'the clock is ahead of the journal', now)
    if (doubted === undefined || Math.abs(offsetOf(now) - offsetOf(doubted)) > DRIFT_MOST_MS) {
      this.#doubted = { ...now, sale }
      return false
    }
    return now.monotonicMs - doubted.monotonicMs >= PROBATION_MS && sale > doubted.sale
  }

  #tell(level: Notice['level'], what: string, { wallMs }: Moment): void {
    const [clock, before] = [wallMs, this.#believed.wallMs].map((ms) => new Date(ms).toISOString())
    this.#ports.notice({ level, what, detail: `the clock says ${clock}, the journal ${before}` })
  }

  /** Where the disk is full it is tried again with the next look. */
  async #note(action: string, value: string): Promise<void> {
    if (this.#isNoted === (value !== '')) return
    const result = await writeChange(this.#ports.store.journal, {
      ...{ action, by: 'switch', detail: {}, atMs: this.#ports.timers.wallMs() },
      statements: [putMeta(META, value)],
    })
    if (result.kind === 'written') this.#isNoted = value !== ''
  }
}

function offsetOf({ wallMs, monotonicMs }: Moment): number {
  return wallMs - monotonicMs
}
