// The lock of a store: who is taken for dead, and that of many who find the same dead owner one
// gets it, whatever moment another one comes at.

import {
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FileStore } from '../../pos-terminal/store.ts'
import { type LockFiles, ownerOf, type StoreLock, takeLock } from '../../pos-terminal/store-lock.ts'
import { sure } from './scripted-switch.ts'

let folder: string
let store: string
let lock: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pos-'))
  store = join(folder, 'pos.json')
  lock = `${store}.lock`
})
afterEach(() => rmSync(folder, { recursive: true }))

const US = sure(ownerOf(process.pid))
const PARENT = sure(ownerOf(process.ppid))
const NOBODY = 999_999_999

function open(): FileStore {
  return FileStore.open(store, '10000001', '100001')
}

describe('a lock that was left behind', () => {
  it.each<[string, string]>([
    ['empty, by a power cut', ''],
    ['cut off in the middle', '{"boot":"'],
    ['full of zeros', '\0'.repeat(64)],
    ['by a process that has ended', JSON.stringify({ ...US, pid: NOBODY })],
    ['before the machine started', JSON.stringify({ ...PARENT, boot: 'of-before' })],
    ['by a process whose number is another one now', JSON.stringify({ ...PARENT, start: '1' })],
    ['by an earlier process with our number', JSON.stringify({ ...US, start: '1' })],
    ['by a version that wrote a number only', String(process.ppid)],
  ])('%s is taken over', (_how, text) => {
    writeFileSync(lock, text)
    const ours = open()
    expect(JSON.parse(readFileSync(lock, 'utf8'))).toEqual(US)
    expect(() => open()).toThrow(/used by another program/)
    ours.close()
    expect(readdirSync(folder)).toEqual([])
  })

  it('is taken over after one who died while it took it over', () => {
    writeFileSync(lock, JSON.stringify({ ...US, pid: NOBODY }))
    const dying = { ...US, pid: NOBODY - 1 }
    expect(() => takeLock(lock, dying, { ...files(), rename: died })).toThrow('died')
    expect(readdirSync(folder)).toHaveLength(2)
    takeLock(lock)?.release()
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('a lock of a process that lives', () => {
  it('is left to it, and by it', () => {
    writeFileSync(lock, JSON.stringify(PARENT))
    expect(() => open()).toThrow(/used by another program/)
    expect(JSON.parse(readFileSync(lock, 'utf8'))).toEqual(PARENT)
    expect(readdirSync(folder)).toEqual(['pos.json.lock'])
  })

  it('is not released by one from whom a person took it', () => {
    const ours = open()
    writeFileSync(lock, JSON.stringify(PARENT))
    ours.close()
    expect(readdirSync(folder)).toEqual(['pos.json.lock'])
  })
})

// Every call that the first one makes is a moment at which the other may have its whole turn.
describe.each([
  ['keeps it', false],
  ['lets go of it at once', true],
])('of two who find the same dead owner, of whom one comes between and %s,', (_how, letsGo) => {
  it.each([0, 1, 2, 3, 4])('one has it, at call %i', (moment) => {
    writeFileSync(lock, JSON.stringify({ ...US, pid: NOBODY }))
    let theirs: StoreLock | undefined
    const rival = (): void => {
      theirs = takeLock(lock, PARENT)
      if (letsGo) theirs?.release()
    }
    const ours = takeLock(lock, US, files(moment, rival))
    const held = [ours, letsGo ? undefined : theirs].filter((one) => one !== undefined)
    expect(held).toHaveLength(1)
    const owner = ours === undefined ? PARENT : US
    expect(JSON.parse(readFileSync(lock, 'utf8'))).toEqual(owner)
    held[0]?.release()
    expect(readdirSync(folder)).toEqual([])
  })
})

/** The real ones, with somebody else's turn before one of the calls. */
function files(moment = -1, between: () => void = () => undefined): LockFiles {
  let calls = 0
  const before = (): void => {
    if (calls++ === moment) between()
  }
  return {
    link: (from, to) => {
      before()
      linkSync(from, to)
    },
    read: (path) => {
      before()
      return readFileSync(path, 'utf8')
    },
    rename: (from, to) => {
      before()
      renameSync(from, to)
    },
  }
}

function died(): never {
  throw new Error('died')
}
