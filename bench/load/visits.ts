// Clients that connect for one sale and go: closed loop, each again as soon as it is through. And
// the same at a server that accepts and closes. With TLS every visit but the first resumes the
// session of the one before.

import type { TLSSocket } from 'node:tls'
import { connectTo, type Place } from './connect-to.ts'
import type { RunOrder, VisitReport } from './orders.ts'
import { rounded } from './percentiles.ts'
import { meters, pause, sharesOf } from './runs.ts'
import type { SaleLine } from './sale-line.ts'

const WARM_MS = 500

interface Visited {
  /** It was all that it should be. */
  readonly done: boolean
  readonly resumed: boolean
}

const NOT_DONE: Visited = { done: false, resumed: false }

async function run(
  visits: readonly (() => Promise<Visited>)[],
  { pid, seconds }: RunOrder,
): Promise<VisitReport> {
  const seen = { visits: 0, failed: 0, resumed: 0 }
  let isOver = false
  const again = async (visit: () => Promise<Visited>): Promise<void> => {
    while (!isOver) {
      const { done, resumed } = await visit()
      if (done) seen.visits++
      else seen.failed++
      if (resumed) seen.resumed++
    }
  }
  const all = visits.map(again)
  await pause(WARM_MS)
  const before = { ...seen, ...meters(pid) }
  await pause(seconds * 1_000)
  const after = { ...seen, ...meters(pid) }
  isOver = true
  await Promise.all(all)
  const count = after.visits - before.visits
  const ms = after.atMs - before.atMs
  return {
    ...{ visits: count, approved: seen.visits },
    failed: after.failed - before.failed,
    resumed: after.resumed - before.resumed,
    perSecond: rounded((count * 1_000) / ms),
    cpuMicros: rounded((after.serverMicros - before.serverMicros) / Math.max(1, count)),
    ...sharesOf(before, after),
  }
}

export function sellingVisits(lines: readonly SaleLine[], order: RunOrder): Promise<VisitReport> {
  const visits = lines.map((line, index) => async (): Promise<Visited> => {
    try {
      await line.open(placeOf(order, index))
    } catch {
      // Refused, or cut off in the handshake: it tries again, and was no visit.
      return NOT_DONE
    }
    const resumed = line.isResumed
    const approved = await new Promise<boolean>((done) => line.sell(done))
    await line.close()
    return { done: approved, resumed }
  })
  return run(visits, order)
}

/** At a server that ends what it accepts. */
export function bareVisits(order: RunOrder): Promise<VisitReport> {
  const visits = Array.from({ length: order.connections }, (_, index) => {
    const place = placeOf(order, index)
    const kept: { session?: Buffer } = {}
    return (): Promise<Visited> => bareVisit(place, kept)
  })
  return run(visits, order)
}

function bareVisit(place: Place, kept: { session?: Buffer }): Promise<Visited> {
  return new Promise((resolve) => {
    const { socket } = connectTo(place, kept.session)
    let isEnded = false
    let resumed = false
    socket.on('secureConnect', () => {
      resumed = (socket as TLSSocket).isSessionReused()
    })
    socket.on('session', (session: Buffer) => {
      kept.session = session
    })
    socket.on('error', () => undefined)
    socket.on('end', () => {
      isEnded = true
    })
    socket.on('close', () => resolve({ done: isEnded, resumed }))
    socket.resume()
  })
}

/** An address for each: ports of connections that have just ended are not free at once. */
function placeOf({ host, port, tls }: RunOrder, index: number): Place {
  return { host, port, tls, from: `127.1.${index >> 8}.${(index & 255) + 1}` }
}
