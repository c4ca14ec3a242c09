// A real gateway between sockets of the test on both sides: what a terminal sends is what arrives
// at the switch, byte for byte, and back, under every framing; and an answer reaches who asked or
// nobody.

import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Channel } from '../../protocol/link/channel.ts'
import { type Framing, frame } from '../../protocol/link/framing.ts'
import { type Listener, listen } from '../../protocol/link/listener.ts'
import { systemTimers } from '../../protocol/link/timers.ts'
import { until } from '../../switch/demo/scenes.ts'
import {
  type Envelope,
  envelope,
  type HelloDoor,
  LINK_FRAMING,
  readEnvelope,
} from '../../terminal-gateway/relay/envelope.ts'
import { GatewayProcess } from '../gateway-process.ts'
import { Authority, writeAuthority, writeFiles } from '../protocol/certificates/authority.ts'

const folder = mkdtempSync(join(tmpdir(), 'evs-gateway-link-'))
const authority = new Authority('Test Authority')
const ca = writeAuthority(folder, 'ca', authority)
const server = writeFiles(
  folder,
  'switch',
  authority.issue({ commonName: 'switch', names: ['localhost'], use: 'server' }),
)
const client = writeFiles(folder, 'gw', authority.issue({ commonName: 'gw', use: 'client' }))

/** As the settings of a listener say it. */
const FRAMINGS = {
  binary: { length: 'binary2', lengthIncludesItself: false, tpdu: true },
  ascii: { length: 'ascii4', lengthIncludesItself: true, tpdu: false },
  bcd: { length: 'bcd2', lengthIncludesItself: false, tpdu: true },
} as const

let door: Listener
let gateway: GatewayProcess
/** The newest link, and what came on it. */
let link: Channel | undefined
let heard: Envelope[] = []
/** What its hello named, in order. */
let doors: readonly HelloDoor[] = []
let links = 0
/** Whether the switch says what it has read. */
let takes = true

function greet(channel: Channel) {
  links++
  link = channel
  heard = []
  return {
    frame: (body: Buffer) => {
      const read = readEnvelope(Buffer.from(body))
      if (read.kind === 'broken') throw new Error(read.reason)
      if (read.kind === 'hello') {
        doors = read.doors
        say({ kind: 'welcome', version: 1, gateway: 'gw' })
      } else if (read.kind === 'echo') say({ kind: 'echoed', number: read.number })
      else heard.push(read)
      if (read.kind === 'frame' && takes) {
        say({ kind: 'taken', id: read.id, bytes: read.bytes.length, was: 'valid' })
      }
    },
    closed: () => undefined,
  }
}

function say(given: Envelope): void {
  link?.send(envelope(given))
}

beforeAll(async () => {
  const [certificate, key] = [server.certificate, server.key].map((path) => read(path))
  door = await listen({
    ...{ host: '127.0.0.1', port: 0, framing: LINK_FRAMING, timers: systemTimers },
    limits: { firstFrameMs: 0, frameMs: 5_000, idleMs: 0, writeCapBytes: 1 << 24 },
    ...{ maxConnections: 10, onChannel: greet },
    tls: {
      credentials: { certificate, key, ca: read(ca) },
      ...{ minVersion: 'TLSv1.2', handshakeMs: 5_000, maxHandshakes: 10 },
    },
    onError: (error) => {
      throw error
    },
  })
  const listeners = Object.entries(FRAMINGS).map(([name, framing]) =>
    JSON.stringify({ name, kind: 'terminal', port: 0, ...framing }),
  )
  const tls = { ca, serverName: 'localhost', ...client }
  const main = { name: 'main', host: '127.0.0.1', port: door.port, tls }
  const config = join(folder, 'gateway.yaml')
  const timeouts = 'timeouts: { dialBackoffFirstMs: 50, dialBackoffMaxMs: 50 }'
  const list = `listeners:\n${listeners.map((one) => `  - ${one}\n`).join('')}`
  const limits = 'limits: { untakenBytesPerConnection: 16384, untakenBytesPerLink: 131072 }'
  const switches = `switches:\n  - ${JSON.stringify(main)}\n`
  writeFileSync(config, `${list}${switches}${timeouts}\n${limits}\n`)
  gateway = new GatewayProcess(config)
  await gateway.start()
  await gateway.linked()
})

afterEach(() => {
  heard = []
  takes = true
})

afterAll(async () => {
  await gateway.end('SIGKILL')
  await door.stop()
  await door.closeAll('over')
  rmSync(folder, { recursive: true })
})

function read(path: string): string {
  return readFileSync(path, 'utf8')
}

