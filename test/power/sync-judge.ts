// Judges what a process did after a sync of its database had failed: it must have ended with a code
// that tells of it, and must not have trusted the file again. [nothing-lost, rule 10]

import type { Operation } from './recording.ts'

const DATABASE = /^evs\.db(-wal)?$/
const O_CREAT = 0o100

interface Failed {
  readonly number: number
  readonly name: string
}

/** `exitCode`: undefined when the process was still running, null when a signal ended it. */
export function syncViolations(
  operations: readonly Operation[],
  exitCode: number | null | undefined,
): string[] {
  const state: State = { names: new Map(), known: new Set(['evs.db']), uncertain: new Set() }
  const violations: string[] = []
  let failed: Failed | undefined
  for (const operation of operations) {
    if (failed !== undefined) {
      const what = trusts(operation, state)
      if (what !== undefined) violations.push(`${what} after sync ${failed.number} had failed`)
    } else {
      failed = failure(operation, state)
    }
    follow(operation, state)
  }
  if (failed === undefined) return []
  if (exitCode === 0 || exitCode === undefined) {
    violations.unshift(`went on after sync ${failed.number} of ${failed.name} had failed`)
  }
  return [...new Set(violations)]
}

interface State {
  readonly names: Map<number, string>
  /** Files that are there. */
  readonly known: Set<string>
  /** Made since the directory was last synced: they may lose their names. */
  readonly uncertain: Set<string>
}

function follow(operation: Operation, { names, known, uncertain }: State): void {
  switch (operation.kind) {
    case 'open':
      names.set(operation.fd, operation.name)
      if (!DATABASE.test(operation.name) || (operation.flags & O_CREAT) === 0) break
      if (!known.has(operation.name)) uncertain.add(operation.name)
      known.add(operation.name)
      break
    case 'unlink':
      known.delete(operation.name)
      break
    case 'sync-end':
      if (names.get(operation.fd) === '') uncertain.clear()
      break
  }
}

/** A failed sync that matters: of the database, its log, or a directory with new names of them. */
function failure(operation: Operation, { names, uncertain }: State): Failed | undefined {
  if (operation.kind !== 'failed' || operation.what !== 's') return undefined
  const { fd, number } = operation
  const name = names.get(fd) ?? ''
  if (name === '') return uncertain.size > 0 ? { number, name: 'the directory' } : undefined
  return DATABASE.test(name) ? { number, name } : undefined
}

/** What is done with the database as if nothing had happened; through whichever descriptor. */
function trusts(operation: Operation, { names }: State): string | undefined {
  if (operation.kind !== 'sync-begin' && operation.kind !== 'write') return undefined
  const name = names.get(operation.fd) ?? ''
  if (!DATABASE.test(name)) return undefined
  return operation.kind === 'write' ? `wrote ${name}` : `synced ${name}`
}
