// Links that are dialled with TLS: what the configuration asks of the other end holds for renewed
// files as well, and the list of what its authority revoked is watched over like that of a door.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer, type SecureContext, type TlsOptions } from 'node:tls'
import { afterAll, afterEach, expect, it } from 'vitest'
import type { Notice } from '../../switch/core/notice.ts'
import { SwitchTls } from '../../switch/tls.ts'
import { writeAuthority, writeFiles } from '../protocol/certificates/authority.ts'
import { OpensslAuthority } from '../protocol/certificates/openssl-authority.ts'
import { authority, server } from '../protocol/link/tls-client.ts'
import { VirtualTime } from '../simulation/virtual-time.ts'
import { config, GOOD } from './config/given-yaml.ts'

const folder = mkdtempSync(join(tmpdir(), 'evs-tls-links-'))
afterAll(() => rmSync(folder, { recursive: true }))

let opened: SwitchTls | undefined
afterEach(() => opened?.stop())

function dialling(settings: string, notices: Notice[] = []): SwitchTls {
  const read = config(`${GOOD}    tls: { ${settings} }\n`)
  // The authority of a list was made just now.
  const timers = new VirtualTime(Date.now() + 60_000)
  opened = new SwitchTls(read, { timers, notice: (notice) => notices.push(notice) })
  return opened
}

/** What becomes of a handshake with a server of these options. */
async function handshake(secureContext: SecureContext, options: TlsOptions): Promise<string> {
  const there = createServer({ cert: server.certificate, key: server.key, ...options })
  there.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => there.listen(0, '127.0.0.1', resolve))
  const { port } = there.address() as AddressInfo
  const told = await new Promise<string>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', secureContext })
    const end = (what: string) => {
      resolve(what)
      socket.destroy()
    }
    socket.once('secureConnect', () => end(socket.getProtocol() ?? ''))
    socket.once('error', () => end('refused'))
  })
  there.close()
  return told
}

it('a card host that has to speak TLS 1.3 has to after a renewal too', async () => {
  const ca = writeAuthority(folder, 'ca', authority)
  const tls = dialling(`ca: ${ca}, minVersion: TLSv1.3`)
  const dialled = tls.dialTls('bank')
  const outcomes = async () => [
    await handshake(dialled.context(), { maxVersion: 'TLSv1.2' }),
    await handshake(dialled.context(), {}),
  ]
  expect(await outcomes()).toEqual(['refused', 'TLSv1.3'])
  tls.reload()
  expect(await outcomes()).toEqual(['refused', 'TLSv1.3'])
})

it('the list of revoked card hosts is in use, its end is told, and there is a warning', () => {
  const banks = new OpensslAuthority(folder, 'Banks')
  const crl = join(folder, 'crl.pem')
  writeFileSync(crl, banks.list({ toMs: Date.now() + 10 * 3_600_000 }))
  const notices: Notice[] = []
  const tls = dialling(`ca: ${banks.ca}, crl: ${crl}`, notices)
  expect(tls.crlExpiries()).toMatchObject([{ usedBy: 'card-host/bank' }])
  expect(notices).toMatchObject([
    { level: 'warn', what: 'a revocation list expires soon', detail: 'card-host/bank: in 9 h' },
  ])
})

it('a certificate that ends soon is warned of when it is read, not a day later', () => {
  const now = Date.now()
  const issued = (days: number) => {
    const toMs = now + days * 86_400_000
    return writeFiles(folder, 'own', authority.issue({ commonName: 'own', use: 'client', toMs }))
  }
  const { certificate, key } = issued(300)
  const ca = writeAuthority(folder, 'ca', authority)
  const notices: Notice[] = []
  const tls = dialling(`ca: ${ca}, certificate: ${certificate}, key: ${key}`, notices)
  expect(notices).toEqual([])
  issued(10)
  tls.reload()
  expect(notices.slice(1)).toEqual([
    ...[{ level: 'warn', what: 'a certificate expires soon', detail: 'card-host/bank: in 9 days' }],
  ])
})
