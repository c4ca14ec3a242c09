// The lock of a store: a file beside it that names the process which has it, by boot, number and
// start time, so that one that a power cut, a kill or a container's end left behind locks nobody
// out. It is not seen from another machine or from another container's process numbers.
//
// Whoever finds a dead owner does not remove its file: two could do so, and the second would remove
// the first one's. It links its own to the one name that comes after that owner, which a second one
// cannot, looks whether the dead owner's file is still there, and only then puts its own over it.

import { createHash } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'

export interface StoreLock {
  release(): void
}

interface LockOwner {
  /** Of the kernel; another one has ended every process of before. */
  readonly boot: string
  readonly pid: number
  /** Tells a process from a later one with its number. */
  readonly start: string
}

/** What takes part in a race for the lock. */
export interface LockFiles {
  link(from: string, to: string): void
  read(path: string): string
  rename(from: string, to: string): void
}

const FILES: LockFiles = {
  link: linkSync,
  read: (path) => readFileSync(path, 'utf8'),
  rename: renameSync,
}

/** Looks again when others were quicker; then one of them has it. */
const LOOKS = 10

const START_FIELD = 22
const STATE_FIELD = 3

/** Undefined: a process that lives has it. */
export function takeLock(
  path: string,
  owner: LockOwner | undefined = ownerOf(process.pid),
  files: LockFiles = FILES,
): StoreLock | undefined {
  if (owner === undefined) throw new TypeError('a process that does not live takes no lock')
  const text = JSON.stringify(owner)
  const own = `${path}.${owner.pid}`
  writeAnew(own, text)
  try {
    for (let left = LOOKS; left > 0; left -= 1) {
      const taken = take(path, own, files)
      if (taken === 'in use') return undefined
      if (taken === 'yes') return { release: () => release(path, text) }
    }
    return undefined
  } finally {
    rmSync(own, { force: true })
  }
}

/** The process with this number as a lock names it; undefined when none lives. */
export function ownerOf(pid: number): LockOwner | undefined {
  const start = startOf(pid)
  return start === undefined ? undefined : { boot: bootId(), pid, start }
}

function take(path: string, own: string, files: LockFiles): 'yes' | 'in use' | 'changed' {
  const first = textOf(path, files)
  const dead: string[] = []
  let name = path
  for (let text = first; text !== undefined; text = textOf(name, files)) {
    if (lives(text)) return 'in use'
    dead.push(name)
    name = `${path}.after-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
  }
  try {
    files.link(own, name)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return 'changed'
    throw error
  }
  if (name === path) return 'yes'
  // Others may have been done with this dead owner before we linked: the name was free again.
  if (textOf(path, files) !== first) {
    unlinkSync(name)
    return 'changed'
  }
  files.rename(name, path)
  for (const left of dead.slice(1)) rmSync(left, { force: true })
  return 'yes'
}

/** Linked as a whole, so that nobody reads half of it; durable, so that a power cut keeps it. */
function writeAnew(path: string, text: string): void {
  // It may still be another name of a lock: written over, that would change under its readers.
  rmSync(path, { force: true })
  const file = openSync(path, 'wx', 0o600)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function release(path: string, text: string): void {
  try {
    // A person may have removed it, and another program have its own there now.
    if (textOf(path, FILES) === text) unlinkSync(path)
  } catch {
    // Of a disk that takes nothing any more. It is a dead owner's as soon as this process ends.
  }
}

function textOf(path: string, files: LockFiles): string | undefined {
  try {
    return files.read(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** What does not name its owner was cut off by a power cut: whoever wrote it is gone. */
function lives(text: string): boolean {
  const owner = parsed(text)
  if (owner === undefined || owner.boot !== bootId()) return false
  return owner.start === startOf(owner.pid, owner.start)
}

function parsed(text: string): LockOwner | undefined {
  try {
    const { boot, pid, start } = JSON.parse(text) as Partial<Record<string, unknown>>
    if (typeof boot !== 'string' || typeof start !== 'string') return undefined
    return Number.isInteger(pid) && Number(pid) > 0 ? { boot, pid: Number(pid), start } : undefined
  } catch {
    return undefined
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

/** Undefined when there is no such process; `untold` where the system does not say. */
function startOf(pid: number, untold = ''): string | undefined {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Another user's process may not be signalled, and lives.
    if (codeOf(error) === 'ESRCH') return undefined
  }
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return pid === process.pid ? String(performance.timeOrigin) : untold
  }
  // The name of the program, the second field, may hold blanks and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const state = fields[STATE_FIELD - 3]
  // It has ended, and only its parent has not heard of it.
  if (state === 'Z' || state === 'X') return undefined
  return fields[START_FIELD - 3]
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
