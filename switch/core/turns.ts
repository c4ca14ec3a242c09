// One operation at a time per identity: a repeat waits for its first answer, a confirmation for the
// reversal before it. The wait is in memory and ends with the operation.
//
// Whoever has copied a message can send it without end, so of each kind of message a few wait for
// one identity and no more. Advices and questions that wait take turns, first come first served
// among themselves: no flood of one keeps the other from its turn.

import { InFlight } from '../../protocol/values/in-flight.ts'

/** What a terminal asks for. `last printed` is the confirmation inside a later message. */
export type Asked = Question | Advice
type Question = 'sale' | 'inquiry' | 'reprint' | 'end of day'
type Advice = 'reversal' | 'confirmation' | 'last printed'

/** `own`: the switch's own work, of which there is never much. */
type Kind = Asked | 'own'

interface Waiting {
  readonly kind: Kind
  readonly begin: () => void
}

/** Of every key whose work has nobody behind it, which is nearly all of them. */
const NOBODY: Waiting[] = []

export class Turns {
  readonly #waiting = new InFlight<Waiting[]>()
  readonly #most: number
  readonly #dropped: (kind: Asked) => void

  /** `most` of a kind wait for one key; `dropped` is told of each above that. */
  constructor(most: number, dropped: (kind: Asked) => void) {
    this.#most = most
    this.#dropped = dropped
  }

  /** Runs `work` when it has the key to itself. */
  run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const waiting = this.#waiting.get(key)
    return waiting === undefined
      ? this.#beginFirst(key, 'own', work)
      : this.#wait(key, waiting, 'own', work)
  }

  /** The same for a message. Undefined: too many of its kind wait, and it is not answered. */
  ask<Result>(key: string, kind: Asked, work: () => Promise<Result>): Promise<Result> | undefined {
    const waiting = this.#waiting.get(key)
    if (waiting === undefined) return this.#beginFirst(key, kind, work)
    if (countOf(waiting, kind) < this.#most) return this.#wait(key, waiting, kind, work)
    this.#dropped(kind)
    return undefined
  }

  busy(key: string): boolean {
    return this.#waiting.has(key)
  }

  get size(): number {
    return this.#waiting.size
  }

  #beginFirst<Result>(key: string, kind: Kind, work: () => Promise<Result>): Promise<Result> {
    this.#waiting.set(key, NOBODY)
    return this.#begin(key, kind, work)
  }

  #begin<Result>(key: string, kind: Kind, work: () => Promise<Result>): Promise<Result> {
    const mine = work()
    const leave = () => this.#leave(key, kind)
    mine.then(leave, leave)
    return mine
  }

  #wait<Result>(
    key: string,
    waiting: Waiting[],
    kind: Kind,
    work: () => Promise<Result>,
  ): Promise<Result> {
    return new Promise((resolve) => {
      const one = { kind, begin: () => resolve(this.#begin(key, kind, work)) }
      if (waiting === NOBODY) this.#waiting.set(key, [one])
      else waiting.push(one)
    })
  }

  #leave(key: string, ended: Kind): void {
    const next = takeNext(this.#waiting.get(key) ?? NOBODY, ended)
    if (next === undefined) this.#waiting.take(key)
    else next.begin()
  }
}

function countOf(waiting: readonly Waiting[], kind: Kind): number {
  let count = 0
  for (const each of waiting) if (each.kind === kind) count++
  return count
}

/** After an advice the first that is none, if there is one, and the other way round. */
function takeNext(waiting: Waiting[], ended: Kind): Waiting | undefined {
  const other = waiting.findIndex(({ kind }) => isAdvice(kind) !== isAdvice(ended))
  return other < 0 ? waiting.shift() : waiting.splice(other, 1)[0]
}

function isAdvice(kind: Kind): boolean {
  return kind === 'reversal' || kind === 'confirmation' || kind === 'last printed'
}
