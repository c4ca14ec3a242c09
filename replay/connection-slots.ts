// How many terminals may have a connection at a time. A terminal that wants one takes a free slot,
// or that of the terminal that has been quiet longest, or waits its turn: it is the load that waits
// then, and its waiting counts. Opens and closes nothing itself.

export interface SlotHolder {
  /** Its slot goes to another: the connection is closed. */
  hangUp(): void
}

export class ConnectionSlots {
  readonly #most: number
  readonly #busy = new Set<SlotHolder>()
  /** In the order in which they became quiet. */
  readonly #quiet = new Set<SlotHolder>()
  readonly #waiting: (() => void)[] = []
  #firstWaiting = 0

  constructor(most: number) {
    this.#most = most
  }

  get held(): number {
    return this.#busy.size + this.#quiet.size
  }

  get waiting(): number {
    return this.#waiting.length - this.#firstWaiting
  }

  /** Undefined: it has one already, at once. */
  enter(holder: SlotHolder): Promise<void> | undefined {
    if (this.#quiet.delete(holder)) {
      this.#busy.add(holder)
      return undefined
    }
    if (this.held >= this.#most && !this.#evict()) {
      return new Promise((resolve) => {
        this.#waiting.push(() => {
          this.#busy.add(holder)
          resolve()
        })
      })
    }
    this.#busy.add(holder)
    return undefined
  }

  leave(holder: SlotHolder): void {
    this.#busy.delete(holder)
    const next = this.#waiting[this.#firstWaiting]
    if (next === undefined) {
      this.#quiet.add(holder)
      return
    }
    this.#firstWaiting += 1
    if (this.#firstWaiting > 1_024) {
      this.#waiting.splice(0, this.#firstWaiting)
      this.#firstWaiting = 0
    }
    holder.hangUp()
    next()
  }

  /** Of a quiet holder whose connection is closed. */
  giveUp(holder: SlotHolder): void {
    this.#quiet.delete(holder)
  }

  #evict(): boolean {
    const [oldest] = this.#quiet
    if (oldest === undefined) return false
    this.#quiet.delete(oldest)
    oldest.hangUp()
    return true
  }
}
