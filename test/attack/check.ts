// One check of a running server, and what it takes to be one: it throws what it found to be wrong,
// and tells in a few words what it saw.

import { connect } from 'node:net'
import type { AttackRig } from './rig.ts'

export interface Check {
  /** As the list of checks calls it: N1, R3. */
  readonly id: string
  readonly what: string
  /** What was seen; it throws what is wrong. */
  readonly run: (rig: AttackRig, size: { readonly isQuick: boolean }) => Promise<string>
}

export function must(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise)
}

/** How long a connection lives that sends so; the reason is nobody's but ours. */
export function lifeMs(
  port: number,
  send: (write: (bytes: Buffer) => void) => void,
): Promise<number> {
  const beganMs = performance.now()
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => resolve(performance.now() - beganMs))
    socket.resume()
    socket.on('connect', () => send((bytes) => socket.write(bytes)))
  })
}
