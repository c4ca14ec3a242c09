// The files of TLS, read and judged before anything uses them: a certificate with its chain, its
// private key (without a passphrase, for its owner only), and the authorities of the other end.
// What is wrong is told with the name of the file; nothing of a key is ever part of a message.

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { type Credentials, secureContext } from '../link/tls.ts'
import { type RevocationList, revocationLists, subjectOf } from './revocation-list.ts'

export interface TlsPaths {
  readonly certificate?: string | undefined
  readonly key?: string | undefined
  readonly ca?: string | undefined
  /** Lists of what the authorities revoked; one for each of them. */
  readonly crl?: string | undefined
}

export interface TlsFiles {
  readonly kind: 'files'
  readonly credentials: Credentials
  /** When the first of them ends, the chain and the authorities included. */
  readonly expiresMs: number
  /** When the first list of revoked certificates ends; undefined without any. */
  readonly crlExpiresMs: number | undefined
}

export interface TlsProblem {
  readonly kind: 'problem'
  readonly message: string
  /** The key is there, and others than its owner may have read it. */
  readonly exposed?: true
}

export function readTlsFiles(paths: TlsPaths, nowMs: number): TlsFiles | TlsProblem {
  try {
    return judged(paths, nowMs)
  } catch (error) {
    if (error instanceof Unusable) {
      const { message, exposed } = error
      return { kind: 'problem', message, ...(exposed ? { exposed } : {}) }
    }
    throw error
  }
}

class Unusable extends Error {
  readonly exposed: boolean

  constructor(message: string, exposed = false) {
    super(message)
    this.exposed = exposed
  }
}

function judged(paths: TlsPaths, nowMs: number): TlsFiles {
  const own = paths.certificate === undefined ? undefined : chainIn(paths.certificate, nowMs)
  const key = paths.key === undefined ? undefined : keyIn(paths.key)
  if (own === undefined && key !== undefined) {
    throw new Unusable(`${paths.key} is a key without a certificate`)
  }
  if (own !== undefined && key === undefined) {
    throw new Unusable(`${paths.certificate} is a certificate without a key`)
  }
  if (own !== undefined && key !== undefined && !own.first.checkPrivateKey(key.key)) {
    throw new Unusable(`${paths.key} is not the key of the certificate in ${paths.certificate}`)
  }
  const ca = paths.ca === undefined ? undefined : chainIn(paths.ca, nowMs)
  const lists = paths.crl === undefined ? undefined : listsIn(paths.crl, ca, nowMs)
  const crlExpiresMs = lists && Math.min(...lists.map(({ untilMs }) => untilMs ?? Infinity))
  const credentials = {
    ...{ certificate: own?.pem, key: key?.pem, ca: ca?.pem, crlExpiresMs },
    crl: lists?.map(({ pem }) => pem),
  }
  try {
    secureContext(credentials, 'TLSv1.2')
  } catch (error) {
    const files = [paths.certificate, paths.key, paths.ca, paths.crl].filter(
      (path) => path !== undefined,
    )
    throw new Unusable(`${files.join(', ')}: ${(error as Error).message}`)
  }
  const ends = Math.min(own?.expiresMs ?? Infinity, ca?.expiresMs ?? Infinity)
  return { kind: 'files', credentials, expiresMs: ends, crlExpiresMs }
}

interface Chain {
  readonly pem: string
  readonly first: X509Certificate
  readonly certificates: readonly X509Certificate[]
  readonly expiresMs: number
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** Every certificate of a file must be readable and of today. */
function chainIn(path: string, nowMs: number): Chain {
  const pem = textOf(path)
  const certificates = (pem.match(CERTIFICATE) ?? []).map((text) => certificateOf(text, path))
  const [first] = certificates
  if (first === undefined) throw new Unusable(`${path} does not hold a PEM certificate`)
  let expiresMs = Infinity
  for (const { validFrom, validTo } of certificates) {
    if (nowMs < Date.parse(validFrom)) {
      throw new Unusable(`${path}: a certificate in it begins only on ${validFrom}`)
    }
    if (!(nowMs < Date.parse(validTo))) {
      throw new Unusable(`${path}: a certificate in it has expired on ${validTo}`)
    }
    expiresMs = Math.min(expiresMs, Date.parse(validTo))
  }
  return { pem, first, certificates, expiresMs }
}

/**
 * Every authority must have a list that holds: without one, or with one that is over, OpenSSL
 * refuses everybody, and nobody would know why.
 */
function listsIn(path: string, ca: Chain | undefined, nowMs: number): RevocationList[] {
  const lists = revocationLists(textOf(path))
  if (lists === undefined) throw new Unusable(`${path}: a list in it cannot be read`)
  if (lists.length === 0) throw new Unusable(`${path} does not hold a PEM revocation list`)
  for (const { fromMs, untilMs } of lists) {
    if (untilMs === undefined) {
      throw new Unusable(`${path}: a list in it does not say when the next one is due`)
    }
    if (nowMs < fromMs) {
      throw new Unusable(`${path}: a list in it begins only on ${new Date(fromMs).toISOString()}`)
    }
    if (!(nowMs < untilMs)) {
      const was = new Date(untilMs).toISOString()
      throw new Unusable(`${path}: a list in it has expired; the next one was due on ${was}`)
    }
  }
  for (const certificate of ca?.certificates ?? []) {
    const subject = subjectOf(certificate)
    if (lists.some(({ issuer }) => subject?.equals(issuer) === true)) continue
    const name = certificate.subject.replaceAll('\n', ', ')
    throw new Unusable(`${path}: there is no list of the authority ${name}`)
  }
  return lists
}

function certificateOf(text: string, path: string): X509Certificate {
  try {
    return new X509Certificate(text)
  } catch {
    throw new Unusable(`${path}: a certificate in it cannot be read`)
  }
}

function keyIn(path: string): { readonly pem: string; readonly key: KeyObject } {
  const pem = textOf(path, ownerOnly)
  if (/ENCRYPTED/.test(pem)) {
    throw new Unusable(`${path} is protected by a passphrase; the key is needed without one`)
  }
  try {
    return { pem, key: createPrivateKey(pem) }
  } catch {
    throw new Unusable(`${path} does not hold a PEM private key`)
  }
}

function textOf(path: string, check?: (path: string, handle: number) => void): string {
  let handle: number
  try {
    handle = openSync(path, 'r')
  } catch (error) {
    throw new Unusable(`cannot read ${path}: ${(error as Error).message}`)
  }
  try {
    check?.(path, handle)
    return readFileSync(handle, 'utf8')
  } catch (error) {
    if (error instanceof Unusable) throw error
    throw new Unusable(`cannot read ${path}: ${(error as Error).message}`)
  } finally {
    closeSync(handle)
  }
}

function ownerOnly(path: string, handle: number): void {
  const facts = fstatSync(handle)
  if ((facts.mode & 0o077) !== 0) {
    const mode = (facts.mode & 0o777).toString(8).padStart(4, '0')
    throw new Unusable(`${path} has mode ${mode}; 0600 is needed`, true)
  }
  if (process.getuid !== undefined && facts.uid !== process.getuid()) {
    throw new Unusable(`${path} belongs to another user`, true)
  }
}
