// A ClientHello written by hand, with any version and any suites, because no client library of
// today offers the ones that must be refused. And what a server answers to it. [RFC 5246, 7.4.1.2]

/** By their numbers of the registry of IANA. */
export const SUITE = {
  NULL_SHA: 0x0002,
  EXPORT_RC4_40: 0x0003,
  RC4_SHA: 0x0005,
  EXPORT_DES40: 0x0008,
  RSA_3DES: 0x000a,
  ECDHE_ECDSA_NULL_SHA: 0xc006,
  ECDHE_ECDSA_RC4: 0xc007,
  ECDHE_ECDSA_3DES: 0xc008,
  ECDHE_ECDSA_AES128_CBC: 0xc009,
  ECDHE_ECDSA_AES128_CBC_SHA256: 0xc023,
  ECDHE_RSA_3DES: 0xc012,
  RSA_AES128_GCM: 0x009c,
  DHE_RSA_AES128_GCM: 0x009e,
  ANON_ECDH_AES128: 0xc018,
  ECDHE_ECDSA_AES128_GCM: 0xc02b,
} as const

export const VERSION = { SSLv3: 0x0300, 'TLSv1.0': 0x0301, 'TLSv1.1': 0x0302, 'TLSv1.2': 0x0303 }

export function clientHello(version: number, suites: readonly number[]): Buffer {
  const extensions = Buffer.concat([
    extension(0x000a, block(2, words([0x001d, 0x0017]))),
    extension(0x000b, block(1, Buffer.from([0]))),
    extension(0x000d, block(2, words([0x0403, 0x0401, 0x0503, 0x0804, 0x0203, 0x0201]))),
  ])
  const body = Buffer.concat([
    words([version]),
    Buffer.alloc(32, 0x5a),
    block(1, Buffer.alloc(0)),
    block(2, words(suites)),
    block(1, Buffer.from([0])),
    block(2, extensions),
  ])
  const handshake = Buffer.concat([Buffer.from([1]), block(3, body)])
  return Buffer.concat([Buffer.from([22]), words([Math.min(version, 0x0301)]), block(2, handshake)])
}

export type HelloAnswer =
  | { readonly kind: 'accepted'; readonly version: number; readonly suite: number }
  | { readonly kind: 'alert'; readonly what: string }
  | { readonly kind: 'nothing' }

const ALERTS: Readonly<Record<number, string>> = { 40: 'handshake failure', 70: 'protocol version' }

/** The first record of a server. */
export function answerIn(bytes: Buffer): HelloAnswer {
  if (bytes.length < 7) return { kind: 'nothing' }
  if (bytes[0] === 21) return { kind: 'alert', what: ALERTS[bytes[6] ?? 0] ?? `${bytes[6]}` }
  // Record header 5, handshake header 4, version 2, random 32, then the session id.
  const suiteAt = 5 + 4 + 2 + 32 + 1 + (bytes[43] ?? 0)
  return { kind: 'accepted', version: bytes.readUInt16BE(9), suite: bytes.readUInt16BE(suiteAt) }
}

function block(lengthBytes: number, content: Buffer): Buffer {
  const length = Buffer.alloc(lengthBytes)
  length.writeUIntBE(content.length, 0, lengthBytes)
  return Buffer.concat([length, content])
}

function words(values: readonly number[]): Buffer {
  return Buffer.concat(values.map((value) => Buffer.from([value >> 8, value & 0xff])))
}

function extension(type: number, content: Buffer): Buffer {
  return Buffer.concat([words([type]), block(2, content)])
}
