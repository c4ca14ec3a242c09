// Open key ceremonies, in memory only: a restart drops them with all their parts. A part is kept as
// bytes until the whole is made of it, or it is taken, and is overwritten then and at every other
// end. What a ceremony makes in force, and what is on record of it, is for the caller.

import { randomBytes } from 'node:crypto'
import type { Actor } from '../../admin-api/actor.ts'
import { EvsError } from '../../admin-api/errors.ts'
import type { KeyOwnerRef } from '../../admin-api/key-schemas.ts'
import type { Clock } from '../core/clock.ts'

export interface Beginning {
  readonly kind: 'load' | 'issue'
  /** Who began it, with the consent that he had. */
  readonly actor: Actor
  readonly ref: KeyOwnerRef
  readonly owner: string
  readonly scheme: 'tdes' | 'aes'
  /** What the whole must have, when that is known before. */
  readonly expected?: string | undefined
}

export interface CeremonyPart {
  readonly number: number
  /** Undefined: nobody entered or took it yet. */
  by: string | undefined
  checkValue: string
  bytes: Buffer | undefined
  /** On record, not only in hand. */
  noted: boolean
}

/** The whole, sealed for its place: nothing of it is in clear. */
export interface Whole {
  readonly sealed: Uint8Array
  readonly checkValue: string
}

export interface Ceremony extends Beginning {
  readonly id: string
  readonly endsMs: number
  readonly parts: readonly CeremonyPart[]
  whole: Whole | undefined
  /** It is being put in force: nothing ends it meanwhile. */
  held: boolean
  ended: boolean
}

interface Kept extends Ceremony {
  readonly untilMs: number
  cancel: () => void
}

export interface CeremonySettings {
  readonly lifeMs: number
  readonly most: number
}

export class KeyCeremonies {
  readonly #clock: Clock
  readonly #settings: CeremonySettings
  readonly #onExpired: (ceremony: Ceremony) => void
  readonly #open = new Map<string, Kept>()

  constructor(clock: Clock, settings: CeremonySettings, onExpired: (ended: Ceremony) => void) {
    this.#clock = clock
    this.#settings = settings
    this.#onExpired = onExpired
  }

  list(): Ceremony[] {
    this.#dropOld()
    return [...this.#open.values()]
  }

  find(id: string): Ceremony | undefined {
    this.#dropOld()
    return this.#open.get(id)
  }

  begin(
    beginning: Beginning,
    parts: readonly Pick<CeremonyPart, 'checkValue' | 'bytes'>[],
    whole?: Whole,
  ): Ceremony {
    this.#dropOld()
    const { lifeMs, most } = this.#settings
    if (this.#open.size >= most) {
      const hint = 'finish or cancel one: `evs key ceremonies` lists them'
      throw new EvsError('NOT_READY', { message: 'too many key ceremonies are open', hint })
    }
    const ceremony: Kept = {
      ...beginning,
      id: randomBytes(4).toString('hex'),
      endsMs: this.#clock.wallMs() + lifeMs,
      untilMs: this.#clock.monotonicMs() + lifeMs,
      parts: parts.map((part, index) => {
        return { ...part, number: index + 1, by: undefined, noted: false }
      }),
      ...{ whole, held: false, ended: false },
      cancel: this.#clock.after(lifeMs, () => this.#dropOld()),
    }
    this.#open.set(ceremony.id, ceremony)
    return ceremony
  }

  /** The next part that nobody has; it is this login's from now on, and he has no other. */
  claim(ceremony: Ceremony, name: string): CeremonyPart {
    const { id, parts } = ceremony
    if (parts.some(({ by }) => by === name)) {
      const message = `${name} has had a part of ceremony ${id} already`
      const hint = 'each part is for another custodian, with a login of his own'
      throw new EvsError('CONFLICT', { message, hint })
    }
    const part = parts.find(({ by }) => by === undefined)
    if (part === undefined) {
      throw new EvsError('CONFLICT', { message: `nothing is missing in ceremony ${id}` })
    }
    part.by = name
    return part
  }

  /** While what it makes is being written: only one at a time, and nobody cancels it. */
  hold(ceremony: Ceremony): void {
    if (ceremony.held) {
      const message = `ceremony ${ceremony.id} is being put in force`
      throw new EvsError('CONFLICT', { message, hint: '`evs key list` shows it in a moment' })
    }
    ceremony.held = true
  }

  letGo(ceremony: Ceremony): void {
    ceremony.held = false
    this.#dropOld()
  }

  end(ceremony: Ceremony): void {
    const kept = this.#open.get(ceremony.id)
    if (kept !== ceremony) return
    this.#open.delete(kept.id)
    kept.cancel()
    kept.ended = true
    for (const part of kept.parts) wipe(part)
  }

  endAll(): void {
    for (const ceremony of [...this.#open.values()]) this.end(ceremony)
  }

  #dropOld(): void {
    const nowMs = this.#clock.monotonicMs()
    for (const ceremony of [...this.#open.values()]) {
      if (nowMs < ceremony.untilMs || ceremony.held) continue
      this.end(ceremony)
      this.#onExpired(ceremony)
    }
  }
}

export function wipe(part: CeremonyPart): void {
  part.bytes?.fill(0)
  part.bytes = undefined
}
