// What a fuzz target is: how its inputs begin, and one run of one input. A run gives a short name
// of what came out, by which the engine tells new behaviour from old; it throws Mismatch when the
// answer is a wrong one. What counts as a finding is the engine's to say.

import type { Dice } from './dice.ts'

/** Something of an outcome: which branch, which field, which code. Never the input itself. */
export type Outcome = number | string

export interface OpenTarget {
  /** Good inputs to begin with; at least one. */
  readonly seeds: readonly Seed[]
  run(input: Buffer): Outcome | Promise<Outcome>
  /** A valid input made from nothing. */
  generate?(dice: Dice): Seed
  /** The part of the product, where comparing allocates as much: memory is measured of it. */
  alone?(input: Buffer): unknown
  /** Everything that came out, as text: it may not depend on what lies around the input. */
  explain?(input: Buffer): string
  close?(): void | Promise<void>
}

export interface Seed {
  readonly bytes: Buffer
  /** Places worth changing: where lengths stand and fields begin. */
  readonly marks?: readonly number[] | undefined
}

export interface FuzzTarget {
  readonly name: string
  /** Its share of the runs of `--target all`. */
  readonly weight: number
  /** Runs of one slice: some ten seconds of work. */
  readonly sliceRuns: number
  /** Longest input. */
  readonly mostBytes: number
  /**
   * What one run may allocate beside 64 times its input: the objects of an answer to nothing, and
   * of the rig around it. About twice the most that the first inputs were measured to need, and not
   * below one page.
   */
  readonly floorBytes: number
  /** In place of 64, where a package that reads whole files for administrators needs more. */
  readonly allocationFactor?: number
  /** A message has 5 ms; a whole file or request of an administrator is given more. */
  readonly slowMs?: number
  /** Words of the format, spliced in whole. */
  readonly words?: readonly string[]
  /** The typed errors that may be thrown. */
  readonly typedErrors?: readonly ErrorClass[]
  open(dice: Dice): OpenTarget | Promise<OpenTarget>
}

export type ErrorClass = abstract new (...given: never[]) => Error

/** The answer is wrong: not identical after a round trip, or not what a second reader says. */
export class Mismatch extends Error {
  constructor(what: string) {
    super(what)
    this.name = 'Mismatch'
  }
}
