// Visits every state of a small world once, depth first. A running switch cannot be copied, because
// promises cannot; so a state that is left behind is reached again by making the same choices from
// the last place where nothing but plain data is left: the beginning, or a crash. A large world is
// searched from the beginning for half of the states, then from random places.

import { Seeded } from '../simulation/seeded.ts'
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
/** Random places that a search goes on from when the whole is too large. */
const PLACES = 100
const WALK_MOST = 40

export function search(spec: WorldSpec, limits: Limits, now: () => number): Found {
  return new Search(spec, limits, now).run()
}

class Search {
  readonly #spec: WorldSpec
  readonly #limits: Limits
  readonly #now: () => number
  readonly #seen = new Seen()
  #frames: Frame[] = []
  /** Choices before the first frame, and those of them since its process started. */
  #before: number[] = []
  #sinceStart: number[] = []
  #path: number[] = []
  #world: SmallWorld
  /** Whether `#world` is where the last frame is. */
  #isThere = true
  #transitions = 0
  #terminalStates = 0
  #depth = 0
  #cutOff = false
  #rebuilt = 0
  #violation: Found['violation']

  constructor(spec: WorldSpec, limits: Limits, now: () => number) {
    this.#spec = spec
    this.#limits = limits
    this.#now = now
    this.#world = new SmallWorld(spec)
  }

  run(): Found {
    const { states } = this.#limits
    const first = this.#spec.isLarge === true ? Math.ceil(states / 2) : states
    this.#startAt([])
    const wasAll = this.#searchUntil(first) && !this.#cutOff
    const random = new Seeded(1)
    for (let place = 1; !wasAll && place <= PLACES && !this.#isOver(); place++) {
      if (!this.#walk(random)) break
      this.#searchUntil(first + Math.ceil(((states - first) * place) / PLACES))
    }
    return {
      ...{ states: this.#seen.size, transitions: this.#transitions, depth: this.#depth },
      ...{ terminalStates: this.#terminalStates, violation: this.#violation },
      complete: wasAll && this.#violation === undefined,
    }
  }

  #isOver(): boolean {
    if (this.#violation !== undefined || this.#seen.size >= this.#limits.states) return true
    const { deadlineMs } = this.#limits
    return deadlineMs !== undefined && this.#now() > deadlineMs
  }

  /** Goes some random way from the beginning; false when that broke a rule. */
  #walk(random: Seeded): boolean {
    const path: number[] = []
    const world = new SmallWorld(this.#spec)
    const steps = random.between(1, WALK_MOST)
    for (let choices = world.choices(); path.length < steps; choices = world.choices()) {
      if (choices.length === 0) break
      path.push(random.pick(choices))
      world.apply(path.at(-1) as number)
      if (!this.#isSound(world)) return this.#broken(world, path)
    }
    this.#startAt(path)
    return true
  }

  #startAt(path: readonly number[]): void {
    const world = new SmallWorld(this.#spec)
    let scene = world.scene.copy()
    this.#sinceStart = []
    for (const chosen of path) {
      const { crashes } = world.scene
      world.apply(chosen)
      this.#sinceStart.push(chosen)
      if (world.scene.crashes === crashes) continue
      scene = world.scene.copy()
      this.#sinceStart = []
    }
    this.#before = [...path]
    this.#path = []
    const { high, low } = world.hash()
    this.#seen.add(high, low)
    this.#world = world
    this.#isThere = true
    this.#frames = [{ choices: world.choices(), low, scene, next: 0 }]
  }

  /** True when nothing is left to visit. */
  #searchUntil(states: number): boolean {
    for (let frame = this.#frames.at(-1); frame !== undefined; frame = this.#frames.at(-1)) {
      if (this.#seen.size >= states) return false
      if (this.#transitions % 1_024 === 0 && this.#isOver()) return false
      const chosen = frame.choices[frame.next++]
      if (chosen === undefined) this.#back()
      else if (!this.#follow(chosen, frame)) return false
    }
    return true
  }

  #back(): void {
    this.#frames.pop()
    this.#path.pop()
    this.#isThere = false
  }

  /** Makes a choice; false when that breaks a rule. */
  #follow(chosen: number, frame: Frame): boolean {
    if (!this.#isThere) this.#rebuild(frame)
    const world = this.#world
    const crashesBefore = world.scene.crashes
    world.apply(chosen)
    this.#transitions++
    this.#isThere = false
    if (!this.#isSound(world)) {
      return this.#broken(world, [...this.#before, ...this.#path, chosen])
    }
    const { high, low } = world.hash()
    if (!this.#seen.add(high, low)) return true
    if (world.isAtRest()) this.#terminalStates++
    const depth = this.#before.length + this.#path.length + 1
    this.#depth = Math.max(this.#depth, depth)
    if (depth >= this.#limits.depth) {
      this.#cutOff = true
      return true
    }
    const choices = world.choices()
    if (choices.length === 0) return true
    this.#path.push(chosen)
    const isNewProcess = world.scene.crashes < crashesBefore
    const scene = isNewProcess ? world.scene.copy() : undefined
    this.#frames.push({ choices, low, scene, next: 0 })
    this.#isThere = true
    return true
  }

  /** No rule is broken, and the world is not stuck before it has come to rest. */
  #isSound(world: SmallWorld): boolean {
    return world.violations.length === 0 && !world.isStuck()
  }

  #broken(world: SmallWorld, choices: readonly number[]): false {
    const stuck = world.isStuck() ? ['stuck: nothing can happen any more'] : []
    this.#violation = { what: [...world.violations, ...stuck].join('; '), choices }
    return false
  }

  #rebuild(frame: Frame): void {
    let at = this.#frames.length - 1
    while (this.#frames[at]?.scene === undefined) at--
    this.#world = new SmallWorld(this.#spec, this.#frames[at]?.scene?.copy())
    if (at === 0) for (const chosen of this.#sinceStart) this.#world.apply(chosen)
    for (const chosen of this.#path.slice(at)) this.#world.apply(chosen)
    this.#rebuilt++
    if (this.#rebuilt % COMPARED === 0 && this.#world.hash().low !== frame.low) {
      throw new Error('the same choices led to another state')
    }
  }
}
