// Visits every state of a small world once, depth first. A running switch cannot be copied, because
// promises cannot; so a state that is left behind is reached again by making the same choices from
// the last place where nothing but plain data is left: the beginning, or a crash.

import type { Scene } from './scene.ts'
import { Seen } from './seen.ts'
import { SmallWorld } from './small-world.ts'
import type { WorldSpec } from './world-spec.ts'

export interface Limits {
  readonly states: number
  readonly depth: number
  readonly deadlineMs?: number
}

export interface Found {
  readonly states: number
  readonly transitions: number
  /** The longest course of choices that was followed. */
  readonly depth: number
  readonly terminalStates: number
  /** Nothing was left out. */
  readonly complete: boolean
  readonly violation: { readonly what: string; readonly choices: readonly number[] } | undefined
}

interface Frame {
  readonly choices: readonly number[]
  readonly low: number
  /** The world as it was when this frame's process started. */
  readonly scene: Scene | undefined
  next: number
}

/** One in so many ways back is compared with the state that it must lead to. */
const COMPARED = 64

export function search(spec: WorldSpec, limits: Limits, now: () => number): Found {
  return new Search(spec, limits, now).run()
}

class Search {
  readonly #spec: WorldSpec
  readonly #limits: Limits
  readonly #now: () => number
  readonly #seen = new Seen()
  readonly #frames: Frame[] = []
  readonly #path: number[] = []
  #world: SmallWorld
  /** Whether `#world` is where the last frame is. */
  #isThere = true
  #transitions = 0
  #terminalStates = 0
  #depth = 0
  #cutOff = false
  #rebuilt = 0

  constructor(spec: WorldSpec, limits: Limits, now: () => number) {
    this.#spec = spec
    this.#limits = limits
    this.#now = now
    this.#world = new SmallWorld(spec)
    this.#enter(this.#world.scene.copy())
  }

  run(): Found {
    for (let frame = this.#frames.at(-1); frame !== undefined; frame = this.#frames.at(-1)) {
      if (this.#isOver()) return this.#found(false)
      const chosen = frame.choices[frame.next++]
      if (chosen === undefined) this.#back()
      else {
        const what = this.#follow(chosen, frame)
        if (what !== undefined)
          return this.#found(false, { what, choices: [...this.#path, chosen] })
      }
    }
    return this.#found(!this.#cutOff)
  }

  #isOver(): boolean {
    if (this.#seen.size >= this.#limits.states) return true
    const { deadlineMs } = this.#limits
    return deadlineMs !== undefined && this.#transitions % 1_024 === 0 && this.#now() > deadlineMs
  }

  #back(): void {
    this.#frames.pop()
    this.#path.pop()
    this.#isThere = false
  }

  /** Makes a choice; gives the rule that it breaks. */
  #follow(chosen: number, frame: Frame): string | undefined {
    if (!this.#isThere) this.#rebuild(frame)
    const world = this.#world
    const crashesBefore = world.scene.crashes
    world.apply(chosen)
    this.#transitions++
    this.#isThere = false
    if (world.violations.length > 0) return world.violations.join('; ')
    const { high, low } = world.hash()
    if (!this.#seen.add(high, low)) return undefined
    if (world.isAtRest()) this.#terminalStates++
    this.#depth = Math.max(this.#depth, this.#path.length + 1)
    if (this.#path.length + 1 >= this.#limits.depth) {
      this.#cutOff = true
      return undefined
    }
    const choices = world.choices()
    if (choices.length === 0) {
      return world.isAtRest() ? undefined : 'stuck: nothing can happen, and it is not at rest'
    }
    this.#path.push(chosen)
    const isNewProcess = world.scene.crashes < crashesBefore
    const scene = isNewProcess ? world.scene.copy() : undefined
    this.#frames.push({ choices, low, scene, next: 0 })
    this.#isThere = true
    return undefined
  }

  #enter(scene: Scene): void {
    const { high, low } = this.#world.hash()
    this.#seen.add(high, low)
    this.#frames.push({ choices: this.#world.choices(), low, scene, next: 0 })
  }

  #rebuild(frame: Frame): void {
    let at = this.#frames.length - 1
    while (this.#frames[at]?.scene === undefined) at--
    this.#world = new SmallWorld(this.#spec, this.#frames[at]?.scene?.copy())
    for (const chosen of this.#path.slice(at)) this.#world.apply(chosen)
    this.#rebuilt++
    if (this.#rebuilt % COMPARED === 0 && this.#world.hash().low !== frame.low) {
      throw new Error('the same choices led to another state')
    }
  }

  #found(complete: boolean, violation?: Found['violation']): Found {
    return {
      ...{ states: this.#seen.size, transitions: this.#transitions, depth: this.#depth },
      ...{ terminalStates: this.#terminalStates, complete, violation },
    }
  }
}
