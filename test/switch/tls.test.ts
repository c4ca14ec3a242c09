// The certificates of a switch: what a start refuses, what a reload takes and leaves, and when
// somebody is told that a certificate is going to end.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Listener } from '../../protocol/link/listener.ts'
import type { Config } from '../../switch/config/schema.ts'
import type { Notice } from '../../switch/core/notice.ts'
import { fileProblems, SwitchTls } from '../../switch/tls.ts'
import {
  Authority,
  NOW_MS,
  writeAuthority,
  writeFiles,
} from '../protocol/certificates/authority.ts'
import { OpensslAuthority } from '../protocol/certificates/openssl-authority.ts'
import { VirtualTime } from '../simulation/virtual-time.ts'
import { config as read } from './config/given-yaml.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const folder = mkdtempSync(join(tmpdir(), 'evs-switch-tls-'))
const authority = new Authority('Test Authority')
const ca = writeAuthority(folder, 'ca', authority)

let time: VirtualTime
let notices: Notice[]
let opened: SwitchTls | undefined

beforeEach(() => {
  time = new VirtualTime(NOW_MS)
  notices = []
  renew('pos', 90)
  renew('host', 200)
})
afterEach(() => opened?.stop())
afterAll(() => rmSync(folder, { recursive: true }))

/** New files of that name, good for so many days. */
function renew(name: string, days: number) {
  return writeFiles(
    folder,
    name,
    authority.issue({ commonName: name, toMs: NOW_MS + days * DAY_MS }),
  )
}

const path = (name: string) => join(folder, name)

const YAML = `listeners:
  - name: pos
    kind: terminal
    port: 5000
    tls: { certificate: ${path('pos.pem')}, key: ${path('pos.key')}, clientCa: ${ca} }
  - { name: plain, kind: terminal, port: 5001, insecure: true }
  - name: bank
    kind: institution
    port: 5002
    tls:
      certificate: ${path('pos.pem')}
      key: ${path('pos.key')}
      clientCa: ${ca}
      clients: gateway.bank,other.bank
      minVersion: TLSv1.3
cardHosts:
  - name: host
    port: 6000
    acquirerId: 000581
    tls: { ca: ${ca}, certificate: ${path('host.pem')}, key: ${path('host.key')}, serverName: a.b }
  - { name: clear, port: 6001, acquirerId: 000581 }
`

const config: Config = read(YAML)

function open(): SwitchTls {
  opened = new SwitchTls(config, { timers: time, notice: (notice) => notices.push(notice) })
  return opened
}

function listenerOf(name: string) {
  const found = config.listeners.find((listener) => listener.name === name)
  if (found === undefined) throw new Error(`no listener ${name}`)
  return found
}

describe('a start', () => {
  it('gives listeners and links what is configured', () => {
    const tls = open()
    expect(tls.listenTls(listenerOf('plain'))).toBeUndefined()
    const pos = tls.listenTls(listenerOf('pos'))
    expect(pos).toMatchObject({ minVersion: 'TLSv1.2', handshakeMs: 8_000, maxHandshakes: 1_000 })
    expect(pos?.credentials.ca).toBe(authority.certificate)
    expect(pos?.admits).toBeUndefined()
    const bank = tls.listenTls(listenerOf('bank'))
    expect(bank?.minVersion).toBe('TLSv1.3')
    const admitted = [['x', 'other.bank'], ['x'], []].map((names) => bank?.admits?.({ names }))
    expect(admitted).toEqual([true, false, false])
    expect(tls.dialTls('host').serverName).toBe('a.b')
    expect(() => tls.dialTls('clear')).toThrow('not dialled with TLS')
    expect(notices).toEqual([])
  })

  it.each<[string, () => void, string, string]>([
    [
      'a key that others can read',
      () => chmodSync(path('pos.key'), 0o640),
      'TLS_KEY_EXPOSED',
      'listener/pos: ',
    ],
    ['a missing file', () => rmSync(path('host.pem')), 'TLS_FILES_INVALID', 'card-host/host: '],
    ['an expired certificate', () => renew('pos', -1), 'TLS_FILES_INVALID', 'has expired on'],
  ])('is refused for %s', (_what, spoil, code, words) => {
    spoil()
    expect(open).toThrow(expect.objectContaining({ code, message: expect.stringContaining(words) }))
  })
})

