// Requests of acts that need a second person, in memory only: a restart drops them, as it ends the
// sessions of who asked. A request is for one login and for exactly what it gave, compared by a
// keyed hash; it serves once. Who may approve is decided by the caller.

import { createHmac, randomBytes } from 'node:crypto'
import { EvsError } from '../../admin-api/errors.ts'
import type { RouteName } from '../../admin-api/routes.ts'
import type { Clock } from '../core/clock.ts'

export interface Asking {
  readonly act: RouteName
  readonly askedBy: string
  /** All of it, for the comparison. */
  readonly given: unknown
  /** What may be shown of it. */
  readonly shown: Readonly<Record<string, unknown>>
}

export interface Request extends Omit<Asking, 'given'> {
  readonly id: string
  readonly askedMs: number
  readonly endsMs: number
  state: 'pending' | 'approved' | 'denied'
  decidedBy: string | undefined
}

interface Kept extends Request {
  readonly digest: string
  readonly untilMs: number
}

const REQUESTS_MOST = 1_000

export class Approvals {
  readonly #clock: Clock
  readonly #wallMs: () => number
  readonly #lifeMs: number
  readonly #key = randomBytes(32)
  readonly #requests = new Map<string, Kept>()

  constructor(clock: Clock, wallMs: () => number, lifeMs: number) {
    this.#clock = clock
    this.#wallMs = wallMs
    this.#lifeMs = lifeMs
  }

  list(): Request[] {
    this.#dropOld()
    return [...this.#requests.values()]
  }

  find(id: string): Request | undefined {
    this.#dropOld()
    return this.#requests.get(id)
  }

  /** The request of exactly this by this login, in any state; `isNew` when it was made just now. */
  ask(asking: Asking): { readonly request: Request; readonly isNew: boolean } {
    this.#dropOld()
    const digest = this.#digest(asking)
    for (const request of this.#requests.values()) {
      if (request.digest === digest) return { request, isNew: false }
    }
    if (this.#requests.size >= REQUESTS_MOST) {
      throw new EvsError('NOT_READY', { message: 'too many requests wait for an approval' })
    }
    const { act, askedBy, shown } = asking
    const askedMs = this.#wallMs()
    const request: Kept = {
      ...{ id: randomBytes(4).toString('hex'), act, askedBy, shown, digest },
      ...{ askedMs, endsMs: askedMs + this.#lifeMs },
      untilMs: this.#clock.monotonicMs() + this.#lifeMs,
      ...{ state: 'pending', decidedBy: undefined },
    }
    this.#requests.set(request.id, request)
    return { request, isNew: true }
  }

  /** Consent does not outlive the right to give it. */
  dropApprovedBy(name: string): void {
    for (const { id, state, decidedBy } of this.#requests.values()) {
      if (state === 'approved' && decidedBy === name) this.#requests.delete(id)
    }
  }

  /** It has served. */
  remove(id: string): void {
    this.#requests.delete(id)
  }

  #dropOld(): void {
    const nowMs = this.#clock.monotonicMs()
    for (const { id, untilMs } of this.#requests.values()) {
      if (nowMs >= untilMs) this.#requests.delete(id)
    }
  }

  #digest({ act, askedBy, given }: Asking): string {
    const text = JSON.stringify([act, askedBy, sorted(given)])
    return createHmac('sha256', this.#key).update(text).digest('hex')
  }
}

/** With the members of every object in one order, however they came. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, member]) => member !== undefined)
  entries.sort(([one], [other]) => (one < other ? -1 : 1))
  return entries.map(([name, member]) => [name, sorted(member)])
}
