// A broken rule for people to read: the course of choices that led to it, made shorter where the
// rule breaks all the same, and in words.

import { SmallWorld } from './small-world.ts'
import type { WorldSpec } from './world-spec.ts'

/** The same kind of violation with as many choices left out as can be, one or two at a time. */
export function shorten(
  spec: WorldSpec,
  choices: readonly number[],
  limits: { readonly tries: number },
): string[] {
  let words = wordsOf(spec, choices)
  let tries = limits.tries
  for (let width = 4; width > 0; width--) {
    for (let at = words.length - 1 - width; at >= 0; at--) {
      if (tries-- <= 0) return words
      const fewer = [...words.slice(0, at), ...words.slice(at + width)]
      const shorter = follow(spec, fewer)
      if (shorter !== undefined) words = shorter
    }
  }
  return words
}

function wordsOf(spec: WorldSpec, choices: readonly number[]): string[] {
  const world = new SmallWorld(spec)
  return choices.map((chosen) => {
    const words = world.describe(chosen)
    world.apply(chosen)
    return words
  })
}

/** Makes the choices that the words name; undefined when one cannot be made, or nothing breaks. */
function follow(spec: WorldSpec, wanted: readonly string[]): string[] | undefined {
  const world = new SmallWorld(spec)
  const made: string[] = []
  for (const words of wanted) {
    const chosen = world.choices().find((each) => world.describe(each) === words)
    if (chosen === undefined) return undefined
    world.apply(chosen)
    made.push(words)
    if (world.violations.length > 0) return made
  }
  return undefined
}
