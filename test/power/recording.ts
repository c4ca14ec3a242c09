// Reads what the preloaded recorder wrote: file operations and sends, in their order. A send of
// which the kernel took only a part is cut to that part; what it means is told by others.

import { readFileSync } from 'node:fs'

export type Operation =
  | { readonly kind: 'open'; readonly fd: number; readonly flags: number; readonly name: string }
  | { readonly kind: 'write'; readonly fd: number; readonly at: number; readonly data: Buffer }
  | { readonly kind: 'truncate'; readonly fd: number; readonly size: number }
  | { readonly kind: 'sync-begin' | 'sync-end'; readonly fd: number; readonly number: number }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'unlink'; readonly name: string }
  | { readonly kind: 'close'; readonly fd: number }
  | SendOperation
  | FailedOperation

export interface SendOperation {
  readonly kind: 'send'
  readonly fd: number
  readonly localPort: number
  readonly peerPort: number
  data: Buffer
}

/** The recorder let it fail: w a write, t a truncation, s a sync. */
export interface FailedOperation {
  readonly kind: 'failed'
  readonly fd: number
  readonly number: number
  readonly what: string
}

const HEAD_BYTES = 24
/** As numbered in shim.c; 10 takes back the end of a send. */
const UNSENT = 10

export function readRecording(file: string): Operation[] {
  return parseRecording(readFileSync(file))
}

export function parseRecording(bytes: Buffer): Operation[] {
  const operations: Operation[] = []
  const lastSend = new Map<number, SendOperation>()
  // A killed process may have left half a record at the end.
  for (let at = 0; at + HEAD_BYTES <= bytes.length; ) {
    const code = bytes.readUInt32LE(at)
    const fd = bytes.readUInt32LE(at + 4)
    const number = Number(bytes.readBigUInt64LE(at + 8))
    const size = Number(bytes.readBigUInt64LE(at + 16))
    const data = bytes.subarray(at + HEAD_BYTES, at + HEAD_BYTES + size)
    if (data.length < size) break
    at += HEAD_BYTES + size
    if (code === UNSENT) {
      const send = lastSend.get(fd)
      if (send !== undefined) send.data = send.data.subarray(0, send.data.length - number)
      continue
    }
    const operation = operationOf(code, fd, number, data)
    if (operation.kind === 'send') lastSend.set(fd, operation)
    operations.push(operation)
  }
  return operations
}

function operationOf(code: number, fd: number, number: number, data: Buffer): Operation {
  switch (code) {
    case 1:
      return { kind: 'open', fd, flags: number, name: data.toString() }
    case 2:
      return { kind: 'write', fd, at: number, data }
    case 3:
      return { kind: 'truncate', fd, size: number }
    case 4:
      return { kind: 'sync-begin', fd, number }
    case 5:
      return { kind: 'sync-end', fd, number }
    case 6: {
      const [from = '', to = ''] = data.toString().split('\0')
      return { kind: 'rename', from, to }
    }
    case 7:
      return { kind: 'unlink', name: data.toString() }
    case 8:
      return { kind: 'close', fd }
    case 9: {
      // Both ports lie in the low 32 bits.
      const localPort = Math.floor(number / 65_536)
      return { kind: 'send', fd, localPort, peerPort: number % 65_536, data }
    }
    case 11:
      return { kind: 'failed', fd, number, what: data.toString() }
    default:
      throw new Error(`record of an unknown kind: ${code}`)
  }
}
