// Checks the hash itself: two courses of choices that lead to the same hash must have the same
// futures. Where they differ, the hash leaves something out that matters, and a search that trusts
// it would miss states. Slow, so it is done on random
// walks.

import { Seeded } from '../simulation/seeded.ts'
import { SmallWorld } from './small-world.ts'
import type { WorldSpec } from './world-spec.ts'

export interface Compared {
  readonly states: number
  /** Second courses to a state that was reached before. */
  readonly twins: number
  readonly different: readonly string[]
}

/** So many random walks from the beginning to where nothing can happen any more. */
export function compareTwins(
  spec: WorldSpec,
  walks: number,
  { seed = 1, hashOf = (world: SmallWorld) => world.hash().hex() } = {},
): Compared {
  const random = new Seeded(seed)
  const known = new Map<string, { successors: string; path: readonly number[] }>()
  const different: string[] = []
  let twins = 0
  for (let walk = 0; walk < walks; walk++) {
    const path: number[] = []
    for (;;) {
      const { hash, successors, choices } = lookAhead(spec, path, hashOf)
      const twin = known.get(hash)
      if (twin === undefined) known.set(hash, { successors, path: [...path] })
      else if (twin.path.join() !== path.join()) {
        twins++
        if (twin.successors !== successors) {
          different.push(`${told(spec, twin.path)}\n--\n${told(spec, path)}`)
        }
      }
      if (choices.length === 0) break
      path.push(random.pick(choices))
    }
  }
  return { states: known.size, twins, different }
}

function lookAhead(
  spec: WorldSpec,
  path: readonly number[],
  hashOf: (world: SmallWorld) => string,
): { hash: string; successors: string; choices: number[] } {
  const world = after(spec, path)
  const choices = world.choices()
  const successors = choices.map((chosen) => {
    const next = after(spec, path)
    next.apply(chosen)
    return `${hashOf(next)}${next.violations.join()}`
  })
  return { hash: hashOf(world), successors: successors.sort().join(), choices }
}

function after(spec: WorldSpec, path: readonly number[]): SmallWorld {
  const world = new SmallWorld(spec)
  for (const chosen of path) world.apply(chosen)
  return world
}

function told(spec: WorldSpec, path: readonly number[]): string {
  const world = new SmallWorld(spec)
  const words = path.map((chosen) => {
    const text = world.describe(chosen)
    world.apply(chosen)
    return text
  })
  return words.join('\n')
}
