// Passwords at rest: argon2id with a salt for each, in the text form that says its own costs. Few
// are computed at a time, because each takes 19 MiB and a thread of the pool that files use too.
// Who a password belongs to is not known here, and no password is kept.

import { hash, verify } from '@node-rs/argon2'
import { EvsError } from '../../admin-api/errors.ts'

const AT_ONCE = 2
const WAITING_MOST = 32

/** In KiB, passes and lanes. [OWASP password storage: argon2id, 19 MiB, 2, 1] */
const COSTS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** Of a password that nobody was told: a name that nobody has takes as long as a wrong password. */
const NOBODY =
  '$argon2id$v=19$m=19456,t=2,p=1' +
  '$MGPv5qwEPSnujuk/Svujbw$1c0eEPqEa2/mN+jCU07koGsnsrREuOUf3Z6rS7TiZXA'

export class Passwords {
  #running = 0
  readonly #waiting: (() => void)[] = []

  /** What the password is verified with from now on. */
  verifierOf(password: string): Promise<string> {
    return this.#inTurn(() => hash(password, COSTS))
  }

  /** False without a verifier, after the same work. */
  async fits(verifier: string | undefined, password: string): Promise<boolean> {
    const fits = await this.#inTurn(() => verify(verifier ?? NOBODY, password))
    return fits && verifier !== undefined
  }

  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running >= AT_ONCE) {
      if (this.#waiting.length >= WAITING_MOST) {
        const message = 'too many passwords are being checked'
        throw new EvsError('NOT_READY', { message })
      }
      // Whoever ends hands its place over, so the count stays as it is.
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else this.#running++
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}
