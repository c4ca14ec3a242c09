// A place of the chain that was signed with a key of the vault, in a file beside the database. The
// chain itself needs no key: whoever can write the files could make another one from its first
// record on, and its mark too. Not across a signed place: its hash covers all that is before it.
// A start verifies from there on before it sells; what is before is verified in the background.
//
// Written in place every few hundred records of which the commit has ended, and not synced: a power
// cut may leave an older one, which is no harm.

import { createHmac, timingSafeEqual } from 'node:crypto'
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { isSectorFile, replaceSectorFile, writeInPlace } from './sector-file.ts'
import { syncDirectory } from './sync-directory.ts'
import type { KeyRing } from './vault/vault.ts'
import { type ChainHead, readHead, verifyChain } from './writer/chain.ts'

export const CHECKPOINT_FILE = 'checkpoint.json'
/** Between two signatures: so many records, and one group, are verified at a start. */
const EVERY_RECORDS = 250
/** More than this lies behind a signed place only where another program wrote. */
const RECORDS_AT_START_MOST = 20_000
/** Derived, so that what is signed here is no fingerprint of anything. */
const PURPOSE = 'evs signed checkpoint'

type Signed = { readonly kind: 'signed' } & ChainHead
export type ReadCheckpoint = Signed | { readonly kind: 'missing' } | { readonly kind: 'forged' }

export function readCheckpoint(directory: string, ring: KeyRing): ReadCheckpoint {
  let text: string
  try {
    text = readFileSync(join(directory, CHECKPOINT_FILE), 'utf8')
  } catch {
    return { kind: 'missing' }
  }
  try {
    const { jseq, hash, mac } = JSON.parse(text) as Record<string, unknown>
    if (!Number.isSafeInteger(jseq) || typeof hash !== 'string' || typeof mac !== 'string') {
      return { kind: 'forged' }
    }
    const head = { jseq: jseq as number, hash: Buffer.from(hash, 'hex') }
    const [is, should] = [Buffer.from(mac, 'hex'), macOf(ring, head)]
    const isRight = is.length === should.length && timingSafeEqual(is, should)
    return isRight ? { kind: 'signed', ...head } : { kind: 'forged' }
  } catch {
    return { kind: 'forged' }
  }
}

/** Why this database may not be sold from, or undefined. */
export function checkSinceSigned(
  database: Database.Database,
  checkpoint: ReadCheckpoint,
): string | undefined {
  if (checkpoint.kind === 'missing') return undefined
  if (checkpoint.kind === 'forged') {
    return `${CHECKPOINT_FILE} was not signed with a key of this store, or is damaged`
  }
  const { jseq, hash } = checkpoint
  const head = readHead(database)
  if (head.jseq < jseq) {
    return `the database ends at record ${head.jseq}, record ${jseq} was signed: an old copy`
  }
  const found = database.prepare('select hash from journal where jseq = ?').pluck().get(jseq)
  if (jseq > 0 && !(Buffer.isBuffer(found) && found.equals(hash))) {
    return `record ${jseq} is not the one that was signed: another copy, or damage`
  }
  if (head.jseq - jseq > RECORDS_AT_START_MOST) return undefined
  return verifyChain(database, { after: { jseq, hash } }).why
}

/** Before another database takes the place of the one that was signed. */
export function removeCheckpoint(directory: string): void {
  rmSync(join(directory, CHECKPOINT_FILE), { force: true })
  syncDirectory(directory)
}

/** Signs the journal's head now and then. Owned by whoever owns the journal. */
export class CheckpointSigner {
  readonly #ring: KeyRing
  readonly #handle: number | undefined
  #head: ChainHead
  #signed: number

  /** The head as it was read. Makes the file where it is missing, if the disk has room for it. */
  constructor(directory: string, ring: KeyRing, head: ChainHead) {
    this.#ring = ring
    this.#head = head
    this.#signed = head.jseq
    this.#handle = this.#opened(join(directory, CHECKPOINT_FILE))
  }

  /** Of a group whose commit has ended. */
  committed(head: ChainHead): void {
    this.#head = head
    if (head.jseq - this.#signed >= EVERY_RECORDS) this.#sign()
  }

  close(): void {
    if (this.#handle === undefined) return
    this.#sign()
    closeSync(this.#handle)
  }

  #opened(file: string): number | undefined {
    try {
      if (!isSectorFile(file)) replaceSectorFile(file, this.#content())
      return openSync(file, 'r+')
    } catch {
      return undefined
    }
  }

  #sign(): void {
    if (this.#handle === undefined) return
    try {
      writeInPlace(this.#handle, this.#content())
      this.#signed = this.#head.jseq
    } catch {
      // A failing disk, perhaps: the one that is there is older and stays true.
    }
  }

  #content(): object {
    const { jseq, hash } = this.#head
    const hex = Buffer.from(hash).toString('hex')
    const mac = macOf(this.#ring, this.#head).toString('hex')
    return { jseq, hash: hex, mac }
  }
}

function macOf(ring: KeyRing, { jseq, hash }: ChainHead): Buffer {
  // The key of fingerprints is in every store, and is not rotated.
  const key = createHmac('sha256', ring.newest('fingerprint').key).update(PURPOSE).digest()
  const mac = createHmac('sha256', key).update(`${jseq}|`).update(hash).digest()
  key.fill(0)
  return mac
}