describe('a reload', () => {
  const renewed: unknown[] = []
  const listener = {
    renewTls: (credentials: { certificate?: string }) => renewed.push(credentials.certificate),
  } as unknown as Listener

  function running() {
    const tls = open()
    renewed.length = 0
    tls.opened('listener/pos', listener)
    const dialled = tls.dialTls('host')
    return { tls, dialled, before: dialled.context() }
  }

  it('hands new files to listeners, and to the next dial', () => {
    const { tls, dialled, before } = running()
    const pos = authority.issue({ commonName: 'new' })
    writeFiles(folder, 'pos', pos)
    renew('host', 100)
    tls.reload()
    expect(renewed).toEqual([pos.certificate])
    expect(dialled.context()).not.toBe(before)
    expect(notices).toEqual([
      {
        level: 'info',
        what: 'certificate files were read again',
        detail: '3 of 3 are in use from the next connection on',
      },
    ])
  })

  it('keeps what is in use where new files cannot be used, and says so', () => {
    const { tls, dialled, before } = running()
    writeFileSync(path('host.pem'), 'half a cert')
    tls.reload()
    expect(renewed).toHaveLength(1)
    expect(dialled.context()).toBe(before)
    expect(notices.map(({ level, detail }) => [level, detail])).toEqual([
      [
        'alarm',
        `card-host/host: ${path('host.pem')} does not hold a PEM certificate; ` +
          'the old ones stay in use',
      ],
      ['info', '2 of 3 are in use from the next connection on'],
    ])
    renew('host', 100)
    tls.reload()
    expect(dialled.context()).not.toBe(before)
  })

  it('tells when OpenSSL does not take what looked well', () => {
    const tls = open()
    const broken = {
      renewTls: () => {
        throw new Error('ee key too small')
      },
    } as unknown as Listener
    tls.opened('listener/pos', broken)
    renew('pos', 300)
    tls.reload()
    expect(notices[0]).toMatchObject({
      level: 'alarm',
      detail: 'listener/pos: ee key too small; the old ones stay in use',
    })
    // The others are renewed all the same, and what is told of this one is what is in use.
    expect(notices.at(-1)?.detail).toBe('2 of 3 are in use from the next connection on')
    const days = tls.expiries().map(({ seconds }) => Math.round((seconds * 1_000) / DAY_MS))
    expect(days).toEqual([90, 300, 200])
  })
})

describe('expiry', () => {
  it('is told in seconds', () => {
    const days = open()
      .expiries()
      .map(({ usedBy, seconds }) => [usedBy, Math.round((seconds * 1_000) / DAY_MS)])
    expect(days).toEqual([
      ['listener/pos', 90],
      ['listener/bank', 90],
      ['card-host/host', 200],
    ])
  })

  it('is warned of every day from thirty days before, until new files are read', () => {
    const tls = open()
    time.advance(59 * DAY_MS)
    expect(notices).toEqual([])
    time.advance(2 * DAY_MS)
    const soon = { level: 'warn', what: 'a certificate expires soon' }
    expect(notices.slice(0, 2)).toEqual([
      { ...soon, detail: 'listener/pos: in 29 days' },
      { ...soon, detail: 'listener/bank: in 29 days' },
    ])
    expect(notices).toHaveLength(4)
    renew('pos', 300)
    tls.reload()
    notices.length = 0
    time.advance(3 * DAY_MS)
    expect(notices).toEqual([])
  })

  it('is an alarm when it has come', () => {
    open()
    time.advance(91 * DAY_MS)
    expect(notices.at(-1)).toEqual({
      ...{ level: 'alarm', what: 'a certificate has expired', detail: 'listener/bank' },
    })
  })
})

