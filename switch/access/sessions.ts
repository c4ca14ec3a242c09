// Open sessions, in memory only: a restart ends them all. A token is told once and kept as its
// hash. A session ends when it is idle, when it is old, and when its login was blocked, removed or
// got another password; of the last the caller tells, who knows the login.

import { createHash, randomBytes } from 'node:crypto'
import { EvsError } from '../../admin-api/errors.ts'
import type { Clock } from '../core/clock.ts'

export interface OpenSession {
  /** The hash of its token. */
  readonly id: string
  readonly name: string
  /** The password that it was opened with, by its row. */
  readonly passwordId: number
}

export interface SessionSettings {
  readonly idleMs: number
  readonly totalMs: number
}

interface Kept extends OpenSession {
  readonly openedMs: number
  seenMs: number
}

const SESSIONS_MOST = 1_000
const TOKEN_BYTES = 32

export class Sessions {
  readonly #clock: Clock
  readonly #settings: SessionSettings
  readonly #open = new Map<string, Kept>()

  constructor(clock: Clock, settings: SessionSettings) {
    this.#clock = clock
    this.#settings = settings
  }

  /** The token of a new session. */
  open(name: string, passwordId: number): string {
    for (const session of this.#open.values()) this.#endOld(session)
    if (this.#open.size >= SESSIONS_MOST) {
      throw new EvsError('NOT_READY', { message: 'too many sessions are open' })
    }
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    const id = idOf(token)
    const nowMs = this.#clock.monotonicMs()
    this.#open.set(id, { id, name, passwordId, openedMs: nowMs, seenMs: nowMs })
    return token
  }

  /** The session of a token, which is not idle any more by that. */
  find(token: string): OpenSession | undefined {
    const session = this.#open.get(idOf(token))
    if (session === undefined || this.#endOld(session)) return undefined
    session.seenMs = this.#clock.monotonicMs()
    return session
  }

  end(id: string): void {
    this.#open.delete(id)
  }

  /** Every session of a login that was blocked, removed, or got another password. */
  endOf(name: string): void {
    for (const session of this.#open.values()) {
      if (session.name === name) this.#open.delete(session.id)
    }
  }

  #endOld({ id, openedMs, seenMs }: Kept): boolean {
    const nowMs = this.#clock.monotonicMs()
    const { idleMs, totalMs } = this.#settings
    const old = nowMs - seenMs >= idleMs || nowMs - openedMs >= totalMs
    if (old) this.#open.delete(id)
    return old
  }
}

function idOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
