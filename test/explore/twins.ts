// Checks the hash itself: two courses of choices that lead to the same hash must have the same
// futures. Where they differ, the hash leaves something out that matters, and a search that trusts
// it would miss states. Slow, so it is done for a part of each world.

import { SmallWorld } from './small-world.ts'
import type { WorldSpec } from './world-spec.ts'

export interface Compared {
  readonly states: number
  /** Second courses to a state that was reached before. */
  readonly twins: number
  readonly different: readonly string[]
}

/** Breadth first, until so many states were seen. */
export function compareTwins(spec: WorldSpec, most: number): Compared {
  const futures = new Map<string, string>()
  const firstPath = new Map<string, readonly number[]>()
  const different: string[] = []
  let twins = 0
  const queue: number[][] = [[]]
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    const { hash, successors, choices } = lookAhead(spec, path)
    const known = futures.get(hash)
    if (known === undefined) {
      futures.set(hash, successors)
      firstPath.set(hash, path)
      if (futures.size < most) for (const chosen of choices) queue.push([...path, chosen])
      continue
    }
    twins++
    if (known !== successors) {
      different.push(`${told(spec, firstPath.get(hash) ?? [])}\n--\n${told(spec, path)}`)
    }
  }
  return { states: futures.size, twins, different }
}

function lookAhead(
  spec: WorldSpec,
  path: readonly number[],
): { hash: string; successors: string; choices: number[] } {
  const world = after(spec, path)
  const choices = world.choices()
  const successors = choices.map((chosen) => {
    const next = after(spec, path)
    next.apply(chosen)
    return `${next.hash().hex()}${next.violations.join()}`
  })
  return { hash: world.hash().hex(), successors: successors.sort().join(), choices }
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
