// What a gateway's doors allow, and when it is ready. Whole processes are tried in
// test/integration/gateway.test.ts.

import { expect, it } from 'vitest'
import { channelLimitsOf, reasonsOf } from '../../../switch/gateway/run.ts'
import type { GatewayConfig } from '../../../switch/gateway/settings.ts'

it('a connection of an institution may be silent longer than one of a terminal', () => {
  const config = {
    timeouts: { firstFrameMs: 1, frameMs: 2, idleMs: 3, institutionIdleMs: 4 },
    limits: { writeBufferBytes: 5 },
  } as GatewayConfig
  const both = { firstFrameMs: 1, frameMs: 2, writeCapBytes: 5 }
  expect(channelLimitsOf(config, 'terminal')).toEqual({ ...both, idleMs: 3 })
  expect(channelLimitsOf(config, 'institution')).toEqual({ ...both, idleMs: 4 })
})

it('a gateway is ready while a switch is linked and it does not stop', () => {
  const link = () => ({}) as never
  expect(reasonsOf({ isStopping: false, link })).toEqual([])
  expect(reasonsOf({ isStopping: true, link })).toEqual(['the gateway is stopping'])
  expect(reasonsOf({ isStopping: false, link: () => undefined })).toEqual(['no switch is linked'])
})
