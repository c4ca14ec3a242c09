// TLS from end to end with real processes and sockets: a terminal sells through a real switch to a
// card host, all of it enciphered and certified both ways, and whoever is not the one it says is
// refused. Files are renewed while a connection sells. [nothing-lost, N3, N4, N7, N8]

import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { connect as connectPlain } from 'node:net'
import { join } from 'node:path'
import { connect, createSecureContext } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { socketConnect } from '../../pos-terminal/socket-connect.ts'
import { systemTimers } from '../../protocol/link/timers.ts'
import { demoTerminal } from '../../switch/demo/demo-terminal.ts'
import { Authority, writeAuthority } from '../protocol/certificates/authority.ts'
import { clientHello, SUITE, VERSION } from '../protocol/link/client-hello.ts'
import { until } from '../protocol/link/loopback.ts'
import { MID, TIDS, TlsShop } from './tls-shop.ts'

const CARD = '6037990000000014'
const PRICE_RIAL = 50_000
/** The record type of an alert. */
const ALERT = 21

let shop: TlsShop

beforeAll(async () => {
  shop = await TlsShop.open()
})
afterAll(() => shop.close())

/** A terminal that keeps its connection from sale to sale. */
function terminal(tid: string, maxVersion: 'TLSv1.2' | 'TLSv1.3', port = shop.port('pos')) {
  const { certificate, key } = shop.issue(`kept-${tid}`, { commonName: tid, use: 'client' })
  return demoTerminal({
    ...{ tid, mid: MID, merchantName: 'Shop', language: 'en', replyMs: 5_000 },
    port: () => port,
    tls: { serverName: 'localhost', context: () => context({ certificate, key }, maxVersion) },
  })
}

function context(files: { certificate: string; key: string }, maxVersion: 'TLSv1.2' | 'TLSv1.3') {
  return createSecureContext({
    ...{ ca: shop.authority.certificate, maxVersion },
    cert: readFileSync(files.certificate),
    key: readFileSync(files.key),
  })
}

describe('a sale', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('goes through over %s', async (version) => {
    const sold = await terminal(TIDS[2], version).sell('093205', PRICE_RIAL, CARD)
    expect(sold.kind).toBe('sold')
  })

  it('goes through with `evs pos` and the files of the terminal', async () => {
    const { code, stdout } = await shop.pos('sell')
    expect([code, JSON.parse(stdout).kind]).toEqual([0, 'sold'])
  })
})

describe('a terminal refuses a switch', () => {
  it.each([
    ['of another authority', { tlsCa: 'stranger' }, 'CERT_SIGNATURE_FAILURE'],
    ['of another name', { tlsName: 'elsewhere' }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['whose name is the address that was dialled', { tlsName: undefined }, 'ERR_TLS_CERT_ALTNAME'],
  ])('%s', async (_what, wrong, reason) => {
    const tlsCa = writeAuthority(shop.folder, 'stranger', new Authority('Test Authority'))
    const options = 'tlsCa' in wrong ? { tlsCa } : wrong
    const { code, stdout } = await shop.pos('echo', options)
    expect(code).toBe(1)
    expect(stdout).toContain(reason)
  })
})

describe('a switch refuses', () => {
  const failure = (stdout: string) => JSON.parse(stdout).kind

  it('a terminal without a certificate', async () => {
    const { code, stdout } = await shop.pos('echo', { tlsCert: undefined, tlsKey: undefined })
    expect([code, failure(stdout)]).toEqual([1, 'no-answer'])
    const counted = /event="tls refused",label="no-client-certificate"\} (\d+)/
    expect(Number(await shop.metric(counted))).toBeGreaterThan(0)
  })

  it.each([
    ['of another authority', {}, new Authority('Test Authority')],
    ['that has expired', { fromMs: 0, toMs: Date.now() - 1_000 }, undefined],
    ['of a server', { use: 'server' as const }, undefined],
  ])('a certificate %s', async (_what, wishes, authority) => {
    const files = shop.issue('wrong', { commonName: TIDS[0], use: 'client', ...wishes }, authority)
    // The terminal would not use an expired file itself.
    const tls = { serverName: 'localhost', context: () => context(files, 'TLSv1.3') }
    const address = { host: '127.0.0.1', port: shop.port('pos'), tls, connectMs: 3_000 }
    const { code, stdout } = await shop.pos('echo', {}, (handlers) =>
      socketConnect(address, systemTimers, () => undefined)(handlers),
    )
    expect([code, failure(stdout)]).toEqual([1, 'no-answer'])
    const counted = /event="tls refused",label="client-certificate-refused"\} (\d+)/
    expect(Number(await shop.metric(counted))).toBeGreaterThan(0)
  })

  it('another terminal than the one of the certificate', async () => {
    const other = { tlsCert: join(shop.folder, `${TIDS[1]}.pem`) }
    const key = { tlsKey: join(shop.folder, `${TIDS[1]}.key`) }
    const { code, stdout } = await shop.pos('sell', { ...other, ...key })
    expect([code, JSON.parse(stdout).responseCode]).toEqual([1, '58'])
    const what = 'terminal is not the one of its certificate'
    const counted = new RegExp(`event="security events",label="${what}"\\} (\\d+)`)
    expect(Number(await shop.metric(counted))).toBeGreaterThan(0)
  })

  it('a certificate of a terminal on the link of an institution', async () => {
    const { code } = await shop.pos('echo', { port: shop.port('bank') })
    expect(code).toBe(1)
    const counted = /event="tls refused",label="client-not-admitted"\} (\d+)/
    expect(Number(await shop.metric(counted))).toBeGreaterThan(0)
  })

  it.each([
    ['in clear', Buffer.from('0005600001000208', 'hex')],
    ['with TLS 1.1', clientHello(VERSION['TLSv1.1'], Object.values(SUITE))],
    ['with 3DES', clientHello(VERSION['TLSv1.2'], [SUITE.ECDHE_ECDSA_3DES, SUITE.RSA_3DES])],
    ['with no cipher', clientHello(VERSION['TLSv1.2'], [SUITE.NULL_SHA])],
  ])('who speaks %s', async (_what, bytes) => {
    const socket = connectPlain(shop.port('pos'), '127.0.0.1')
    const startedMs = performance.now()
    const heard: Buffer[] = []
    let closed = false
    socket.on('error', () => undefined)
    socket.on('close', () => {
      closed = true
    })
    socket.on('data', (chunk: Buffer) => heard.push(chunk))
    socket.write(bytes)
    await until(() => closed)
    // By an alert, and not by the deadline of the handshake.
    expect(heard[0]?.[0] ?? ALERT).toBe(ALERT)
    expect(performance.now() - startedMs).toBeLessThan(900)
  })

  it('who sends half a handshake, after its deadline', async () => {
    const socket = connectPlain(shop.port('pos'), '127.0.0.1')
    const startedMs = performance.now()
    let closedMs = 0
    socket.on('error', () => undefined)
    socket.on('close', () => {
      closedMs = performance.now()
    })
    socket.resume()
    socket.write(clientHello(VERSION['TLSv1.2'], [SUITE.ECDHE_ECDSA_AES128_GCM]))
    await until(() => closedMs > 0, 5_000)
    expect(closedMs - startedMs).toBeGreaterThan(900)
    expect(closedMs - startedMs).toBeLessThan(4_000)
  })
})

