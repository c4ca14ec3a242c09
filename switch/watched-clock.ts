// Whether the wall clock may be believed where an act has no way back. It is held against the last
// moment at which somebody looked and believed it, which is noted in the store: one that stands
// more than two days after that is doubted, as is one that jumps so far, until it has kept pace for
// a day in which there were sales. A record is no such moment: what a wrong clock made is dated by
// it. The doubt is kept too, and how much of its day is over, for a shop that is off at night. One
// that stands more than two days before it is behind, until it has caught up or a person says that
// it is right: nothing is sold by it, so that no sale could bear it out.

import type { Timers } from '../protocol/link/timers.ts'
import { type StoreJournal, writeChange } from '../voucher-store/admin/admin-write.ts'
import { putMeta } from '../voucher-store/backup/fence.ts'
import { metaOf } from '../voucher-store/meta.ts'
import type { Store } from '../voucher-store/store.ts'
import type { Statement } from '../voucher-store/store-record.ts'
import type { Notice } from './core/notice.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const AHEAD_MOST_MS = 2 * DAY_MS
/** As much: whoever was believed so far ahead is set right by it. */
const BEHIND_MOST_MS = AHEAD_MOST_MS
/** How long a doubted clock must have kept pace, and how exactly. */
const PROBATION_MS = DAY_MS
const DRIFT_MOST_MS = HOUR_MS
/** By how much a start may know less than the process before it did. */
const NOTE_BELIEVED_MS = 6 * HOUR_MS
const NOTE_DOUBTED_MS = HOUR_MS
const LOOK_MS = 60_000
/** The last moment at which the clock was believed. */
const BELIEVED = 'clock believed until'
/** Empty while it is believed. */
const DOUBTED = 'clock doubted'

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

/** The first moment of the clock as it stands, and the newest sale of then. */
interface Doubt extends Moment {
  readonly sale: number
  /** How long it had kept pace before this process. */
  readonly ranMs: number
}

interface NotedDoubt {
  readonly lookedMs: number
  readonly ranMs: number
  readonly sale: number
}

export class WatchedClock {
  readonly #ports: WatchedClockPorts
  #believed: Moment
  #doubted: Doubt | undefined
  #wasBehind = false
  #notedBelievedMs: number | undefined
  #notedDoubt: NotedDoubt | undefined
  #isNoting = false

  /** Call it before anything is written. */
  static async open(ports: WatchedClockPorts): Promise<WatchedClock> {
    const watched = new WatchedClock(ports)
    await watched.isBelieved()
    return watched
  }

