// The doors where gateways connect, over real TLS: what a gateway may bring is what the listener of
// the switch asks of its terminals, there is room for so many links and connections, and renewed
// certificates are in use from the next link on.

import { mkdtempSync, rmSync } from 'node:fs'
import { connect as connectBare } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { frame } from '../../protocol/link/framing.ts'
import { systemTimers } from '../../protocol/link/timers.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { encode } from '../../protocol/message/encode.ts'
import { GatewayDoors } from '../../switch/gateway-doors.ts'
import { SwitchTls } from '../../switch/tls.ts'
import type { Gateway } from '../../terminal-gateway/gateway.ts'
import {
  type Envelope,
  envelope,
  type HelloDoor,
  LINK_FRAMING,
  readEnvelope,
} from '../../terminal-gateway/relay/envelope.ts'
import { Authority, writeAuthority, writeFiles } from '../protocol/certificates/authority.ts'
import { until } from '../protocol/link/loopback.ts'
import { config as read } from './config/given-yaml.ts'
import { Story } from './core/story-world.ts'

const folder = mkdtempSync(join(tmpdir(), 'evs-gateway-doors-'))
const authority = new Authority('Gateways')
writeAuthority(folder, 'ca', authority)
const client = authority.issue({ commonName: 'gateway-1', use: 'client' })
const FRAME_BYTES = 4_096
const TPDU = Buffer.from('6000010002', 'hex')

/** Door by door, with what a terminal behind it has to show. */
const LISTENERS = ['clear', 'enciphered', 'certified', 'bank', 'open-bank'] as const
const DOORS: readonly HelloDoor[] = LISTENERS.map((listener) => {
  return { listener, tpdu: !listener.includes('bank') }
})

let story: Story
let doors: GatewayDoors
let tls: SwitchTls
let counted: string[]
let ended: string[]
let links: Link[] = []

/** A gateway's end of its link, and what the switch says on it. */
interface Link {
  readonly socket: TLSSocket
  readonly heard: Envelope[]
  readonly isClosed: () => boolean
  readonly say: (given: Envelope) => void
}

/** Also on a machine that is many times slower. */
const soon = (isSo: () => boolean) => until(isSo, 9_000)

function renewSwitch(commonName: string): void {
  const names = ['localhost']
  writeFiles(folder, 'switch', authority.issue({ commonName, names, use: 'server' }))
}

const yaml = (limits: string) => `listeners:
  - { name: clear, kind: terminal, insecure: true, gatewayTls: none }
  - { name: enciphered, kind: terminal, insecure: true, gatewayTls: tls }
  - { name: certified, kind: terminal, insecure: true, gatewayTls: certificate }
  - name: bank
    kind: institution
    port: 0
    tls: { ${files}, clients: 'host.bank,other.bank' }
  - { name: open-bank, kind: institution, gatewayTls: tls }
gateways:
  - name: inner
    port: 0
    tls: { ${files} }
    clients: [{ certificate: gateway-1, name: gw-1, listeners: [${LISTENERS.join(', ')}] }]
cardHosts: [{ name: bank, port: 6000, acquirerId: '000581' }]
limits: { frameBytes: ${FRAME_BYTES}, ${limits} }
`
const files = ['switch.pem', 'switch.key', 'ca.pem']
  .map((name) => join(folder, name))
  .map((path, index) => `${['certificate', 'key', 'clientCa'][index]}: ${path}`)
  .join(', ')

const INNER = 'name: inner\n    port: 0'

async function open(limits = 'connectionsPerGateway: 100'): Promise<void> {
  const config = read(yaml(limits))
  counted = []
  ended = []
  tls = new SwitchTls(config, { timers: systemTimers, notice: () => undefined })
  const count = (what: string, label = '') => void counted.push(`${what}: ${label}`)
  const gateway: Gateway = { ...story.running.gateway, count }
  doors = new GatewayDoors(config, {
    ...{ gateway, tls },
    notice: ({ what, detail }) => ended.push(`${what}: ${detail}`),
    onError: (error) => {
      throw error
    },
  })
  await doors.open()
}