describe('a list of revoked certificates', () => {
  const terminals = new OpensslAuthority(folder, 'Terminals')
  let startMs: number
  const publish = (hours: number) => {
    writeFileSync(path('crl.pem'), terminals.list({ toMs: startMs + hours * HOUR_MS }))
  }
  const listed = read(
    YAML.replace(`clientCa: ${ca} }`, `clientCa: ${terminals.ca}, crl: ${path('crl.pem')} }`),
  )
  // OpenSSL dates authority and lists by its own clock: `NOW_MS` may be minutes ago by now.
  beforeEach(() => {
    startMs = Date.now()
    time = new VirtualTime(startMs + 60_000)
  })
  const openListed = () => {
    opened = new SwitchTls(listed, { timers: time, notice: (notice) => notices.push(notice) })
    return opened
  }

  it('is handed to the listener, and its end is told in seconds', () => {
    publish(100)
    const tls = openListed()
    expect(tls.listenTls(listenerOf('pos'))?.credentials.crl).toHaveLength(1)
    expect(tls.crlExpiries()).toMatchObject([{ usedBy: 'listener/pos' }])
    expect(Math.round((tls.crlExpiries()[0]?.seconds ?? 0) / 3_600)).toBe(100)
    expect(open().crlExpiries()).toEqual([])
  })

  it('is warned of every hour from two days before, and an alarm when it is over', () => {
    publish(50)
    const tls = openListed()
    time.advance(1.5 * HOUR_MS)
    expect(notices).toEqual([])
    time.advance(2 * HOUR_MS)
    const soon = { level: 'warn', what: 'a revocation list expires soon' }
    expect(notices).toMatchObject([
      { ...soon, detail: 'listener/pos: in 47 h' },
      { ...soon, detail: 'listener/pos: in 46 h' },
    ])
    time.advance(48 * HOUR_MS)
    expect(notices.at(-1)).toMatchObject({
      ...{ level: 'alarm', what: 'a revocation list has expired' },
      detail: 'listener/pos: no certificate is taken any more',
    })
    publish(200)
    tls.reload()
    notices.length = 0
    time.advance(5 * HOUR_MS)
    expect(notices).toEqual([])
  })

  it('that ends soon is warned of when it is read, and never after a stop', () => {
    publish(100)
    const tls = openListed()
    expect(notices).toEqual([])
    publish(10)
    tls.reload()
    expect(notices.at(-1)).toMatchObject({ what: 'a revocation list expires soon' })
    tls.stop()
    notices.length = 0
    time.advance(40 * DAY_MS)
    expect(notices).toEqual([])
  })

  it('that is over is refused at a start, and leaves the one in use at a reload', () => {
    publish(100)
    const tls = openListed()
    writeFileSync(
      path('crl.pem'),
      terminals.list({ fromMs: NOW_MS - DAY_MS, toMs: NOW_MS - 5_000 }),
    )
    tls.reload()
    expect(notices[0]).toMatchObject({
      level: 'alarm',
      detail: expect.stringContaining('the next one was due on'),
    })
    expect(tls.crlExpiries()[0]?.seconds).toBeGreaterThan(0)
    tls.stop()
    expect(openListed).toThrow(expect.objectContaining({ code: 'TLS_FILES_INVALID' }))
  })
})
describe('a gateway and the door for it', () => {
  const files = {
    certificate: path('pos.pem'),
    key: path('pos.key'),
    minVersion: 'TLSv1.3',
  } as const
  const limits = {
    ...{ tlsHandshakesPerListener: 7, tlsExpiryWarningDays: 30, crlExpiryWarningHours: 48 },
  }
  const users = {
    ...{ listeners: [], timeouts: { tlsHandshakeMs: 800 }, limits },
    gateways: [
      {
        name: 'inner',
        tls: { ...files, clientCa: ca },
        clients: [{ certificate: 'gw.example', name: 'gw', listeners: ['pos'] }],
      },
    ],
    switches: [{ name: 'main', host: '10.0.0.5', tls: { ...files, ca } }],
  }
  const opening = () => {
    opened = new SwitchTls(users, { timers: time, notice: (notice) => notices.push(notice) })
    return opened
  }

  it('admit nobody but the certificates that are listed, and verify the switch by its host', () => {
    const tls = opening()
    const door = tls.gatewayTls(users.gateways[0] ?? fail())
    expect(door).toMatchObject({ minVersion: 'TLSv1.3', handshakeMs: 800, maxHandshakes: 7 })
    expect(door.credentials.ca).toBe(authority.certificate)
    const admitted = [['gw.example'], ['gw'], []].map((names) => door.admits?.({ names }))
    expect(admitted).toEqual([true, false, false])
    expect(tls.switchTls('main').serverName).toBe('10.0.0.5')
    expect(() => tls.switchTls('other')).toThrow('not dialled with TLS')
    expect(tls.expiries().map(({ usedBy }) => usedBy)).toEqual(['gateway/inner', 'switch/main'])
  })

  it('use renewed files from the next link on', () => {
    const tls = opening()
    const dialled = tls.switchTls('main')
    const before = dialled.context()
    renew('pos', 120)
    tls.reload()
    expect(dialled.context()).not.toBe(before)
    expect(notices.at(-1)?.detail).toContain('2 of 2')
  })
})

function fail(): never {
  throw new Error('there is none')
}

describe('a check of the files', () => {
  const problems = (nowMs = NOW_MS) =>
    fileProblems(read(YAML), nowMs).map(({ path: setting, message }) => [setting, message])

  it('finds nothing where a start would not', () => {
    expect(problems()).toEqual([])
  })

  it('tells every place at once: missing, exposed, expired', () => {
    chmodSync(path('pos.key'), 0o640)
    const told = problems()
    expect(told.map(([setting]) => setting)).toEqual(['listeners.0.tls', 'listeners.2.tls'])
    for (const [, message] of told) expect(message).toContain('has mode 0640; 0600 is needed')
    chmodSync(path('pos.key'), 0o600)
    const later = problems(NOW_MS + 91 * DAY_MS)
    expect(later.map(([setting]) => setting)).toEqual(['listeners.0.tls', 'listeners.2.tls'])
    for (const [, message] of later) expect(message).toContain('has expired')
    rmSync(path('pos.pem'))
    for (const [, message] of problems()) expect(message).toContain('cannot read')
  })
})
