// A running gateway before a scripted switch, over real sockets and the clock of the test: each of
// its limits is that of its own setting, which no test with settings of one size could tell.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Channel } from '../../../protocol/link/channel.ts'
import { type Framing, frame } from '../../../protocol/link/framing.ts'
import { type Listener, listen } from '../../../protocol/link/listener.ts'
import { systemTimers } from '../../../protocol/link/timers.ts'
import { loadGatewayConfig } from '../../../switch/gateway/load.ts'
import { type GatewayReadyLine, runGateway } from '../../../switch/gateway/run.ts'
import {
  type Envelope,
  envelope,
  LINK_FRAMING,
  readEnvelope,
} from '../../../terminal-gateway/relay/envelope.ts'
import { Authority, writeAuthority, writeFiles } from '../../protocol/certificates/authority.ts'
import { type Client, client, endAll, LIMITS, until } from '../../protocol/link/loopback.ts'

/** On a machine that is many times slower. */
const PATIENT_MS = 40_000

/** Every one another, and each sum too. */
const SETTINGS = `timeouts:
  { switchTotalMs: 21000, echoAnswerMs: 6000, echoAfterMs: 9000, drainMs: 28000,
    dialBackoffFirstMs: 10, dialBackoffMaxMs: 20 }
limits:
  { frameBytes: 5000, untakenBytesPerConnection: 20000, untakenBytesPerLink: 71000,
    connectionsPerListener: 5, connectionsPerAddress: 4 }
`
const ANSWER_MS = 27_000
const FRAME_BYTES = 5_000

const TERMINAL: Framing = { ...LINK_FRAMING, tpdu: true }
const TPDU = Buffer.from('6000010002', 'hex')
/** Of 4,096 bytes, TPDU included: five of them are more than a connection may send untaken. */
const BIG = frame(TERMINAL, Buffer.alloc(4_091), TPDU)

const folder = mkdtempSync(join(tmpdir(), 'evs-open-doors-'))
const authority = new Authority('Gateways')
writeAuthority(folder, 'ca', authority)
writeFiles(folder, 'gateway', authority.issue({ commonName: 'gateway-1', use: 'client' }))
const server = authority.issue({ commonName: 'switch', names: ['localhost'], use: 'server' })

let nowMs = 0
let heard: Envelope[]
let link: Channel | undefined
let listener: Listener
let ready: GatewayReadyLine
let stop: () => Promise<void>

beforeEach(async () => {
  heard = []
  vi.spyOn(systemTimers, 'monotonicMs').mockImplementation(() => nowMs)
  listener = await scriptedSwitch()
  const file = join(folder, 'gateway.yaml')
  writeFileSync(file, yaml(listener.port))
  const loaded = loadGatewayConfig({ file, env: {} })
  if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems))
  ;({ ready, stop } = await running(loaded.config))
  await linked()
}, PATIENT_MS)
afterEach(async () => {
  await endAll()
  // Nobody is waited for any more.
  nowMs += ANSWER_MS
  await stop()
  await listener.stop()
  await listener.closeAll('the test is over')
  vi.restoreAllMocks()
}, PATIENT_MS)
afterAll(() => rmSync(folder, { recursive: true }))

/** Says welcome and echoes; takes nothing and answers nothing. */
function scriptedSwitch(): Promise<Listener> {
  const credentials = { ...server, ca: authority.certificate }
  return listen({
    ...{ host: '127.0.0.1', port: 0, framing: LINK_FRAMING, timers: systemTimers },
    limits: { ...LIMITS, firstFrameMs: 0, idleMs: 0 },
    ...{ maxConnections: 9, onError: broken },
    tls: { credentials, minVersion: 'TLSv1.2', handshakeMs: 8_000, maxHandshakes: 9 },
    onChannel: (channel) => ({
      frame: (body) => {
        const read = readEnvelope(Buffer.from(body))
        if (read.kind === 'broken') throw new Error(read.reason)
        heard.push(read)
        link = channel
        if (read.kind === 'hello') say({ kind: 'welcome', version: 1, gateway: 'gw' })
        if (read.kind === 'echo') say({ kind: 'echoed', number: read.number })
      },
      closed: () => undefined,
    }),
  })
}

