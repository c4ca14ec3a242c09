// Records of the preloaded recorder as bytes: read in order, with what the kernel did not take of a
// send taken back, and half a record at the end left out.

import { expect, it } from 'vitest'
import { PromiseReader } from './promises.ts'
import { parseRecording } from './recording.ts'

function record(kind: number, fd: number, number: number, data = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(24)
  head.writeUInt32LE(kind, 0)
  head.writeUInt32LE(fd, 4)
  head.writeBigUInt64LE(BigInt(number), 8)
  head.writeBigUInt64LE(BigInt(data.length), 16)
  return Buffer.concat([head, data])
}

it('reads what was recorded', () => {
  const bytes = Buffer.concat([
    record(1, 5, 0o102, Buffer.from('evs.db')),
    record(2, 5, 512, Buffer.from('page')),
    record(4, 5, 1),
    record(5, 5, 1),
    record(6, 0, 0, Buffer.from('mark.json.new\0mark.json')),
    record(9, 7, 5_000 * 65_536 + 40_000, Buffer.from('answer')),
    record(10, 7, 2),
    record(2, 5, 0, Buffer.from('torn')).subarray(0, 26),
  ])
  expect(parseRecording(bytes).slice(0, 6)).toEqual([
    { kind: 'open', fd: 5, flags: 0o102, name: 'evs.db' },
    { kind: 'write', fd: 5, at: 512, data: Buffer.from('page') },
    { kind: 'sync-begin', fd: 5, number: 1 },
    { kind: 'sync-end', fd: 5, number: 1 },
    { kind: 'rename', from: 'mark.json.new', to: 'mark.json' },
    { kind: 'send', fd: 7, localPort: 5_000, peerPort: 40_000, data: Buffer.from('answ') },
  ])
  expect(parseRecording(bytes)).toHaveLength(6)
})

it('takes sends on other ports for no promises', () => {
  const reader = new PromiseReader({ terminals: new Set([5_000]), cardHost: 6_000 })
  const data = Buffer.from('HTTP/1.1 200 OK')
  expect(reader.read({ kind: 'send', fd: 7, localPort: 80, peerPort: 1, data })).toEqual([])
})