/** A terminal's socket, and every byte that came on it. */
function terminal(listener: keyof typeof FRAMINGS) {
  const socket = connect({ host: '127.0.0.1', port: gateway.port(listener), noDelay: true })
  const chunks: Buffer[] = []
  let open = true
  socket.on('error', () => undefined)
  socket.on('close', () => {
    open = false
  })
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  return { socket, received: () => Buffer.concat(chunks), isOpen: () => open }
}

const frames = () => heard.flatMap((one) => (one.kind === 'frame' ? [one] : []))

describe.each(Object.keys(FRAMINGS) as (keyof typeof FRAMINGS)[])(
  'a door with %s frames',
  (name) => {
    const framing: Framing = { ...FRAMINGS[name], maxFrameBytes: 4096 }
    const payload = (bytes: number): Buffer => {
      const made = randomBytes(bytes)
      if (framing.tpdu) made[0] = 0x60
      return made
    }
    const framed = (bytes: Buffer): Buffer =>
      framing.tpdu ? frame(framing, bytes.subarray(5), bytes.subarray(0, 5)) : frame(framing, bytes)

    it('hands over what it got and gives back what it was given, byte for byte', async () => {
      const sent = [5, 6, 64, 300, 4096].map(payload)
      const one = terminal(name)
      one.socket.write(Buffer.concat(sent.map(framed)))
      await until('the frames', () => frames().length === sent.length)
      expect(frames().map(({ bytes }) => bytes)).toEqual(sent)
      const id = frames()[0]?.id ?? 0
      const answers = [4096, 5, 77].map(payload)
      for (const bytes of answers) say({ kind: 'frame', id, bytes })
      const expected = Buffer.concat(answers.map(framed))
      await until('the answers', () => one.received().length >= expected.length)
      expect(one.received()).toEqual(expected)
      const written = () => heard.filter((envelope) => envelope.kind === 'written')
      await until('word of them', () => written().length === answers.length)
      expect(written()).toEqual(answers.map(() => ({ kind: 'written', id, complete: true })))
      one.socket.destroy()
      await until('its end', () => heard.some(({ kind }) => kind === 'closed'))
    })

    it('is told to the switch by its place in the hello', async () => {
      const one = terminal(name)
      one.socket.write(framed(payload(9)))
      await until('its frame', () => frames().length === 1)
      const opened = heard.find((envelope) => envelope.kind === 'open')
      const place = opened?.kind === 'open' ? opened.door : -1
      expect(doors[place]).toEqual({ listener: name, tpdu: framing.tpdu })
      one.socket.destroy()
      await until('its end', () => heard.some(({ kind }) => kind === 'closed'))
    })

    it('reads no more of who sends more than its own share until the switch takes it', async () => {
      takes = false
      const [greedy, other] = [terminal(name), terminal(name)]
      for (let times = 0; times < 50; times++) greedy.socket.write(framed(payload(4_000)))
      await until('its share', () => frames().length === 5)
      other.socket.write(framed(payload(9)))
      await until('the other frame', () => frames().length === 6)
      takes = true
      for (const { id, bytes } of frames()) {
        say({ kind: 'taken', id, bytes: bytes.length, was: 'valid' })
      }
      await until('all of them', () => frames().length === 51)
      expect([greedy.isOpen(), other.isOpen()]).toEqual([true, true])
      for (const { socket } of [greedy, other]) socket.destroy()
      await until('both ends', () => heard.filter(({ kind }) => kind === 'closed').length === 2)
    })

    it('drops what is no frame, and the switch hears nothing of it', async () => {
      const one = terminal(name)
      one.socket.write(Buffer.from('ffffffffffff', 'hex'))
      await until('the cut', () => !one.isOpen())
      expect(heard).toEqual([])
    })
  },
)

describe('an answer', () => {
  it('for a connection that ended reaches none of those that came after it', async () => {
    const gone = terminal('ascii')
    gone.socket.write(frame({ ...FRAMINGS.ascii, maxFrameBytes: 4096 }, Buffer.from('a')))
    await until('its frame', () => frames().length === 1)
    const id = frames()[0]?.id ?? 0
    gone.socket.destroy()
    await until('its end', () => heard.some(({ kind }) => kind === 'closed'))
    const later = Array.from({ length: 5 }, () => terminal('ascii'))
    for (const { socket } of later) {
      socket.write(frame({ ...FRAMINGS.ascii, maxFrameBytes: 4096 }, Buffer.from('b')))
    }
    await until('their frames', () => frames().length === 6)
    expect(new Set(frames().map((one) => one.id)).size).toBe(6)
    for (let times = 0; times < 3; times++) say({ kind: 'frame', id, bytes: Buffer.from('PIN') })
    const nobody = /evs_events_total\{event="answers to nobody",label=""\} (\d+)/
    await until('the count', async () => (await gateway.metric(nobody)) === 3)
    expect(later.map(({ received }) => received().length)).toEqual([0, 0, 0, 0, 0])
    for (const { socket } of later) socket.destroy()
  })

  it('for a number that was never given ends the link, and the next one begins anew', async () => {
    const before = links
    say({ kind: 'frame', id: 1_000_000, bytes: Buffer.from('PIN') })
    await until('another link', () => links === before + 1)
    await gateway.linked()
    expect(gateway.log).toContain('the switch broke the protocol: frame: no such connection')
  })
})