function link(): Link {
  const port = doors.ports()[0]?.port ?? 0
  const { certificate: cert, key } = client
  const trusted = { ca: authority.certificate, servername: 'localhost' }
  const socket = connect({ host: '127.0.0.1', port, cert, key, ...trusted })
  const heard: Envelope[] = []
  let [closed, received] = [false, Buffer.alloc(0)]
  socket.on('error', () => undefined)
  socket.on('close', () => {
    closed = true
  })
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0)
      const one = readEnvelope(received.subarray(2, end))
      if (one.kind !== 'broken') heard.push(one)
      received = received.subarray(end)
    }
  })
  const say = (given: Envelope) => void socket.write(frame(LINK_FRAMING, envelope(given)))
  say({ kind: 'hello', version: 1, frameBytes: FRAME_BYTES, doors: DOORS })
  const made = { socket, heard, say, isClosed: () => closed }
  links.push(made)
  return made
}

async function linked(): Promise<Link> {
  const made = link()
  await soon(() => made.heard.length > 0)
  expect(made.heard).toEqual([{ kind: 'welcome', version: 1, gateway: 'gw-1' }])
  return made
}

/** All that the switch has to say to what came before has been said. */
async function settled({ say, heard }: Link): Promise<void> {
  say({ kind: 'echo', number: 7 })
  await soon(() => heard.some(({ kind }) => kind === 'echoed'))
}

const closings = ({ heard }: Link) =>
  heard.flatMap((one) => (one.kind === 'close' ? [[one.id, one.reason]] : []))

