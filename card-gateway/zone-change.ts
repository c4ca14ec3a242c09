// A key change of a card host's link on its way: what it brings, what it came under, and who waits
// for its answer. Sends and decides nothing.

import type { ZoneSet } from './zone-set.ts'

/** The set that a message verified under; undefined on a link that has none yet. */
export type Verified = { readonly set: ZoneSet | undefined }

export interface Changed {
  readonly responseCode: string
  /** What its answer goes out under. */
  readonly verified: Verified
}

/** False: nothing went out. */
export type Answer = (changed: Changed) => boolean

export interface Change {
  readonly blocks: string
  readonly set: ZoneSet
  /** What it came under. */
  readonly before: ZoneSet | undefined
  /**
   * Called when it is durable: its answer goes out, and what follows is under the new set. Of all
   * who ask for it before it is written, on whatever connection.
   */
  readonly answers: (() => boolean)[]
}

export interface NewestChange extends Pick<Change, 'blocks' | 'answers'> {
  readonly taken: Promise<string>
  isWritten: boolean
}
