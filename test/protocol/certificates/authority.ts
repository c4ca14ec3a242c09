// A certificate authority for tests, made of nothing but node:crypto and a few lines of DER
// [X.690, RFC 5280]: certificates with any names, times and uses, within milliseconds, and the
// files that a server is configured with. It is no authority for anything but tests.

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Issued {
  readonly certificate: string
  readonly key: string
}

export interface CertificateWishes {
  readonly commonName: string
  /** DNS names of the subject alternative name; an IPv4 address becomes an address. */
  readonly names?: readonly string[]
  readonly fromMs?: number
  readonly toMs?: number
  readonly use?: 'server' | 'client'
}

export const NOW_MS = Date.now()
const DAY_MS = 86_400_000

export class Authority {
  readonly #name: string
  readonly #privateKey: KeyObject
  /** PEM. */
  readonly certificate: string
  #lastSerial = 1

  constructor(name: string, times: { fromMs?: number; toMs?: number } = {}) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#name = name
    this.#privateKey = privateKey
    const constraints = extension('551d13', sequence(TRUE), true)
    this.certificate = this.#signed({ commonName: name, ...times }, publicKey, [constraints])
  }

  issue(wishes: CertificateWishes): Issued {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { names = [], use } = wishes
    const extensions: Buffer[] = []
    if (names.length > 0) extensions.push(extension('551d11', sequence(...names.map(general))))
    if (use !== undefined) {
      const purpose = use === 'server' ? '2b06010505070301' : '2b06010505070302'
      extensions.push(extension('551d25', sequence(oid(purpose))))
    }
    const certificate = this.#signed(wishes, publicKey, extensions)
    return { certificate, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
  }

  #signed(wishes: CertificateWishes, publicKey: KeyObject, extensions: Buffer[]): string {
    const { fromMs = NOW_MS - DAY_MS, toMs = NOW_MS + 400 * DAY_MS } = wishes
    const body = sequence(
      der(0xa0, integer(2)),
      integer(this.#lastSerial++),
      ECDSA_SHA256,
      nameOf(this.#name),
      sequence(time(fromMs), time(toMs)),
      nameOf(wishes.commonName),
      publicKey.export({ type: 'spki', format: 'der' }),
      ...(extensions.length > 0 ? [der(0xa3, sequence(...extensions))] : []),
    )
    const signature = sign('sha256', body, this.#privateKey)
    const whole = sequence(body, ECDSA_SHA256, der(0x03, Buffer.from([0]), signature))
    const lines = whole.toString('base64').match(/.{1,64}/g) ?? []
    return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
  }
}

/** Writes `<name>.pem` and `<name>.key` as a server wants them; gives their paths. */
export function writeFiles(folder: string, name: string, issued: Issued) {
  const certificate = join(folder, `${name}.pem`)
  const key = join(folder, `${name}.key`)
  writeFileSync(certificate, issued.certificate)
  writeFileSync(key, issued.key)
  chmodSync(key, 0o600)
  return { certificate, key }
}

export function writeAuthority(folder: string, name: string, authority: Authority): string {
  const path = join(folder, `${name}.pem`)
  writeFileSync(path, authority.certificate)
  return path
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, ...parts)
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'))
}

function integer(value: number): Buffer {
  return der(0x02, Buffer.from([0, value >> 8, value & 0xff].slice(value < 0x80 ? 2 : 0)))
}

function utf8(text: string): Buffer {
  return der(0x0c, Buffer.from(text))
}

function nameOf(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid('550403'), utf8(commonName))))
}

/** UTCTime until 2049, as the standard wants it; GeneralizedTime later. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  const late = Number(digits.slice(0, 4)) >= 2050
  return der(late ? 0x18 : 0x17, Buffer.from(late ? digits : digits.slice(2)))
}

function general(name: string): Buffer {
  const numbers = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(name)?.slice(1).map(Number)
  return numbers === undefined ? der(0x82, Buffer.from(name)) : der(0x87, Buffer.from(numbers))
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [TRUE] : []), der(0x04, value))
}

const TRUE = Buffer.from('0101ff', 'hex')
const ECDSA_SHA256 = sequence(oid('2a8648ce3d040302'))
