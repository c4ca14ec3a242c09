// Relations between limits of a gateway that no file can break today, because the bounds of the
// rows keep them: whoever moves a bound is told by the relation.

import { describe, expect, it } from 'vitest'
import {
  assertGatewayRelations,
  GATEWAY_LIMITS,
  GATEWAY_TIMEOUTS,
  type GatewaySettings,
} from '../../../switch/gateway/limits.ts'
import type { Row } from '../../../switch/limits.ts'

const valuesOf = (table: Readonly<Record<string, Row>>) =>
  Object.fromEntries(Object.entries(table).map(([name, { value }]) => [name, value]))

const DEFAULTS = {
  timeouts: valuesOf(GATEWAY_TIMEOUTS),
  limits: valuesOf(GATEWAY_LIMITS),
} as unknown as GatewaySettings

describe('relations between settings of a gateway', () => {
  it('hold for the defaults, which lie within their bounds', () => {
    expect(assertGatewayRelations(DEFAULTS)).toEqual([])
    for (const [name, row] of Object.entries({ ...GATEWAY_TIMEOUTS, ...GATEWAY_LIMITS })) {
      expect(row.value, name).toBeGreaterThanOrEqual(row.least)
      expect(row.value, name).toBeLessThanOrEqual(row.most)
    }
  })

  it('let a connection send one message at least before it is not read', () => {
    const { timeouts, limits } = DEFAULTS
    const untaken = (bytes: number) =>
      assertGatewayRelations({
        timeouts,
        limits: { ...limits, untakenBytesPerConnection: bytes },
      })
    expect(untaken(limits.frameBytes)).toEqual([])
    expect(untaken(limits.frameBytes - 1)).toMatchObject([{ path: 'limits.frameBytes' }])
  })
})
