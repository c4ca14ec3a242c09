// What `evs pos` makes of its TLS options: nothing is dialled in clear by mistake, and nothing is
// dialled unverified.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer } from 'node:tls'
import { afterAll, expect, it } from 'vitest'
import { type PosTlsOptions, readTls } from '../../pos-terminal/tls-options.ts'
import { isReason } from '../../protocol/values/reason.ts'
import {
  Authority,
  NOW_MS,
  writeAuthority,
  writeFiles,
} from '../protocol/certificates/authority.ts'
import { OpensslAuthority } from '../protocol/certificates/openssl-authority.ts'

const folder = mkdtempSync(join(tmpdir(), 'evs-pos-tls-'))
const authority = new Authority('Test Authority')
const tlsCa = writeAuthority(folder, 'ca', authority)
const own = writeFiles(folder, 'own', authority.issue({ commonName: '10000001' }))

afterAll(() => rmSync(folder, { recursive: true }))

it('nothing of TLS is a connection in clear', () => {
  expect(readTls({}, 'switch', NOW_MS)).toBeUndefined()
})

it('an authority is enough; the name is the host unless it is told', () => {
  expect(readTls({ tlsCa }, 'switch', NOW_MS)).toMatchObject({ serverName: 'switch' })
  const tls = readTls({ tlsCa, tlsName: 'a.b' }, 'switch', NOW_MS)
  expect(tls).toMatchObject({ serverName: 'a.b' })
})

it('a certificate comes with its key', () => {
  const both = { tlsCa, tlsCert: own.certificate, tlsKey: own.key }
  expect(isReason(readTls(both, 'switch', NOW_MS))).toBe(false)
})

it('a switch whose certificate was revoked is not dialled', async () => {
  const openssl = new OpensslAuthority(folder, 'Switches')
  const lost = openssl.issue('lost', 'server')
  const kept = openssl.issue('kept', 'server')
  openssl.revoke('lost')
  const tlsCrl = join(folder, 'crl.pem')
  writeFileSync(tlsCrl, openssl.list())
  const dial = (at: typeof lost) => dialled(at, { tlsCa: openssl.ca, tlsCrl })
  expect(await dial(lost)).toBe('CERT_REVOKED')
  expect(await dial(kept)).toBe('connected')
  expect(await dialled(lost, { tlsCa: openssl.ca })).toBe('connected')
})

/** What becomes of a handshake with a server that has this certificate. */
async function dialled(server: { certificate: string; key: string }, options: PosTlsOptions) {
  const tls = readTls(options, 'localhost', Date.now())
  if (tls === undefined || isReason(tls)) throw new Error('no TLS')
  const [cert, key] = [server.certificate, server.key].map((file) => readFileSync(file))
  const listening = createServer({ cert, key }, (socket) => socket.end())
  await new Promise<void>((open) => listening.listen(0, '127.0.0.1', open))
  const { port } = listening.address() as AddressInfo
  const socket = connect({
    ...{ host: '127.0.0.1', port, servername: tls.serverName, secureContext: tls.context() },
  })
  const result = await new Promise<string | undefined>((done) => {
    socket.once('secureConnect', () => done('connected'))
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code))
  })
  socket.destroy()
  listening.close()
  return result
}

it.each<[string, PosTlsOptions, string]>([
  ['a name without an authority', { tlsName: 'a.b' }, '--tls-ca: needed'],
  [
    'a certificate without an authority',
    { tlsCert: own.certificate, tlsKey: own.key },
    '--tls-ca: needed',
  ],
  ['a list without an authority', { tlsCrl: 'crl.pem' }, '--tls-ca: needed'],
  ['a missing list', { tlsCa, tlsCrl: join(folder, 'nowhere') }, 'cannot read'],
  ['a missing file', { tlsCa: join(folder, 'nowhere') }, 'cannot read'],
  ['a certificate without its key', { tlsCa, tlsCert: own.certificate }, 'without a key'],
])('%s is refused', (_what, options, words) => {
  expect(readTls(options, 'switch', NOW_MS)).toMatchObject({
    reason: expect.stringContaining(words),
  })
})
