// What a connection of a door may take in time and memory, at the switch and at a gateway alike.
// From the configuration; the channel keeps them.

import type { ChannelLimits } from '../protocol/link/channel-limits.ts'
import type { Limits, Timeouts } from './limits.ts'

interface DoorLimits {
  readonly timeouts: Pick<Timeouts, 'firstFrameMs' | 'frameMs' | 'idleMs' | 'institutionIdleMs'>
  readonly limits: Pick<Limits, 'writeBufferBytes' | 'institutionWriteBufferBytes'>
}

/**
 * An institution keeps one connection for many terminals: it may have nothing to say at night, and
 * all outcomes of a commit are answered on it at once.
 */
export function channelLimitsOf(
  { timeouts, limits }: DoorLimits,
  kind: 'terminal' | 'institution',
): ChannelLimits {
  const { firstFrameMs, frameMs, idleMs, institutionIdleMs } = timeouts
  const { writeBufferBytes, institutionWriteBufferBytes } = limits
  return kind === 'institution'
    ? {
        firstFrameMs,
        frameMs,
        idleMs: institutionIdleMs,
        writeCapBytes: institutionWriteBufferBytes,
      }
    : { firstFrameMs, frameMs, idleMs, writeCapBytes: writeBufferBytes }
}
