// The signed checkpoint: a chain that was made anew from its first record on, with the right hashes
// throughout, is told apart from the one that was written.

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  CHECKPOINT_FILE,
  CheckpointSigner,
  checkSinceSigned,
  readCheckpoint,
  removeCheckpoint,
} from '../../voucher-store/signed-checkpoint.ts'
import { KeyRing, wrapNewKey } from '../../voucher-store/vault/vault.ts'
import { ChainWriter, GENESIS, readHead } from '../../voucher-store/writer/chain.ts'
import { memoryDatabase } from '../simulation/sim-store.ts'
import { KEK } from './temporary-store.ts'

let directory: string
let database: Database.Database
let ring: KeyRing

function newRing(): KeyRing {
  const opened = KeyRing.open(KEK, [wrapNewKey(KEK, 1, 'fingerprint')])
  if (opened === undefined) throw new Error('the test key does not open')
  return opened
}

async function chainOf(records: number, word = 'n'): Promise<Database.Database> {
  const made = await memoryDatabase()
  const chain = new ChainWriter(made)
  for (let n = 1; n <= records; n++) chain.append('lease', n, `${word}${n}`)
  return made
}

function signed(of: Database.Database): void {
  const signer = new CheckpointSigner(directory, ring, GENESIS)
  signer.committed(readHead(of))
  signer.close()
}

const told = (of: Database.Database) => checkSinceSigned(of, readCheckpoint(directory, ring))

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'evs-checkpoint-'))
  database = await chainOf(400)
  ring = newRing()
})

afterEach(() => rmSync(directory, { recursive: true, force: true }))

describe('what is signed', () => {
  it('is the newest record at a stop, for nobody else to read', () => {
    signed(database)
    const { jseq, hash } = readHead(database)
    expect(readCheckpoint(directory, ring)).toEqual({ kind: 'signed', jseq, hash })
    expect(statSync(join(directory, CHECKPOINT_FILE)).mode & 0o777).toBe(0o600)
  })

  it('is written after some hundred records, and not for each group', () => {
    const signer = new CheckpointSigner(directory, ring, GENESIS)
    const { hash } = readHead(database)
    const jseq = () => (readCheckpoint(directory, ring) as { jseq: number }).jseq
    signer.committed({ jseq: 249, hash })
    expect(jseq()).toBe(0)
    signer.committed({ jseq: 250, hash })
    expect(jseq()).toBe(250)
    signer.committed({ jseq: 499, hash })
    expect(jseq()).toBe(250)
    signer.close()
    expect(jseq()).toBe(499)
  })

  it('stays as it is until there is more to sign', () => {
    signed(database)
    const before = readCheckpoint(directory, ring)
    new CheckpointSigner(directory, ring, readHead(database))
    expect(readCheckpoint(directory, ring)).toEqual(before)
  })

  it('takes nothing away from a start where it cannot be written', () => {
    const signer = new CheckpointSigner(join(directory, 'gone'), ring, GENESIS)
    signer.committed(readHead(database))
    signer.close()
    expect(readCheckpoint(join(directory, 'gone'), ring)).toEqual({ kind: 'missing' })
  })
})

describe('a start', () => {
  it('goes on from what was signed, and from nothing where nothing was', async () => {
    expect(told(database)).toBeUndefined()
    signed(database)
    expect(told(database)).toBeUndefined()
    expect(told(await chainOf(420))).toBeUndefined()
  })

  it('refuses a chain that was made anew, however right its hashes are', async () => {
    signed(database)
    expect(told(await chainOf(420, 'x'))).toContain('record 400 is not the one that was signed')
  })

  it('refuses an older copy', async () => {
    signed(database)
    expect(told(await chainOf(399))).toContain('ends at record 399, record 400 was signed')
  })

  it('finds a record that was changed since', async () => {
    signed(database)
    const longer = await chainOf(2_000)
    longer.prepare("update journal set body = 'x' where jseq = 401").run()
    expect(told(longer)).toBe('record 401 does not match its hash')
    longer.prepare('delete from journal where jseq = 401').run()
    expect(told(longer)).toBe('record 401 is missing')
  })

  it('leaves to the background what another program wrote by the ten thousand', async () => {
    signed(database)
    const long = await chainOf(20_401)
    long.prepare("update journal set body = 'x' where jseq = 401").run()
    expect(told(long)).toBeUndefined()
  })

  it.each([
    ['another key', () => undefined],
    ['another record', (text: string) => text.replace('"jseq":400', '"jseq":399')],
    ['no signature', (text: string) => text.replace(/,"mac":"[0-9a-f]*"/, '')],
    ['half of it', (text: string) => text.slice(0, 100)],
    ['an empty signature', (text: string) => text.replace(/"mac":"[0-9a-f]*"/, '"mac":""')],
  ])('refuses one with %s', (what, change) => {
    signed(database)
    if (what === 'another key') ring = newRing()
    else {
      const file = join(directory, CHECKPOINT_FILE)
      writeFileSync(file, change(readFileSync(file, 'utf8')) ?? '')
    }
    expect(told(database)).toContain('not signed with a key of this store')
  })

  it('believes the database that a restore puts in its place', async () => {
    signed(database)
    removeCheckpoint(directory)
    expect(told(await chainOf(10, 'x'))).toBeUndefined()
  })
})
