// A key out of the token in the clear, for the one moment in which a TR-31 block is made of it:
// generic PKCS#11 makes none. The token wraps it under a key that is made for this once and whose
// bytes are known here, and forgets that key again. [RFC 3394]

import { createDecipheriv } from 'node:crypto'
import type { KeyScheme } from '../protocol/security/security-module.ts'
import { SECRET_KEY } from './numbered-keys.ts'
import { rewrap } from './session-objects.ts'
import type { Handle, Token } from './token.ts'

const TRANSPORT_BYTES = 32
const INITIAL_VALUE = Buffer.alloc(8, 0xa6)

/** In a buffer that the caller wipes. Inside `run`. */
export function clearOf(
  token: Token,
  storage: Handle,
  scheme: KeyScheme,
  wrapped: Uint8Array,
): Buffer {
  const bytes = token.random(TRANSPORT_BYTES)
  const uses = { CKA_KEY_TYPE: 'CKK_AES', CKA_WRAP: true }
  const transport = token.create({ ...SECRET_KEY, ...uses, CKA_VALUE: bytes })
  try {
    const carried = rewrap(token, { from: storage, to: transport, scheme }, wrapped)
    const unwrapping = createDecipheriv('id-aes256-wrap', bytes, INITIAL_VALUE)
    const clear = unwrapping.update(carried)
    unwrapping.final()
    return clear
  } finally {
    bytes.fill(0)
    token.destroy(transport)
  }
}