beforeAll(async () => {
  story = await Story.begin()
})
afterEach(async () => {
  for (const { socket } of links) socket.destroy()
  links = []
  tls.stop()
  await doors.stop()
  await doors.closeAll('over')
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('what a gateway may bring', () => {
  beforeAll(() => renewSwitch('switch'))

  /** To each listener in turn, from a terminal that shows that much. */
  async function refused(shown: { tls: boolean; names: readonly string[] | undefined }) {
    const made = await linked()
    for (const [door] of LISTENERS.entries()) {
      made.say({ kind: 'open', id: door + 1, door, remote: '10.0.0.7:4711', ...shown })
    }
    await settled(made)
    return closings(made).map(([id, reason]) => {
      expect(reason).toBe('not admitted')
      return LISTENERS[Number(id) - 1]
    })
  }

  it.each([
    ['in clear', false, undefined, ['enciphered', 'certified', 'bank', 'open-bank']],
    ['with TLS', true, undefined, ['certified', 'bank']],
    ['with a certificate', true, ['10000001'], ['bank']],
    ['with a certificate that its bank is known by', true, ['x', 'other.bank'], []],
  ] as const)('is %s what its listener takes so', async (_what, isTls, names, expected) => {
    await open()
    expect(await refused({ tls: isTls, names })).toEqual(expected)
    const security = counted.filter((what) => what.startsWith('security events'))
    expect(security).toEqual(
      expected.map(() => 'security events: connection that a gateway may not bring'),
    )
  })
})

describe('the room of a door', () => {
  it('is for so many links, and so many connections of each', async () => {
    renewSwitch('switch')
    await open('connectionsPerGateway: 3, linksPerGatewayDoor: 2')
    const first = await linked()
    for (let id = 1; id <= 4; id++) {
      first.say({
        kind: 'open',
        id,
        door: 0,
        remote: '10.0.0.7:4711',
        tls: false,
        names: undefined,
      })
    }
    await settled(first)
    expect(closings(first)).toEqual([[4, 'too many connections']])
    expect(counted).toEqual(['connections dropped: connections-of-gateway'])
    const second = await linked()
    const third = link()
    await soon(() => third.isClosed())
    const why = 'no more links here, see limits.linksPerGatewayDoor'
    expect(third.heard).toEqual([{ kind: 'refused', why }])
    expect(ended.at(-1)).toBe(`the link of a gateway ended: gw-1: refused: ${why}`)
    expect([first.isClosed(), second.isClosed()]).toEqual([false, false])
    expect(counted.at(-1)).toBe('connections dropped: links-of-door')
    expect(doors.status()).toEqual([{ name: 'gw-1', links: 2, connections: 3 }])
    second.socket.destroy()
    await soon(() => doors.status()[0]?.links === 1)
    await linked()
  })

  it('is not taken by who has not proved to be a gateway', async () => {
    renewSwitch('switch')
    await open('linksPerGatewayDoor: 2, tlsHandshakesPerListener: 3')
    const port = doors.ports()[0]?.port ?? 0
    const bare = Array.from({ length: 5 }, () => connectBare({ host: '127.0.0.1', port }))
    for (const socket of bare) socket.on('error', () => undefined)
    try {
      await soon(() => counted.filter((what) => what.includes('handshakes-most')).length === 2)
      await linked()
      await linked()
      expect(doors.status()).toMatchObject([{ links: 2 }])
    } finally {
      for (const socket of bare) socket.destroy()
    }
  })
})

it('a bank may be sent far more than a terminal before word comes that it has read any', async () => {
  renewSwitch('switch')
  await open('writeBufferBytes: 16384')
  const made = await linked()
  const terminal = { kind: 'open', id: 1, door: 0, remote: '10.0.0.7:4711' } as const
  made.say({ ...terminal, tls: false, names: undefined })
  made.say({
    ...terminal,
    id: 2,
    door: LISTENERS.indexOf('open-bank'),
    tls: true,
    names: undefined,
  })
  const sale = encode(DIALECTS.iso87binary, '0200', story.sale(1, { terminal: 999 }))
  for (let times = 0; times < 400; times++) {
    made.say({ kind: 'frame', id: 1, bytes: Buffer.concat([TPDU, sale]) })
    made.say({ kind: 'frame', id: 2, bytes: sale })
  }
  await settled(made)
  const answers = made.heard.filter((one) => one.kind === 'frame' && one.id === 2)
  expect(answers).toHaveLength(400)
  expect(closings(made)).toEqual([[1, 'the terminal does not read']])
})

it('whose port is taken may have it later', async () => {
  await open()
  const port = doors.ports()[0]?.port
  const second = read(
    yaml('connectionsPerGateway: 100').replace(INNER, `${INNER.slice(0, -1)}${port}`),
  )
  const { gateway } = story.running
  const ports = { gateway, tls, notice: () => undefined, onError: () => expect.fail() }
  await expect(new GatewayDoors(second, ports).open()).rejects.toMatchObject({
    ...{ code: 'PORT_UNAVAILABLE', message: expect.stringContaining('gateway door inner: ') },
  })
})

it('a gateway that ends its link is heard to its last word', async () => {
  renewSwitch('switch')
  await open()
  const { socket } = await linked()
  const ids = Array.from({ length: 50 }, (_, index) => index + 1)
  const opening = { kind: 'open', door: 1, remote: '10.0.0.7:4711', tls: false } as const
  const said = ids.map((id) => envelope({ ...opening, id, names: undefined }))
  socket.end(Buffer.concat(said.map((one) => frame(LINK_FRAMING, one))))
  await soon(() => ended.some((what) => what.includes('ended')))
  expect(counted).toHaveLength(ids.length)
})

it('renewed certificates are used from the next link on', async () => {
  renewSwitch('before')
  await open()
  const shown = ({ socket }: Link) => String(socket.getPeerCertificate().subject.CN)
  const old = await linked()
  expect(shown(old)).toBe('before')
  renewSwitch('renewed')
  tls.reload()
  expect(shown(await linked())).toBe('renewed')
  expect(old.isClosed()).toBe(false)
})
