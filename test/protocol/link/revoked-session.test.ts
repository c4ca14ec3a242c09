// A terminal that has a TLS session from before its certificate was revoked: the session does not
// outlive the list that names it, and a list that names others costs nobody his answers.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { OpensslAuthority } from '../certificates/openssl-authority.ts'
import { endAll, until } from './loopback.ts'
import { answers, echoOverTls, endTlsClients, hello, server, tlsClient } from './tls-client.ts'

const folder = mkdtempSync(join(tmpdir(), 'evs-revoked-session-'))
const terminals = new OpensslAuthority(folder, 'Terminals')
const read = ({ certificate, key }: { certificate: string; key: string }) => ({
  cert: readFileSync(certificate, 'utf8'),
  key: readFileSync(key, 'utf8'),
})
const [kept, lost] = ['10000001', '10000002'].map((name) => read(terminals.issue(name, 'client')))
const before = terminals.list()
terminals.revoke('10000002')
const after = terminals.list()
const trusting = (crl: string) => ({
  ...server,
  ca: readFileSync(terminals.ca, 'utf8'),
  crl: [crl],
})

afterEach(async () => {
  endTlsClients()
  await endAll()
})
afterAll(() => rmSync(folder, { recursive: true }))

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a session of %s', (version) => {
  const only = { minVersion: version, maxVersion: version } as const

  /** One connection, a new list of what is revoked, and another that would resume its session. */
  async function again(own: typeof kept) {
    const echo = await echoOverTls({ credentials: trusting(before) })
    const options = { ...only, ...own }
    const first = await tlsClient(echo.port, options)
    await answers(first)
    await until(() => first.session() !== undefined)
    const session = first.session()
    echo.listener.renewTls(trusting(after))
    const peer = await tlsClient(echo.port, { ...options, ...(session ? { session } : {}) })
    peer.socket.write(hello)
    await until(() => peer.isClosed() || peer.received().length === hello.length)
    return { ...echo, peer }
  }

  it('of a certificate that was revoked meanwhile is refused', async () => {
    const { channels, refused, peer } = await again(lost)
    expect([channels.length, refused, peer.received().length]).toEqual([
      ...[1, ['client-certificate-revoked'], 0],
    ])
  })

  it('of a certificate that stands begins anew, and is answered', async () => {
    const { channels, refused, peer } = await again(kept)
    expect([channels.length, refused, peer.received().length]).toEqual([2, [], hello.length])
  })
})
