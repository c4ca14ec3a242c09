// What a connection of a door may take in time and memory, at the switch and at a gateway alike.
// From the configuration; the channel keeps them.

import type { ChannelLimits } from '../protocol/link/channel-limits.ts'
import type { Limits, Timeouts } from './limits.ts'

interface DoorLimits {
  readonly timeouts: Pick<Timeouts, 'firstFrameMs' | 'frameMs' | 'idleMs' | 'institutionIdleMs'>
  readonly limits: Pick<Limits, 'writeBufferBytes'>
}

/** An institution keeps one connection for many terminals, and may have nothing to say at night. */
export function channelLimitsOf(
  { timeouts, limits }: DoorLimits,
  kind: 'terminal' | 'institution',
): ChannelLimits {
  return {
    firstFrameMs: timeouts.firstFrameMs,
    frameMs: timeouts.frameMs,
    idleMs: kind === 'institution' ? timeouts.institutionIdleMs : timeouts.idleMs,
    writeCapBytes: limits.writeBufferBytes,
  }
}
