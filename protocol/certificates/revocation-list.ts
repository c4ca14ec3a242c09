// What must be known of a certificate revocation list before OpenSSL has it: of which authority it
// is, and until when it holds. A few lines of DER [X.690; RFC 5280, 5.1]; its signature, and whom
// it names, is left to OpenSSL, which looks at every handshake.

import type { X509Certificate } from 'node:crypto'

export interface RevocationList {
  readonly pem: string
  /** The name of its authority, as DER. */
  readonly issuer: Buffer
  readonly fromMs: number
  /** When the next one is due; undefined when it does not say. */
  readonly untilMs: number | undefined
}

const LIST = /-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]+)-----END X509 CRL-----/g

/** Every list of a PEM file; undefined when one of them is none. */
export function revocationLists(text: string): RevocationList[] | undefined {
  const lists = [...text.matchAll(LIST)].map(([pem, base64 = '']) => {
    return listOf(pem, Buffer.from(base64, 'base64'))
  })
  return lists.every((list) => list !== undefined) ? lists : undefined
}

/** The subject of a certificate, as DER: the issuer of the lists of that authority. */
export function subjectOf(certificate: X509Certificate): Buffer | undefined {
  const [body] = membersOf(membersOf(certificate.raw)[0])
  const fields = membersOf(body)
  // [0] version, which an authority's certificate always has, serial number, algorithm, issuer,
  // validity, subject.
  return fields[0]?.tag === VERSION ? fields[5]?.whole : fields[4]?.whole
}

function listOf(pem: string, bytes: Buffer): RevocationList | undefined {
  const [body] = membersOf(membersOf(bytes)[0])
  const fields = membersOf(body)
  // The version, if any, algorithm, issuer, this update, next update.
  const first = fields[0]?.tag === INTEGER ? 1 : 0
  const issuer = fields[first + 1]
  const fromMs = timeOf(fields[first + 2])
  if (issuer === undefined || fromMs === undefined) return undefined
  return { pem, issuer: issuer.whole, fromMs, untilMs: timeOf(fields[first + 3]) }
}

interface Member {
  readonly tag: number
  readonly whole: Buffer
  readonly content: Buffer
}

const INTEGER = 0x02
const VERSION = 0xa0
const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18

/** What stands in a value one after another; as far as it can be read. */
function membersOf(value: Buffer | Member | undefined): Member[] {
  const bytes = value === undefined || Buffer.isBuffer(value) ? value : value.content
  const members: Member[] = []
  for (let at = 0; bytes !== undefined && at + 2 <= bytes.length; ) {
    const tag = bytes[at] ?? 0
    const short = bytes[at + 1] ?? 0
    const sizeBytes = short < 0x80 ? 0 : short & 0x7f
    if (sizeBytes > 4 || at + 2 + sizeBytes > bytes.length) break
    const size = sizeBytes === 0 ? short : bytes.readUIntBE(at + 2, sizeBytes)
    const start = at + 2 + sizeBytes
    if (start + size > bytes.length) break
    const content = bytes.subarray(start, start + size)
    members.push({ tag, content, whole: bytes.subarray(at, start + size) })
    at = start + size
  }
  return members
}

/** `YYMMDDhhmmssZ` until 2049, `YYYYMMDDhhmmssZ` from then on. [RFC 5280, 5.1.2.4] */
function timeOf(member: Member | undefined): number | undefined {
  if (member === undefined) return undefined
  const text = member.content.toString('latin1')
  if (member.tag === UTC_TIME) return timeIn(`${Number(text.slice(0, 2)) < 50 ? 20 : 19}${text}`)
  return member.tag === GENERALIZED_TIME ? timeIn(text) : undefined
}

function timeIn(text: string): number | undefined {
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (found === null) return undefined
  const [year = 0, month = 0, ...rest] = found.slice(1).map(Number)
  const [day, hour, minute, second] = rest
  return Date.UTC(year, month - 1, day, hour, minute, second)
}
