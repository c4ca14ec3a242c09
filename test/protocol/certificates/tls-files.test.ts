// Files of TLS as administrators leave them: whole, missing, readable by everybody, expired, mixed
// up. Each problem names its file, and none shows a key.

import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readTlsFiles, type TlsPaths } from '../../../protocol/certificates/tls-files.ts'
import { asAnotherUser } from '../../another-user.ts'
import {
  Authority,
  type CertificateWishes,
  NOW_MS,
  writeAuthority,
  writeFiles,
} from './authority.ts'

const DAY_MS = 86_400_000
const folder = mkdtempSync(join(tmpdir(), 'evs-tls-files-'))
const authority = new Authority('Test Authority')
const ca = writeAuthority(folder, 'ca', authority)

afterAll(() => rmSync(folder, { recursive: true }))

function files(name: string, wishes: Partial<CertificateWishes> = {}) {
  return writeFiles(folder, name, authority.issue({ commonName: name, ...wishes }))
}

function written(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

const good = files('good', { toMs: NOW_MS + 90 * DAY_MS })

describe('good files', () => {
  it('give their texts, and the time when the first certificate ends', () => {
    const read = readTlsFiles({ ...good, ca }, NOW_MS)
    if (read.kind === 'problem') throw new Error(read.message)
    expect(read.credentials.certificate).toBe(readFileSync(good.certificate, 'utf8'))
    expect(read.credentials.ca).toBe(authority.certificate)
    expect(Math.round((read.expiresMs - NOW_MS) / DAY_MS)).toBe(90)
  })

  it('may be an authority alone, for a client that shows no certificate', () => {
    expect(readTlsFiles({ ca }, NOW_MS)).toMatchObject({
      kind: 'files',
      credentials: { certificate: undefined, key: undefined },
    })
  })

  it('may hold a chain, of which the shortest life counts', () => {
    const short = new Authority('Short', { toMs: NOW_MS + 5 * DAY_MS })
    const chain = written('chain.pem', readFileSync(good.certificate, 'utf8') + short.certificate)
    const read = readTlsFiles({ certificate: chain, key: good.key }, NOW_MS)
    if (read.kind === 'problem') throw new Error(read.message)
    expect(Math.round((read.expiresMs - NOW_MS) / DAY_MS)).toBe(5)
  })
})

it('a key of another user is not used, whatever its mode', () => {
  expect(asAnotherUser(() => readTlsFiles({ ...good, ca }, NOW_MS))).toEqual({
    ...{ kind: 'problem', message: `${good.key} belongs to another user`, exposed: true },
  })
})

const other = files('other')
const expired = files('expired', { toMs: NOW_MS - DAY_MS })
const future = files('future', { fromMs: NOW_MS + DAY_MS })
const encrypted = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
})
const weak = generateKeyPairSync('rsa', { modulusLength: 512 }).privateKey
const { certificate } = good
const nowhere = join(folder, 'nowhere.pem')

const PROBLEMS: [what: string, paths: TlsPaths, words: string][] = [
  ['a missing certificate', { ...good, certificate: nowhere }, `cannot read ${nowhere}: ENOENT`],
  ['a missing key', { certificate, key: nowhere }, `cannot read ${nowhere}: ENOENT`],
  ['a folder', { certificate: folder, key: good.key }, `cannot read ${folder}: EISDIR`],
  ['a certificate without a key', { certificate }, 'is a certificate without a key'],
  ['a key without a certificate', { key: good.key }, 'is a key without a certificate'],
  [
    'the key of another certificate',
    { certificate, key: other.key },
    `${other.key} is not the key of the certificate in ${certificate}`,
  ],
  ['an expired certificate', expired, `${expired.certificate}: a certificate in it has expired on`],
  ['a certificate of the future', future, `${future.certificate}: a certificate in it begins only`],
  [
    'an expired authority',
    { ca: writeAuthority(folder, 'old-ca', new Authority('Old', { toMs: NOW_MS - 1000 })) },
    'old-ca.pem: a certificate in it has expired on',
  ],
  [
    'a key with a passphrase',
    { certificate, key: written('encrypted.key', encrypted.privateKey) },
    'encrypted.key is protected by a passphrase',
  ],
  [
    'a key that is none',
    { certificate, key: written('none.key', 'hello') },
    'none.key does not hold a PEM private key',
  ],
  [
    'a certificate that is none',
    { certificate: written('none.pem', 'hello'), key: good.key },
    'none.pem does not hold a PEM certificate',
  ],
  [
    'a certificate that is cut off',
    {
      certificate: written('cut.pem', readFileSync(certificate, 'utf8').replace(/\n.{64}\n/, '\n')),
      key: good.key,
    },
    'cut.pem: a certificate in it cannot be read',
  ],
  ['an authority that is none', { ca: written('none-ca.pem', '') }, 'none-ca.pem does not hold'],
  [
    'a weak key',
    {
      certificate,
      key: written('weak.key', weak.export({ type: 'pkcs8', format: 'pem' }) as string),
    },
    'weak.key is not the key of the certificate',
  ],
]

describe('a problem', () => {
  it.each(PROBLEMS)('is told: %s', (_what, paths, words) => {
    const read = readTlsFiles(paths, NOW_MS)
    expect(read).toEqual({ kind: 'problem', message: expect.stringContaining(words) })
    expect(JSON.stringify(read)).not.toMatch(/PRIVATE|BEGIN/)
  })

  it.each([0o640, 0o604, 0o660, 0o644])('is a key that others may read: %o', (mode) => {
    const key = written('open.key', readFileSync(good.key, 'utf8'), mode)
    const told = `${key} has mode 0${mode.toString(8)}; 0600 is needed`
    expect(readTlsFiles({ certificate, key }, NOW_MS)).toEqual({
      ...{ kind: 'problem', message: told, exposed: true },
    })
  })
})