  private constructor(ports: WatchedClockPorts) {
    const { store, timers } = ports
    const believed = metaOf(store.database, BELIEVED) ?? ''
    const doubted = metaOf(store.database, DOUBTED) ?? ''
    this.#ports = ports
    this.#notedBelievedMs = believed === '' ? undefined : Number(believed)
    this.#notedDoubt = doubted === '' ? undefined : JSON.parse(doubted)
    this.#believed = {
      wallMs: this.#notedBelievedMs ?? store.newestMs ?? timers.wallMs(),
      monotonicMs: timers.monotonicMs(),
    }
  }

  /** Looks every minute, so that a jump is told of soon. The returned function ends it. */
  watch(): () => void {
    let cancel = (): void => undefined
    const look = (): void => {
      cancel = this.#ports.timers.after(LOOK_MS, look)
      void this.isBelieved()
    }
    look()
    return () => cancel()
  }

  get isBehind(): boolean {
    return this.#isBehind(this.#now())
  }

  /** A person has said so, and that is on record: see `believed`. */
  believe(): void {
    this.#believed = this.#now()
    this.#notedBelievedMs = this.#believed.wallMs
    this.#doubted = undefined
    this.#notedDoubt = undefined
    this.#wasBehind = false
  }

  async isBelieved(): Promise<boolean> {
    const now = this.#now()
    if (this.#isBehind(now)) {
      if (!this.#wasBehind) this.#tell('alarm', 'the clock is behind', now)
      this.#wasBehind = true
      return false
    }
    if (this.#wasBehind) this.#tell('info', 'the clock is not behind any more', now)
    this.#wasBehind = false
    const isBelieved = this.#agrees(now) || this.#hasKeptPace(now)
    if (isBelieved) {
      if (this.#doubted !== undefined) this.#tell('info', 'the clock is believed again', now)
      this.#believed = now
      this.#doubted = undefined
    }
    await this.#note(now)
    return isBelieved
  }

  #now(): Moment {
    const { timers } = this.#ports
    return { wallMs: timers.wallMs(), monotonicMs: timers.monotonicMs() }
  }

  #isBehind(now: Moment): boolean {
    return offsetOf(now) < offsetOf(this.#believed) - BEHIND_MOST_MS
  }

  #agrees(now: Moment): boolean {
    return offsetOf(now) <= offsetOf(this.#believed) + AHEAD_MOST_MS
  }

  #hasKeptPace(now: Moment): boolean {
    const sale = this.#ports.store.sales.newestSoldId()
    let doubted = this.#doubted
    if (doubted === undefined) {
      this.#tell('alarm', 'the clock is ahead of the journal', now)
      doubted = this.#resumed(now)
    } else if (Math.abs(offsetOf(now) - offsetOf(doubted)) > DRIFT_MOST_MS) doubted = undefined
    this.#doubted = doubted ?? { ...now, sale, ranMs: 0 }
    return ranMs(this.#doubted, now) >= PROBATION_MS && sale > this.#doubted.sale
  }

  /** What was doubted before a restart, if this is still the same clock. */
  #resumed(now: Moment): Doubt | undefined {
    const noted = this.#notedDoubt
    if (noted === undefined) return undefined
    const offMs = now.wallMs - noted.lookedMs
    if (offMs < -DRIFT_MOST_MS || offMs > AHEAD_MOST_MS) return undefined
    return { ...now, sale: noted.sale, ranMs: noted.ranMs }
  }

  #tell(level: Notice['level'], what: string, { wallMs }: Moment): void {
    const [clock, before] = [wallMs, this.#believed.wallMs].map((ms) => new Date(ms).toISOString())
    const detail = `the clock says ${clock}, and was last believed at ${before}`
    this.#ports.notice({ level, what, detail })
  }

  /** Where the disk is full it is tried again with the next look. */
  async #note(now: Moment): Promise<void> {
    const doubted = this.#doubted
    const doubt = doubted && {
      ...{ lookedMs: now.wallMs, ranMs: ranMs(doubted, now), sale: doubted.sale },
    }
    if (this.#isNoting || !this.#isNews(doubt, now)) return
    const believedMs = this.#believed.wallMs
    this.#isNoting = true
    const result = await writeChange(this.#ports.store.journal, {
      action: doubt === undefined ? 'clock believed' : 'clock doubted',
      ...{ by: 'switch', detail: {}, atMs: now.wallMs },
      statements: [
        noteBelieved(believedMs),
        putMeta(DOUBTED, doubt === undefined ? '' : JSON.stringify(doubt)),
      ],
    })
    this.#isNoting = false
    if (result.kind !== 'written') return
    this.#notedBelievedMs = believedMs
    this.#notedDoubt = doubt
  }

  #isNews(doubt: NotedDoubt | undefined, { wallMs }: Moment): boolean {
    const before = this.#notedDoubt
    if (doubt !== undefined && before !== undefined) {
      return Math.abs(doubt.ranMs - before.ranMs) >= NOTE_DOUBTED_MS
    }
    if (doubt !== before || this.#notedBelievedMs === undefined) return true
    return Math.abs(wallMs - this.#notedBelievedMs) >= NOTE_BELIEVED_MS
  }
}

/** What is noted where a person says that the clock is right. */
export function believed(wallMs: number): Statement[] {
  return [noteBelieved(wallMs), putMeta(DOUBTED, '')]
}

/** A new store begins with the moment at which it was made. */
export function noteBelieved(wallMs: number): Statement {
  return putMeta(BELIEVED, String(wallMs))
}

function offsetOf({ wallMs, monotonicMs }: Moment): number {
  return wallMs - monotonicMs
}

function ranMs(doubt: Doubt, { monotonicMs }: Moment): number {
  return doubt.ranMs + monotonicMs - doubt.monotonicMs
}