describe('files that were renewed', () => {
  /** The common name that the switch shows to a new connection. */
  async function shown(): Promise<string> {
    const files = shop.issue('shown', { commonName: TIDS[1], use: 'client' })
    const options = { host: '127.0.0.1', port: shop.port('pos'), rejectUnauthorized: false }
    const socket = connect({ ...options, secureContext: context(files, 'TLSv1.3') })
    let name = ''
    socket.on('error', () => undefined)
    socket.on('secureConnect', () => {
      name = String(socket.getPeerCertificate().subject.CN)
    })
    await until(() => name !== '')
    socket.destroy()
    return name
  }

  it('are used from the next connection on, while open connections go on selling', async () => {
    const kept = terminal(TIDS[1], 'TLSv1.3')
    const sell = async () => (await kept.sell('093205', PRICE_RIAL, CARD)).kind
    expect(await sell()).toBe('sold')
    const connections = /evs_connections\{listener="pos"\} (\d+)/
    const before = await shop.metric(connections)
    const issued = shop.authority.issue({ commonName: 'renewed', names: ['localhost'] })
    writeFileSync(join(shop.folder, 'switch.pem'), issued.certificate)
    writeFileSync(join(shop.folder, 'switch.key'), issued.key)
    await shop.reload()
    expect(await sell()).toBe('sold')
    expect(await shop.metric(connections)).toBe(before)
    expect(await shown()).toBe('renewed')

    writeFileSync(join(shop.folder, 'switch.pem'), 'half a certificate')
    await shop.reload()
    expect(shop.log).toContain('switch.pem does not hold a PEM certificate')
    expect(await shop.metric(/evs_alarms_total\{what="certificate files[^}]*\} (\d+)/)).toBe('2')
    expect(await shown()).toBe('renewed')
    expect(await sell()).toBe('sold')
    const expires = /evs_tls_certificate_expires_seconds\{used_by="listener\/pos"\} (\d+)/
    expect(Number(await shop.metric(expires)) / 86_400).toBeCloseTo(400, 0)
  })
})

describe('a start', () => {
  it('is refused when others can read the key', async () => {
    await shop.stop()
    shop.issue('switch', { names: ['localhost'] })
    chmodSync(join(shop.folder, 'switch.key'), 0o644)
    shop.log = ''
    expect(await shop.start({})).toBe(5)
    expect(shop.log).toContain('TLS_KEY_EXPOSED')
    expect(shop.log).toContain('switch.key has mode 0644; 0600 is needed')
  })
})