function say(given: Envelope): void {
  link?.send(envelope(given))
}

const yaml = (port: number) => `listeners: [{ name: pos, kind: terminal, port: 0 }]
switches:
  - name: main
    host: 127.0.0.1
    port: ${port}
    tls: { ca: ca.pem, serverName: localhost, certificate: gateway.pem, key: gateway.key }
${SETTINGS}log: { level: fatal }
`

/** Its guard would stay with this process, which other tests share. */
async function running(config: Parameters<typeof runGateway>[0]) {
  const { poolSize } = Buffer
  const guard = vi.spyOn(process, 'on').mockReturnValue(process)
  let line: GatewayReadyLine | undefined
  const gateway = await runGateway(config, {
    ready: (given) => {
      line = given
    },
    exit: broken,
  })
  guard.mockRestore()
  Buffer.poolSize = poolSize
  if (line === undefined) throw new Error('it is not ready')
  return { ready: line, stop: () => gateway.stop() }
}

function broken(cause: unknown): never {
  throw new Error(`a bug of its own: ${cause}`)
}

async function probed(path: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(`http://127.0.0.1:${ready.probe.port}${path}`)
  return { status: answer.status, text: await answer.text() }
}

async function linked(): Promise<void> {
  const isReady = async () => expect((await probed('/readyz')).status).toBe(200)
  await vi.waitFor(isReady, { timeout: 9_000, interval: 5 })
}

const terminal = (): Promise<Client> => client(ready.listeners[0]?.port ?? 0)

/** Resolves when so many of its frames are at the switch; the rest is not read. */
async function says(socket: Socket, frames: number, arrive = frames): Promise<void> {
  const before = framesHeard()
  for (let sent = 0; sent < frames; sent++) socket.write(BIG)
  await until(() => framesHeard() === before + arrive, 9_000)
}

const framesHeard = () => heard.filter(({ kind }) => kind === 'frame').length

async function times(event: string, label = ''): Promise<number> {
  const { text } = await probed('/metrics')
  const line = new RegExp(`^evs_events_total\\{event="${event}",label="${label}"\\} (\\d+)$`, 'm')
  return Number(line.exec(text)?.[1] ?? 0)
}

/** How often one terminal, and how often the link, had sent too much. */
const tooMuch = async () => [await times('link events', 'held back'), await times('link congested')]

describe('a running gateway', { timeout: PATIENT_MS }, () => {
  it('a terminal and the link are each held back by their own limit', async () => {
    for (let held = 0; held < 3; held++) await says((await terminal()).socket, 7, 5)
    expect(await tooMuch()).toEqual([3, 0])
    await says((await terminal()).socket, 4, 3)
    expect(await tooMuch()).toEqual([3, 1])
  })

  it('the switch is told the longest frame, and one of that length reaches its terminal', async () => {
    expect(heard[0]).toMatchObject({ kind: 'hello', frameBytes: FRAME_BYTES })
    const { socket, received } = await terminal()
    await says(socket, 1)
    say({ kind: 'frame', id: 1, bytes: Buffer.concat([TPDU], FRAME_BYTES) })
    await until(() => received().length === 2 + FRAME_BYTES, 9_000)
  })

  it('an answer is waited for as long as the switch may take and the link each way, no longer', async () => {
    const [waiting, over] = [await terminal(), await terminal()]
    await says(over.socket, 1)
    nowMs += 1
    await says(waiting.socket, 1)
    nowMs += ANSWER_MS - 1
    link?.close('cut')
    await until(() => waiting.isClosed(), 9_000)
    await until(() => heard.filter(({ kind }) => kind === 'hello').length === 2, 9_000)
    await linked()
    await says(over.socket, 1)
    expect(over.isClosed()).toBe(false)
  })

  it('one address has as many connections as it may, though the listener takes one more', async () => {
    const taken = await Promise.all([1, 2, 3, 4].map(terminal))
    const fifth = await terminal()
    await until(() => fifth.isClosed(), 9_000)
    expect(taken.map(({ isClosed }) => isClosed())).toEqual([false, false, false, false])
    expect(await times('connections dropped', 'connections-of-address')).toBe(1)
  })
})
