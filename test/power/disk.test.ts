// The disk model: what a finished sync covers is always there, everything else may be missing, and
// names and bytes may be there without each other.

import { describe, expect, it } from 'vitest'
import { Seeded } from '../simulation/seeded.ts'
import { Disk, type Image } from './disk.ts'
import type { Operation } from './recording.ts'

const CREATE = 0o102

function diskOf(operations: readonly Operation[], initial: Image = new Map()): Disk {
  const disk = new Disk(initial)
  for (const operation of operations) disk.apply(operation)
  return disk
}

function imagesOf(disk: Disk): (string | undefined)[] {
  const texts = new Set<string | undefined>()
  for (let seed = 0; seed < 300; seed++) {
    texts.add(disk.image('some', new Seeded(seed)).get('a')?.toString())
  }
  return [...texts]
}

const open: Operation = { kind: 'open', fd: 5, flags: CREATE, name: 'a' }
const write = (at: number, text: string): Operation => {
  return { kind: 'write', fd: 5, at, data: Buffer.from(text) }
}
const sync = (number: number): Operation[] => [
  { kind: 'sync-begin', fd: 5, number },
  { kind: 'sync-end', fd: 5, number },
]

describe('what a power cut leaves', () => {
  it('is everything that was synced, in every image', () => {
    const disk = diskOf([open, write(0, 'one'), ...sync(1)])
    expect(imagesOf(disk)).toEqual(['one'])
    expect(disk.image('nothing', new Seeded(1)).get('a')?.toString()).toBe('one')
    expect(disk.unsynced).toBe(0)
  })

  it('may lack the older of two writes and have the newer', () => {
    const disk = diskOf([open, ...sync(1), write(0, 'x'), write(1, 'y')])
    expect(disk.image('all', new Seeded(1)).get('a')?.toString()).toBe('xy')
    expect(disk.image('nothing', new Seeded(1)).get('a')?.toString()).toBe('')
    expect(imagesOf(disk)).toEqual(expect.arrayContaining(['', 'x', '\0y', 'xy']))
  })

  it('may lack what was written after a sync had begun, though the sync ended later', () => {
    const [begin, end] = sync(1) as [Operation, Operation]
    const disk = diskOf([open, write(0, 'x'), begin, write(1, 'y'), end])
    expect(disk.image('nothing', new Seeded(1)).get('a')?.toString()).toBe('x')
    expect(imagesOf(disk)).toEqual(expect.arrayContaining(['x', 'xy']))
  })

  it('tears a write at a sector, and nowhere else', () => {
    const old = 'o'.repeat(1_024)
    const disk = diskOf([open, write(0, 'n'.repeat(1_024))], new Map([['a', Buffer.from(old)]]))
    const kinds = new Set(imagesOf(disk).map((text) => text?.replace(/(.)\1{511}/g, '$1')))
    expect([...kinds].sort()).toEqual(['nn', 'no', 'on', 'oo'])
  })

  it('may have the new name with none of its bytes, or still the old one', () => {
    const disk = diskOf(
      [
        { kind: 'open', fd: 5, flags: CREATE, name: 'a.new' },
        write(0, 'new'),
        { kind: 'rename', from: 'a.new', to: 'a' },
      ],
      new Map([['a', Buffer.from('old')]]),
    )
    expect(imagesOf(disk)).toEqual(expect.arrayContaining(['old', '', 'new']))
    disk.apply({ kind: 'open', fd: 6, flags: 0, name: '' })
    disk.apply({ kind: 'sync-begin', fd: 6, number: 9 })
    disk.apply({ kind: 'sync-end', fd: 6, number: 9 })
    expect(imagesOf(disk)).not.toContain('old')
  })

  it('may have the file as it was before it was cut short', () => {
    const disk = diskOf(
      [open, { kind: 'truncate', fd: 5, size: 1 }],
      new Map([['a', Buffer.from('abc')]]),
    )
    expect(imagesOf(disk).sort()).toEqual(['a', 'abc'])
  })
})
