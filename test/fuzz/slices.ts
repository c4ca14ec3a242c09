// What to run: the runs of an order as slices, each with its target, seed and size. The same order
// gives the same slices, so a run that was broken off goes on where it stopped.

import type { FuzzTarget } from './target.ts'

export interface PlannedSlice {
  readonly target: string
  readonly runs: number
  readonly seed: number
}

/** `runs` in sum, shared out by weight; every target runs at least once. */
export function planSlices(
  targets: readonly FuzzTarget[],
  runs: number,
  seed: number,
): PlannedSlice[] {
  const whole = targets.reduce((sum, { weight }) => sum + weight, 0)
  let left = runs
  return targets.flatMap((target, index) => {
    const share = Math.max(1, Math.round((runs * target.weight) / whole))
    const own = index === targets.length - 1 ? Math.max(1, left) : share
    left -= own
    return slicesOf(target, own, seed)
  })
}

function slicesOf(target: FuzzTarget, runs: number, seed: number): PlannedSlice[] {
  const count = Math.ceil(runs / target.sliceRuns)
  return Array.from({ length: count }, (_, index) => ({
    target: target.name,
    runs: Math.min(target.sliceRuns, runs - index * target.sliceRuns),
    seed: seed + index,
  }))
}

/** A name, a list of names, the front of names (`decode`), or `all`. */
export function chosenTargets(targets: readonly FuzzTarget[], wanted: string): FuzzTarget[] {
  const words = wanted.split(',')
  const isNamed = (word: string) => targets.some(({ name }) => name === word)
  const isMeant = (name: string, word: string) =>
    isNamed(word) ? name === word : word === 'all' || name.startsWith(`${word}-`)
  return targets.filter(({ name }) => words.some((word) => isMeant(name, word)))
}
