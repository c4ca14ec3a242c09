// A security module that can be away, for every operation or for one: then it throws as those of a
// token do whose line is cut. What it does otherwise is the software module's.

import { ModuleAwayError, type SecurityModule } from '../../../protocol/security/security-module.ts'

export class AwayModule {
  isAway = false
  /** Away for this operation only. */
  awayFor: keyof SecurityModule | undefined
  /** Operations that were asked for while it was away. */
  refused = 0
  readonly module: SecurityModule

  constructor(inner: SecurityModule) {
    this.module = new Proxy(inner, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        return (...given: unknown[]) => {
          if (!this.isAway && name !== this.awayFor) return member.apply(target, given)
          this.refused++
          throw new ModuleAwayError('the line is cut')
        }
      },
    })
  }
}
