// How long a connection may be silent depends on who is behind it, at either kind of door.

import { expect, it } from 'vitest'
import { channelLimitsOf } from '../../switch/channel-limits.ts'

it("an institution's connection is closed by its own deadline, a terminal's by the other", () => {
  const config = {
    timeouts: { firstFrameMs: 1, frameMs: 2, idleMs: 60_000, institutionIdleMs: 900_000 },
    limits: { writeBufferBytes: 5 },
  }
  const both = { firstFrameMs: 1, frameMs: 2, writeCapBytes: 5 }
  expect(channelLimitsOf(config, 'institution')).toEqual({ ...both, idleMs: 900_000 })
  expect(channelLimitsOf(config, 'terminal')).toEqual({ ...both, idleMs: 60_000 })
})
