// The port of a card host that refuses connections for a while: how long, what becomes of a port
// that somebody else has taken meanwhile, and a stop in the middle of it.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CardHost } from '../../card-host/host.ts'
import { VirtualTime } from '../simulation/virtual-time.ts'
import { HostClient, purchase, startForTest, TIMERS } from './host-client.ts'

let time: VirtualTime
let cardHost: CardHost
const clients: HostClient[] = []

beforeEach(async () => {
  time = new VirtualTime(TIMERS.wallMs())
  cardHost = await startForTest({ timers: time })
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.end()
  await cardHost.stop()
})

/** Whether somebody listens at its port and sells. */
async function isSelling(): Promise<boolean> {
  try {
    const client = await HostClient.signedOn(cardHost)
    clients.push(client)
    return (await client.codeOf('0200', purchase())) === '00'
  } catch {
    return false
  }
}

describe('a card host that refuses connections', () => {
  it('does so as long as it was told last', async () => {
    cardHost.refuseConnections(1_000)
    cardHost.refuseConnections(60_000)
    time.advance(59_999)
    await new Promise((resolve) => TIMERS.after(50, () => resolve(undefined)))
    expect(await isSelling()).toBe(false)
    time.advance(1)
    await expect.poll(isSelling).toBe(true)
  })

  it('waits for its port when somebody has taken it meanwhile', async () => {
    const attempts: string[] = []
    const after: typeof time.after = (ms, run) => {
      if (ms === 50) attempts.push('again')
      return time.after(ms, run)
    }
    const waiting = await startForTest({ timers: { ...clockOf(time), after } })
    waiting.refuseConnections(1_000)
    const other = await startForTest({ port: waiting.port })
    time.advance(1_000)
    await expect.poll(() => attempts.length).toBe(1)
    time.advance(50)
    await expect.poll(() => attempts.length).toBe(2)
    await other.stop()
    time.advance(50)
    await expect
      .poll(() => HostClient.connect(waiting.port).then((one) => one.end()))
      .toBe(undefined)
    await waiting.stop()
  })

  it('has nothing to wait for when it stops meanwhile', async () => {
    cardHost.refuseConnections(10_000)
    await cardHost.stop()
    expect(time.pending).toBe(0)
  })
})

function clockOf(clock: VirtualTime) {
  return { monotonicMs: () => clock.monotonicMs(), wallMs: () => clock.wallMs() }
}