describe('a gateway that stops', () => {
  const ask = async (listener: keyof typeof FRAMINGS, times: number) => {
    const framing: Framing = { ...FRAMINGS[listener], maxFrameBytes: 4096 }
    const one = terminal(listener)
    const before = frames().length
    const tpdu = framing.tpdu ? Buffer.from('6000010002', 'hex') : undefined
    for (let n = 0; n < times; n++) one.socket.write(frame(framing, Buffer.from('asked'), tpdu))
    await until('its frames', () => frames().length === before + times)
    const body = Buffer.concat([tpdu ?? Buffer.alloc(0), Buffer.from('answer')])
    const answer: Envelope = { kind: 'frame', id: frames().at(-1)?.id ?? 0, bytes: body }
    return { ...one, answer, framed: frame(framing, Buffer.from('answer'), tpdu) }
  }

  it('lets every answer out that is still on its way, at each door, and says so', async () => {
    const [twice, once] = [await ask('binary', 2), await ask('ascii', 1)]
    const idle = terminal('bcd')
    await until('it', () => !idle.socket.connecting)
    const ended = gateway.end('SIGTERM')
    await until('its word', () => gateway.log.includes('"msg":"stopping"'))
    for (const { answer } of [twice, once, twice]) {
      await pause(150)
      expect(twice.isOpen()).toBe(true)
      say(answer)
    }
    expect(await ended).toBe(0)
    expect(twice.received()).toEqual(Buffer.concat([twice.framed, twice.framed]))
    expect(once.received()).toEqual(once.framed)
    await until('the end of the idle one', () => !idle.isOpen())
    const written = heard.flatMap((one) => (one.kind === 'written' ? [one.complete] : []))
    expect(written).toEqual([true, true, true])
  })

  it('waits no longer for an answer than it is told to', async () => {
    await gateway.start({
      EVS_GATEWAY_TIMEOUTS_SWITCH_TOTAL_MS: '1000',
      EVS_GATEWAY_TIMEOUTS_ECHO_ANSWER_MS: '3000',
      EVS_GATEWAY_TIMEOUTS_DRAIN_MS: '4000',
    })
    await gateway.linked()
    const waiting = await ask('binary', 1)
    const startMs = systemTimers.monotonicMs()
    expect(await gateway.end('SIGTERM')).toBe(0)
    const tookMs = systemTimers.monotonicMs() - startMs
    expect(tookMs).toBeGreaterThanOrEqual(300)
    expect(tookMs).toBeLessThan(10_000)
    await until('its end', () => !waiting.isOpen())
    expect(waiting.received()).toEqual(Buffer.alloc(0))
  })

  it('tells the switch of answers that their terminal reads only while it stops', async () => {
    await gateway.start()
    await gateway.linked()
    const slow = await ask('ascii', 1)
    slow.socket.pause()
    const written = () => heard.flatMap((one) => (one.kind === 'written' ? [one.complete] : []))
    const id = frames()[0]?.id ?? 0
    // More and more, each time less than a connection may have unread, until the kernel is full.
    let sent = 0
    while (written().length === sent) {
      for (let times = 0; times < 8; times++) say({ kind: 'frame', id, bytes: randomBytes(4_000) })
      sent += 8
      const fullMs = systemTimers.monotonicMs() + 300
      while (written().length < sent && systemTimers.monotonicMs() < fullMs) await pause(5)
    }
    const before = gateway.log.length
    const ended = gateway.end('SIGTERM')
    await until('its word', () => gateway.log.slice(before).includes('"msg":"stopping"'))
    await pause(200)
    slow.socket.resume()
    expect(await ended).toBe(0)
    expect(written()).toEqual(Array(sent).fill(true))
    expect(slow.received().length).toBe(sent * 4_004)
  })
})

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    systemTimers.after(ms, resolve)
  })
}
