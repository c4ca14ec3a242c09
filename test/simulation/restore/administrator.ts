// Who looks after the switch: makes backups, loses the disk when the weather wants it, restores,
// accepts the gap and sells again from new batches. Of the fenced batches only those of products of
// which the card host booked no debit in the gap go back to stock; its clock and the switch's are
// one here. [docs/restore.md]

import type { Ledger } from '../host-ledger.ts'
import type { Seeded } from '../seeded.ts'
import type { SimStore } from '../sqlite-sim-store.ts'
import type { SwitchInstance } from '../switch-instance.ts'
import type { VirtualTime } from '../virtual-time.ts'
import { RESTORE_FAULTS, type RestoreFault, type Weather } from '../weather.ts'
import type { BackupLabel, Remains } from './backup-shelf.ts'

export interface AdministratorWorld {
  readonly time: VirtualTime
  readonly random: Seeded
  readonly weather: Weather
  readonly store: SimStore
  readonly instance: SwitchInstance | undefined
  readonly ledger: Ledger
  readonly oracle: {
    backedUp(number: number): void
    restored(number: number): void
    accepted(): void
    returning(batch: number): void
    returned(batch: number): void
  }
  strike(fault: RestoreFault): void
  /** The store is another one. */
  replaced(hasGap: boolean): void
  /** The product of each batch. */
  productOf(batch: number): string
  restock(): void
}

interface Kept {
  readonly label: BackupLabel
  readonly atMs: number
  readonly wallMs: number
}

interface Loss {
  readonly from: Kept
  readonly remains: Remains
}

const BACKUP_CHANCE = 0.03

export class Administrator {
  readonly #world: AdministratorWorld
  readonly #backups: Kept[] = []
  #loss: Loss | undefined
  /** The oldest backup that was restored with a gap. */
  #fencedSinceMs: number | undefined
  #isFenced = false
  /** The end of the gaps on the calendar. */
  #gapEndWallMs = Number.NEGATIVE_INFINITY

  constructor(world: AdministratorWorld) {
    this.#world = world
  }

  /** Nothing is lost or fenced, and new sales are dated after the newest gap. */
  get isDone(): boolean {
    const { store, time } = this.#world
    return this.#loss === undefined && !store.fenced() && time.wallMs() > this.#gapEndWallMs + 1_000
  }

  /** How long until then: a clock that was set back after a loss has days of it before it. */
  get gapAheadMs(): number {
    return Math.max(0, this.#gapEndWallMs - this.#world.time.wallMs())
  }

  stir(): void {
    const { weather, random, time } = this.#world
    if (!RESTORE_FAULTS.some((fault) => weather.may(fault))) return
    if (random.chance(BACKUP_CHANCE)) this.#backUp()
    for (const fault of RESTORE_FAULTS) {
      if (!weather.strikes(fault)) continue
      const isFresh = this.#backups.length === 0 || random.chance(0.4)
      if (isFresh) this.#backUp()
      const ms = isFresh ? random.between(0, random.pick([0, 500, 5_000, 30_000])) : 0
      time.after(ms, () => this.#lose(fault))
    }
  }

  /** The switch was stopped in good order; at times its disk dies at that moment. */
  stopped(): void {
    const { weather, random } = this.#world
    if (!weather.may('restored over its mark') || !random.chance(0.2)) return
    if (random.chance(0.7)) this.#backUp()
    this.#lose('restored over its mark', true)
  }

  /** Before every start: a switch whose data is gone starts from a backup. */
  beforeStart(): void {
    const loss = this.#loss
    // Accepted by a life that died before it heard of it.
    if (loss === undefined) return this.#noteAcceptance()
    this.#loss = undefined
    const { store, time, oracle } = this.#world
    const { label, atMs, wallMs } = loss.from
    const hasGap = store.restore(label, loss.remains, time.wallMs())
    if (hasGap) {
      this.#fencedSinceMs = Math.min(this.#fencedSinceMs ?? atMs, atMs)
      this.#gapEndWallMs = Math.max(this.#gapEndWallMs, time.wallMs(), wallMs)
      this.#isFenced = true
      oracle.restored(label.number)
    } else this.#noteAcceptance()
    // A copy in which nothing is lost may itself have been made behind a fence.
    if (store.fenced()) this.#acceptSoon()
    this.#world.replaced(hasGap)
  }

  #backUp(): void {
    const { store, time, oracle } = this.#world
    if (this.#loss !== undefined) return
    const wallMs = time.wallMs()
    const label = store.backUp(wallMs)
    this.#backups.push({ label, atMs: time.monotonicMs(), wallMs })
    oracle.backedUp(label.number)
  }

  #lose(fault: RestoreFault, final = false): void {
    const { random, instance, weather } = this.#world
    const newest = this.#backups.at(-1)
    if (newest === undefined || this.#loss !== undefined || weather.calm) return
    const isOlder = fault === 'restored from an older copy'
    const from = isOlder ? random.pick(this.#backups) : newest
    const left = random.pick(['kept', 'behind'] as const)
    const mark = fault === 'restored without its mark' ? 'gone' : left
    const database = random.pick(['gone', 'garbled', 'readable'] as const)
    this.#loss = { from, remains: { database, mark: final ? 'kept' : mark, final } }
    this.#world.strike(fault)
    instance?.die('its disk is lost')
  }

  #acceptSoon(): void {
    const { time, random } = this.#world
    time.after(random.between(500, 30_000), () => void this.#accept())
  }

  async #accept(): Promise<void> {
    const { store, instance, time } = this.#world
    if (!store.fenced() || this.#loss !== undefined) return
    // Whoever dies meanwhile never answers: this is asked again until the fence is gone.
    this.#acceptSoon()
    if (instance?.selling !== true) return
    if (!(await store.acceptFence(instance.journal, time.wallMs()))) return
    instance.assembly.fenceAccepted()
    this.#noteAcceptance()
    await this.#returnQuiet(instance)
  }

  #noteAcceptance(): void {
    const { store, oracle } = this.#world
    if (!this.#isFenced || store.fenced()) return
    this.#isFenced = false
    oracle.accepted()
    this.#world.restock()
  }

  async #returnQuiet(instance: SwitchInstance): Promise<void> {
    const { store, ledger, time, oracle } = this.#world
    const sinceMs = this.#fencedSinceMs ?? 0
    const sold = new Set<string>()
    for (const { atMs, product } of ledger.values()) if (atMs >= sinceMs) sold.add(product)
    for (const batch of store.batches()) {
      if (sold.has(this.#world.productOf(batch))) continue
      oracle.returning(batch)
      if (!(await store.returnFenced(instance.journal, batch, time.wallMs()))) continue
      instance.assembly.book.inventory.stockChanged(batch)
      oracle.returned(batch)
    }
  }
}
