// What a connection may take in time and memory, and what ours take where nothing else is said.
// The channel keeps them.

export interface ChannelLimits {
  /** From the start to the first valid message; 0 is no deadline. */
  readonly firstFrameMs: number
  /** From the first byte of a frame to its last; also for our last bytes when a channel closes. */
  readonly frameMs: number
  /** Between two messages of either direction; 0 is no deadline. */
  readonly idleMs: number
  /** Bytes that may wait here for a peer that does not read. */
  readonly writeCapBytes: number
}

/** Of a terminal's connection. A link with many terminals behind it wants a larger write cap. */
export const ACCEPTED_LIMITS: ChannelLimits = {
  firstFrameMs: 10_000,
  frameMs: 5_000,
  idleMs: 60_000,
  writeCapBytes: 65_536,
}

/** Of a connection we dialed: echoes watch over it instead of idle deadlines. */
export const DIALED_LIMITS: ChannelLimits = {
  firstFrameMs: 0,
  frameMs: 5_000,
  idleMs: 0,
  writeCapBytes: 1_048_576,
}
