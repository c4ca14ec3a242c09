// Where a terminal keeps its state: in a file that survives a power cut, or in memory for tests and
// simulation. A save that returns is durable; a save that throws has changed nothing.

import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { newState, type TerminalState } from './state.ts'
import { type StoreLock, takeLock } from './store-lock.ts'

export interface TerminalStore {
  readonly state: TerminalState
  save(state: TerminalState): void
}

type StoreErrorCode =
  | 'STORE_UNREADABLE'
  | 'STORE_OF_ANOTHER_TERMINAL'
  | 'STORE_IN_USE'
  /** The system lets nobody read or write it: the disk is full, or a right is missing. */
  | 'STORE_UNAVAILABLE'

export class StoreError extends Error {
  readonly code: StoreErrorCode
  readonly hint: string

  constructor(code: StoreErrorCode, message: string, hint: string) {
    super(message)
    this.name = 'StoreError'
    this.code = code
    this.hint = hint
  }
}

/** Keeps the state as text, so that what a crash leaves behind is what a file would have held. */
export class MemoryStore implements TerminalStore {
  #text: string

  constructor(terminalId: string, merchantId: string) {
    this.#text = JSON.stringify(newState(terminalId, merchantId))
  }

  get state(): TerminalState {
    return JSON.parse(this.#text) as TerminalState
  }

  save(state: TerminalState): void {
    this.#text = JSON.stringify(state)
  }
}

/** One JSON file, replaced as a whole: written beside, synced, renamed, directory synced. */
export class FileStore implements TerminalStore {
  readonly #path: string
  readonly #lock: StoreLock
  #state: TerminalState

  private constructor(path: string, lock: StoreLock, state: TerminalState) {
    this.#path = path
    this.#lock = lock
    this.#state = state
  }

  /** Opens or creates the file and takes its lock. Throws `StoreError`; never starts afresh. */
  static open(path: string, terminalId: string, merchantId: string): FileStore {
    const lock = available(path, () => locked(path))
    try {
      const state = available(path, () => read(path)) ?? newState(terminalId, merchantId)
      if (state.terminalId !== terminalId || state.merchantId !== merchantId) {
        throw new StoreError(
          'STORE_OF_ANOTHER_TERMINAL',
          `${path} belongs to terminal ${state.terminalId} of merchant ${state.merchantId}`,
          'give each terminal a store file of its own',
        )
      }
      return new FileStore(path, lock, state)
    } catch (error) {
      lock.release()
      throw error
    }
  }

  get state(): TerminalState {
    return this.#state
  }

  /** Throws `StoreError`. */
  save(state: TerminalState): void {
    available(this.#path, () => replaceFile(this.#path, state))
    this.#state = state
  }

  close(): void {
    this.#lock.release()
  }
}

function replaceFile(path: string, state: TerminalState): void {
  const beside = `${path}.new`
  const file = openSync(beside, 'w', 0o600)
  try {
    const text = Buffer.from(`${JSON.stringify(state, null, 2)}\n`)
    for (let at = 0; at < text.length; ) at += writeSync(file, text, at)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(beside, path)
  // Without this a power cut may bring the old name back, and with it a forgotten reversal.
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** What the system refuses becomes an error that tells what may be done about it. */
function available<Result>(path: string, run: () => Result): Result {
  try {
    return run()
  } catch (error) {
    if (error instanceof StoreError || !(error instanceof Error && 'code' in error)) throw error
    throw new StoreError(
      'STORE_UNAVAILABLE',
      `${path} cannot be used: ${error.message}`,
      'make room, or set the rights, and ask again: a sale that is open is then ended first',
    )
  }
}

function read(path: string): TerminalState | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  }
  const value = parse(text)
  if (isState(value)) return value
  throw new StoreError(
    'STORE_UNREADABLE',
    `${path} is not a terminal store of format 1`,
    'it may hold an open reversal: look at it before you move it away',
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Enough to tell our file from another; nobody else writes it. */
function isState(value: unknown): value is TerminalState {
  if (typeof value !== 'object' || value === null) return false
  const record = value as Record<string, unknown>
  const stan = record.nextStan
  if (record.format !== 1 || !Number.isInteger(stan)) return false
  if (typeof record.terminalId !== 'string') return false
  return Array.isArray(record.confirmations) && 'open' in record && 'totals' in record
}

/** Two programs on one store would use one STAN twice and lose a reversal record. */
function locked(path: string): StoreLock {
  mkdirSync(dirname(path), { recursive: true })
  const lock = takeLock(`${path}.lock`)
  if (lock !== undefined) return lock
  throw new StoreError('STORE_IN_USE', `${path} is used by another program`, 'wait for it to end')
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
