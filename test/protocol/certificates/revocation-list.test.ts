// Lists of revoked certificates as `openssl` makes them: whose each is and until when it holds,
// what a start refuses, and who is let in under one.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { revocationLists } from '../../../protocol/certificates/revocation-list.ts'
import { readTlsFiles } from '../../../protocol/certificates/tls-files.ts'
import { openSocket } from '../../../protocol/link/outgoing.ts'
import { secureContext } from '../../../protocol/link/tls.ts'
import { endAll, until } from '../link/loopback.ts'
import { answers, echoOverTls, endTlsClients, tlsClient } from '../link/tls-client.ts'
import { OpensslAuthority } from './openssl-authority.ts'

const HOUR_MS = 3_600_000
const folder = mkdtempSync(join(tmpdir(), 'evs-crl-'))
const authority = new OpensslAuthority(folder, 'Terminals')
const other = new OpensslAuthority(folder, 'Others')
const server = authority.issue('switch', 'server')
const good = authority.issue('10000001', 'client')
const lost = authority.issue('10000002', 'client')
const empty = authority.list()
authority.revoke('10000002')
const list = authority.list()
const nowMs = Date.now()

afterEach(async () => {
  endTlsClients()
  await endAll()
})
afterAll(() => rmSync(folder, { recursive: true }))

function files(crl: string, ca = authority.ca) {
  const path = join(folder, 'crl.pem')
  writeFileSync(path, crl)
  // A list that was made just now holds from the second after on.
  return readTlsFiles({ ...server, ca, crl: path }, Date.now() + 1_000)
}

function credentials(crl: string) {
  const read = files(crl)
  if (read.kind === 'problem') throw new Error(read.message)
  return read.credentials
}

function shown({ certificate, key }: typeof good) {
  return { cert: readFileSync(certificate), key: readFileSync(key) }
}

describe('a list', () => {
  it('says when the next one is due', () => {
    const toMs = Math.floor(nowMs / 1_000) * 1_000 + 5 * HOUR_MS
    const read = files(authority.list({ toMs }))
    expect(read).toMatchObject({ kind: 'files', crlExpiresMs: toMs })
    expect(readTlsFiles({ ...server, ca: authority.ca }, nowMs)).toMatchObject({
      crlExpiresMs: undefined,
    })
    // From 2050 on a time has four digits for its year.
    const late = Date.UTC(2051, 0, 2, 3, 4, 5)
    expect(revocationLists(authority.list({ toMs: late }))?.[0]?.untilMs).toBe(late)
  })

  it.each([
    ['has expired', () => authority.list({ fromMs: nowMs - 9e6, toMs: nowMs - 2_000 }), 'expired'],
    ['has not begun', () => authority.list({ fromMs: nowMs + 9e6, toMs: nowMs + 9e7 }), 'begins'],
    ['is of another authority', () => other.list(), 'no list of the authority CN=Terminals'],
    ['is none', () => readFileSync(authority.ca, 'utf8'), 'does not hold a PEM revocation list'],
    ['is damaged', () => list.replace(/(CRL-----\n).{20}/, '$1AAAAAAAAAAAAAAAAAAAA'), 'cannot be'],
  ])('that %s is refused by the name of its file', (_what, made, words) => {
    const read = files(made())
    expect(read).toMatchObject({ kind: 'problem', message: expect.stringContaining(words) })
    expect(read).toMatchObject({ message: expect.stringContaining('crl.pem') })
  })

  it('of every authority is needed, and one file holds several', () => {
    const both = join(folder, 'both.pem')
    writeFileSync(both, readFileSync(authority.ca, 'utf8') + readFileSync(other.ca, 'utf8'))
    expect(files(list, both)).toMatchObject({
      message: expect.stringContaining('no list of the authority CN=Others'),
    })
    expect(files(list + other.list(), both).kind).toBe('files')
  })
})

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('over %s', (maxVersion) => {
  it('a listener lets in who is not on the list, and not who is', async () => {
    const { port, refused } = await echoOverTls({ credentials: credentials(list) })
    await answers(await tlsClient(port, { ...shown(good), maxVersion }))
    const revoked = await tlsClient(port, { ...shown(lost), maxVersion })
    await until(() => revoked.isClosed())
    expect(refused).toEqual(['client-certificate-revoked'])
  })

  it('a new list keeps out who was let in before, his session included', async () => {
    const { port, refused, listener } = await echoOverTls({ credentials: credentials(empty) })
    const before = await tlsClient(port, { ...shown(lost), maxVersion })
    await answers(before)
    await until(() => before.session() !== undefined)
    listener.renewTls(credentials(list))
    const session = before.session()
    const again = { ...shown(lost), maxVersion, ...(session === undefined ? {} : { session }) }
    const revoked = await tlsClient(port, again)
    await until(() => revoked.isClosed())
    expect(refused).toEqual(['client-certificate-revoked'])
    // An open connection goes on: block the terminal to end it.
    await answers(before)
  })

  it('a list that ended in use lets nobody in', async () => {
    const old = authority.list({ fromMs: nowMs - 9e6, toMs: nowMs - 2_000 })
    const over = { ...credentials(list), crl: [old] }
    const { port, refused } = await echoOverTls({ credentials: over })
    const client = await tlsClient(port, { ...shown(good), maxVersion })
    await until(() => client.isClosed())
    expect(refused).toEqual(['revocation-list-expired'])
  })
})

it('a link refuses a server that was revoked', async () => {
  const own = authority.issue('cards', 'server')
  const { port } = await echoOverTls({
    credentials: {
      certificate: readFileSync(own.certificate, 'utf8'),
      key: readFileSync(own.key, 'utf8'),
    },
  })
  const dial = (crl: string) =>
    new Promise<string>((resolve) => {
      const context = secureContext(credentials(crl), 'TLSv1.2')
      const tls = { serverName: 'localhost', context: () => context }
      const socket = openSocket({ host: '127.0.0.1', port, tls }, () => {
        resolve('up')
        socket.destroy()
      })
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
    })
  expect(await dial(list)).toBe('up')
  authority.revoke('cards')
  expect(await dial(authority.list())).toBe('CERT_REVOKED')
})
