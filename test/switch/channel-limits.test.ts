// How long a connection may be silent, and how much it may leave unread, depends on who is behind
// it, at either kind of door.

import { expect, it } from 'vitest'
import { channelLimitsOf } from '../../switch/channel-limits.ts'
import { defaultSettings } from '../../switch/limits.ts'

it("an institution's connection is closed by its own limits, a terminal's by the others", () => {
  const config = {
    timeouts: { firstFrameMs: 1, frameMs: 2, idleMs: 60_000, institutionIdleMs: 900_000 },
    limits: { writeBufferBytes: 5, institutionWriteBufferBytes: 6 },
  }
  const both = { firstFrameMs: 1, frameMs: 2 }
  const institution = { ...both, idleMs: 900_000, writeCapBytes: 6 }
  expect(channelLimitsOf(config, 'institution')).toEqual(institution)
  expect(channelLimitsOf(config, 'terminal')).toEqual({
    ...both,
    idleMs: 60_000,
    writeCapBytes: 5,
  })
})

it('an institution may be sent the answers to all sales in flight before it can have read one', () => {
  const settings = defaultSettings()
  const longestBytes = 2_000
  const { writeCapBytes } = channelLimitsOf(settings, 'institution')
  expect(writeCapBytes).toBeGreaterThanOrEqual(settings.limits.inFlightSales * longestBytes)
  expect(writeCapBytes).toBeLessThanOrEqual(settings.limits.gatewayWriteBufferBytes)
})
