// What `evs pos` makes of its TLS options: nothing is dialled in clear by mistake, and nothing is
// dialled unverified.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { type PosTlsOptions, readTls } from '../../pos-terminal/tls-options.ts'
import { isReason } from '../../protocol/values/reason.ts'
import {
  Authority,
  NOW_MS,
  writeAuthority,
  writeFiles,
} from '../protocol/certificates/authority.ts'

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

it.each<[string, PosTlsOptions, string]>([
  ['a name without an authority', { tlsName: 'a.b' }, '--tls-ca: needed'],
  [
    'a certificate without an authority',
    { tlsCert: own.certificate, tlsKey: own.key },
    '--tls-ca: needed',
  ],
  ['a missing file', { tlsCa: join(folder, 'nowhere') }, 'cannot read'],
  ['a certificate without its key', { tlsCa, tlsCert: own.certificate }, 'without a key'],
])('%s is refused', (_what, options, words) => {
  expect(readTls(options, 'switch', NOW_MS)).toMatchObject({
    reason: expect.stringContaining(words),
  })
})
