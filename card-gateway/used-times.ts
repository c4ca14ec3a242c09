// The seconds of DE 7 that went with the numbers of earlier rounds, as stretches of the clock: from
// them on a number that comes again would make a pair that was used. A clock that was set back and
// goes on makes a stretch of its own, so that one hour far ahead, and set right since, keeps nobody
// from using the time in between.

export interface Stretch {
  readonly from: number
  readonly to: number
}

/** What lies closer together is one: the nights between, and small jumps. */
const CLOSE_SECONDS = 86_400
/** Beyond so many the two that are closest are one. */
const STRETCHES = 16

export class UsedTimes {
  #stretches: readonly Stretch[] = []

  get all(): readonly Stretch[] {
    return this.#stretches
  }

  add(used: Stretch): void {
    const { from, to } = used
    // It goes on, as nearly always.
    const last = this.#stretches.at(-1)
    if (last !== undefined && from >= last.from && to <= last.to) return
    const merged: Stretch[] = []
    for (const next of [...this.#stretches, { from, to }].sort((a, b) => a.from - b.from)) {
      const before = merged.at(-1)
      if (before === undefined || next.from > before.to + CLOSE_SECONDS) merged.push(next)
      else merged[merged.length - 1] = { from: before.from, to: Math.max(before.to, next.to) }
    }
    if (merged.length > STRETCHES) mergeClosest(merged)
    this.#stretches = merged
  }

  /** That second, or the first after it that is in no stretch, nor shortly before one. */
  freeFrom(second: number): number {
    let free = second
    for (const { from, to } of this.#stretches) {
      if (free >= from - CLOSE_SECONDS && free <= to) free = to + 1
    }
    return free
  }
}

function mergeClosest(stretches: Stretch[]): void {
  let at = 1
  for (let n = 2; n < stretches.length; n++) {
    if (gapBefore(stretches, n) < gapBefore(stretches, at)) at = n
  }
  const [one, other] = [stretches[at - 1], stretches[at]] as [Stretch, Stretch]
  stretches.splice(at - 1, 2, { from: one.from, to: other.to })
}

function gapBefore(stretches: readonly Stretch[], n: number): number {
  return (stretches[n]?.from ?? 0) - (stretches[n - 1]?.to ?? 0)
}
