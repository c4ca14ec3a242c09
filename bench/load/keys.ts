// Keys as the load needs them: bytes, put together from the printed parts of a master key, and out
// of the key blocks of a logon. They live in the memory of a benchmark that made them itself.

import { headerOf, type KeyBlockHeader, unwrapKey } from '../../protocol/security/key-block.ts'
import type { KeyUse } from '../../protocol/security/security-module.ts'
import { isReason } from '../../protocol/values/reason.ts'

export function joinedParts(parts: readonly string[]): Buffer {
  const key = Buffer.alloc(16)
  for (const part of parts) {
    const bytes = Buffer.from(part.replaceAll(/[\s-]/g, ''), 'hex')
    for (let i = 0; i < key.length; i++) key[i] = (key[i] ?? 0) ^ (bytes[i] ?? 0)
  }
  return key
}

export function blockHeader(use: KeyUse): KeyBlockHeader {
  const header = headerOf(use, 'aes')
  if (header === undefined) throw new Error(`a ${use} key travels in no block`)
  return header
}

export function keyIn(master: Buffer, block: string, use: KeyUse): Buffer {
  const key = unwrapKey('aes', master, block, blockHeader(use))
  if (isReason(key)) throw new Error(key.reason)
  return key
}
