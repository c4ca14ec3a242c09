// Clients that cost without buying. Each is cut off in its time or bounded in what it takes, and
// honest terminals sell on meanwhile: at least 99 in 100 of their sales.

import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { emptyFrames, neverReaders, slowClients } from '../overload/crowd.ts'
import { type Check, lifeMs, must } from './check.ts'
import { framed } from './keyed-terminal.ts'
import { type AttackRig, CONNECTIONS_MOST, FIRST_FRAME_MS, FRAME_MS } from './rig.ts'

const SLACK_MS = 1_500
const HONEST_SHARE = 0.99

export const HOSTILE_CHECKS: readonly Check[] = [
  {
    id: 'N1',
    what: 'a connection that says nothing is closed',
    run: async (rig) => {
      const ms = await lifeMs(rig.port('plain'), () => undefined)
      must(ms >= FIRST_FRAME_MS - 200 && ms < FIRST_FRAME_MS + SLACK_MS, `it lived ${ms} ms`)
      return `after ${Math.round(ms)} ms of ${FIRST_FRAME_MS}`
    },
  },
  {
    id: 'N2',
    what: 'a frame that comes a byte a second is cut off at its deadline',
    run: async (rig) => {
      const before = await rig.metric('evs_events_total{event="link events",label="frame-deadline"')
      const ms = await lifeMs(rig.port('plain'), (write) => {
        write(Buffer.from([0]))
        setTimeout(() => write(Buffer.from([0x60])), 900)
      })
      must(ms < FRAME_MS + SLACK_MS, `it lived ${ms} ms`)
      const after = await rig.metric('evs_events_total{event="link events",label="frame-deadline"')
      must(after > before, 'it was not counted')
      return `after ${Math.round(ms)} ms of ${FRAME_MS}, counted`
    },
  },
  {
    id: 'N5',
    what: 'impossible lengths close, and take no memory',
    run: async (rig, { isQuick }) => {
      const tries = isQuick ? 1_000 : 10_000
      const heads = ['ffff', '1001', '0004', '0000']
      await breakFrames(rig.port('plain'), heads, 200)
      const before = await rig.memoryMb()
      await breakFrames(rig.port('plain'), heads, tries)
      await pause(500)
      const grown = (await rig.memoryMb()) - before
      must(grown < 32, `${tries} of them grew the process by ${grown.toFixed(1)} MB`)
      return `${tries} closed, ${grown.toFixed(1)} MB more`
    },
  },
  {
    id: 'N4',
    what: 'connections above the limit are dropped, and those that are there go on',
    run: async (rig) => {
      const sockets: Socket[] = []
      const seen = await rig.during(async () => {
        for (let n = 0; n < CONNECTIONS_MOST + 100; n++) sockets.push(silent(rig.port('plain')))
        await pause(1_000)
      })
      const open = sockets.filter((socket) => !socket.destroyed).length
      for (const socket of sockets) socket.destroy()
      must(open <= CONNECTIONS_MOST, `${open} connections are open`)
      mustSell(seen)
      return `${open} stayed, honest ${percent(seen.share)} of ${seen.sales}`
    },
  },
  during('H1', 'silent sockets', async (rig, seconds) => {
    const sockets = Array.from({ length: 150 }, () => silent(rig.port('plain')))
    await pause(seconds * 1_000)
    for (const socket of sockets) socket.destroy()
  }),
  during('H2', 'frames a byte at a time', async (rig, seconds) => {
    const crowd = slowClients(rig.port('plain'), 150, 400)
    await pause(seconds * 1_000)
    crowd.stop()
  }),
  during('N6', 'clients that never read', async (rig, seconds) => {
    const crowd = neverReaders(rig.port('plain'), 8, 400)
    await pause(seconds * 1_000)
    crowd.stop()
  }),
  during('H8', 'frames without a byte', async (rig, seconds) => {
    const crowd = emptyFrames(rig.port('bare'), 100)
    await pause(seconds * 1_000)
    crowd.stop()
  }),
  during('H3', 'a flood of connections from one address', async (rig, seconds) => {
    const until = performance.now() + seconds * 1_000
    while (performance.now() < until) {
      for (let n = 0; n < 10; n++) silent(rig.port('plain')).on('connect', end)
      await pause(20)
    }
  }),
  during('H4', 'a flood of connections from many addresses', async (rig, seconds) => {
    const until = performance.now() + seconds * 1_000
    for (let n = 0; performance.now() < until; n++) {
      for (let m = 0; m < 10; m++) {
        const from = `127.0.${n % 250}.${2 + (m % 250)}`
        silent(rig.port('plain'), from).on('connect', end)
      }
      await pause(20)
    }
  }),
  during('H5', 'messages with wrong MACs from one address', async (rig, seconds) => {
    const { keyed } = rig
    await keyed.logon()
    const wrong = keyed.sealed('0200', keyed.saleFields())
    wrong[wrong.length - 1] = (wrong.at(-1) ?? 0) ^ 1
    const until = performance.now() + seconds * 1_000
    while (performance.now() < until) {
      for (let n = 0; n < 4; n++) send(rig.port('keyed'), framed(wrong))
      await pause(20)
    }
  }),
  {
    id: 'H6',
    what: 'after wrong MACs from its address a terminal with right ones still sells',
    run: async ({ keyed }) => {
      keyed.drop()
      await keyed.logon()
      const reply = await keyed.exchange(keyed.sealed('0200', keyed.saleFields()))
      must(reply?.get(39) === '00', `it was answered ${reply?.get(39)}`)
      return 'sold'
    },
  },
]

export type Attack = (rig: AttackRig, seconds: number) => Promise<void>

/** Honest terminals sell while it goes on, and memory is bounded. */
export function during(id: string, what: string, attack: Attack): Check {
  return {
    id,
    what: `honest terminals sell during ${what}`,
    run: async (rig, { isQuick }) => {
      const before = await rig.memoryMb()
      const seen = await rig.during(() => attack(rig, isQuick ? 2 : 15))
      const grown = (await rig.memoryMb()) - before
      mustSell(seen)
      must(grown < 200, `the process grew by ${grown.toFixed(0)} MB`)
      return `${percent(seen.share)} of ${seen.sales} sold, ${grown.toFixed(0)} MB more`
    },
  }
}

function mustSell({ sales, share }: { sales: number; share: number }): void {
  must(sales >= 20, `only ${sales} honest sales were tried`)
  must(share >= HONEST_SHARE, `only ${percent(share)} of ${sales} honest sales were sold`)
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

function silent(port: number, from?: string): Socket {
  const local = from === undefined ? {} : { localAddress: from }
  const socket = connect({ host: '127.0.0.1', port, ...local })
  socket.on('error', () => socket.destroy())
  return socket
}

function end(this: Socket): void {
  this.destroy()
}

function send(port: number, frame: Buffer): void {
  const socket = silent(port)
  socket.on('connect', () => socket.end(frame))
  socket.resume()
}

async function breakFrames(port: number, heads: readonly string[], tries: number): Promise<void> {
  const ATONCE = 50
  for (let n = 0; n < tries; n += ATONCE) {
    const lives = Array.from({ length: ATONCE }, (_, m) => {
      const head = Buffer.from(`${heads[m % heads.length]}600001000202`, 'hex')
      return lifeMs(port, (write) => write(head))
    })
    await Promise.all(lives)
  }
}
