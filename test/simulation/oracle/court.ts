// What the oracle's rules work with: a reply, its request, and everything that was seen before.

import type { WireMessage } from '../wire/codec.ts'
import type { Gaps } from './gap.ts'
import type { HostView } from './host-view.ts'
import type { IdentitySeen } from './identity.ts'
import type { MacSeen } from './key-rules.ts'
import type { LimitRules } from './limit-rules.ts'
import type { OracleClock } from './oracle-clock.ts'
import type { StockView } from './stock-view.ts'
import type { Troubles } from './troubles.ts'

/** A request as it arrived, waiting for its answer on the same connection. */
export interface Asked {
  readonly message: WireMessage
  /** The identity it is about: its own, or the original's of an inquiry. */
  readonly identity: IdentitySeen
  readonly atMs: number
  readonly mac: MacSeen
}

/** What the rules work with. */
export interface Court {
  readonly clock: OracleClock
  readonly host: HostView
  readonly stock: StockView
  readonly troubles: Troubles
  readonly gaps: Gaps
  readonly limits: LimitRules
  readonly identities: ReadonlyMap<string, IdentitySeen>
  readonly owners: Map<string, string>
  /** Net sales of the periods that terminals have closed, by institution, MID and TID. */
  readonly closed: Map<string, { count: number; amount: number }>
  violation(what: string): void
}
