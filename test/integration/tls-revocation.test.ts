// A terminal whose certificate is revoked while the switch runs: its authority publishes a list,
// the switch reads it on SIGHUP, and that terminal comes in no more while another one sells on.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { OpensslAuthority } from '../protocol/certificates/openssl-authority.ts'
import { TIDS, TlsShop } from './tls-shop.ts'

const folder = mkdtempSync(join(tmpdir(), 'evs-revoked-'))
const authority = new OpensslAuthority(folder, 'Terminals')
const crl = join(folder, 'crl.pem')
const [kept, lost] = TIDS
const REVOKED = /event="tls refused",label="client-certificate-revoked"\} (\d+)/
let shop: TlsShop

beforeAll(async () => {
  for (const tid of [kept, lost]) authority.issue(tid, 'client')
  writeFileSync(crl, authority.list())
  shop = await TlsShop.open({
    ...{ EVS_LISTENERS_0_TLS_CLIENT_CA: authority.ca, EVS_LISTENERS_0_TLS_CRL: crl },
  })
})
afterAll(async () => {
  await shop.close()
  rmSync(folder, { recursive: true, force: true })
})

const sell = async (tid: string) => {
  const files = { tlsCert: `${tid}.pem`, tlsKey: `${tid}.key` }
  const paths = Object.entries(files).map(([name, file]) => [name, join(folder, 'Terminals', file)])
  return (await shop.pos('sell', { tid, ...Object.fromEntries(paths) })).code
}

it('a revoked terminal comes in no more from the next connection on', async () => {
  expect([await sell(kept), await sell(lost)]).toEqual([0, 0])
  authority.revoke(lost)
  writeFileSync(crl, authority.list())
  await shop.reload()
  expect(await sell(lost)).not.toBe(0)
  expect(await sell(kept)).toBe(0)
  expect(Number(await shop.metric(REVOKED))).toBeGreaterThan(0)
  const left = await shop.metric(/evs_tls_crl_expires_seconds\{used_by="listener\/pos"\} (\d+)/)
  expect(Number(left)).toBeGreaterThan(3_600)
})
