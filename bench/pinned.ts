// Processes on a core of their own: the server that is measured on one, generator and host on
// another, so that neither takes the other's time. Where there is no taskset, or one core only,
// they run as they come, and the report says so.

import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { allowedCores, chooseCores, twinsOf } from './cores.ts'
import type { Answers, Order } from './load/orders.ts'

/** Undefined where servers and load cannot be kept apart. */
export const cores =
  spawnSync('taskset', ['--version']).status === 0
    ? chooseCores(allowedCores(), twinsOf)
    : undefined

export const isPinned = cores !== undefined
/** A thread that never rests beside the server's, on one core, would be in its way. */
export const loadMaySpin = cores?.areTwins === false

export type Role = 'server' | 'load'

/**
 * Of Node, for every server on one core, switch and relays alike. Helpers of the collector would
 * compete there with the thread that waits for them. [docs/operating.md, One core]
 */
export const SERVER_OPTIONS: readonly string[] = isPinned ? ['--single-threaded-gc'] : []

/**
 * Besides, of those that are kept busy: with more room for what is new the collector runs less
 * often. [docs/operating.md, Many sales a second] Where memory is measured it would be in the way.
 */
export const BUSY_OPTIONS: readonly string[] = isPinned
  ? [...SERVER_OPTIONS, '--max-semi-space-size=64']
  : []

/** All threads that it has now; those that it starts later inherit it. */
export function keepOn(pid: number, role: Role): void {
  if (cores === undefined) return
  const core = String(cores[role])
  const { status } = spawnSync('taskset', ['-a', '-p', '-c', core, String(pid)])
  if (status !== 0) throw new Error(`process ${pid} cannot be kept on core ${core}`)
}

/** Those that run now. */
const children = new Set<ChildProcess>()

/** What was not ended by its owner must not go on in a folder that is removed. */
export function killAll(): void {
  for (const child of children) child.kill('SIGKILL')
}

/** It ends with this process, as it hears, or as `killAll` has it. */
export function started(module: string, parameters: readonly string[], role: Role): ChildProcess {
  const execArgv = role === 'server' ? [...BUSY_OPTIONS] : []
  const child = fork(module, parameters, { execArgv, serialization: 'advanced' })
  children.add(child)
  child.once('exit', () => children.delete(child))
  keepOn(child.pid ?? 0, role)
  return child
}

/** The next message of a process; rejects when it ends first, or has ended. */
export function heard(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null, signal: string | null): void => {
      reject(new Error(`${child.spawnargs[1]} ended with ${code ?? signal}`))
    }
    const { exitCode, signalCode } = child
    if (exitCode !== null || signalCode !== null) return ended(exitCode, signalCode)
    child.once('exit', ended)
    child.once('message', (message) => {
      child.off('exit', ended)
      resolve(message)
    })
  })
}

/** What it answers to an order. */
export function asked(child: ChildProcess, order: string | object): Promise<unknown> {
  const answer = heard(child)
  // One that is about to end takes none: that it ended is what is told.
  if (child.connected) child.send(order, () => undefined)
  return answer
}

export interface Relay {
  readonly pid: number
  readonly port: number
  /** Appends and groups since it was last asked; of a durable relay. */
  groups(): Promise<{ readonly appends: number; readonly groups: number }>
  stop(): void
}

export async function startRelay(module: string, parameters: readonly string[]): Promise<Relay> {
  const child = started(module, parameters, 'server')
  const { port } = (await heard(child)) as { port: number }
  return {
    ...{ pid: child.pid ?? 0, port },
    groups: () => asked(child, 'groups') as Promise<{ appends: number; groups: number }>,
    stop: () => void child.kill(),
  }
}

export class Load {
  readonly #child: ChildProcess
  #before: Promise<unknown> = Promise.resolve()

  static async start(module: string): Promise<Load> {
    const child = started(module, [], 'load')
    await heard(child)
    return new Load(child)
  }

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  /** One order after another, in the order of the calls. */
  ask<Name extends Order['do']>(order: Extract<Order, { do: Name }>): Promise<Answers[Name]> {
    const answer = this.#before.then(() => this.#ask<Name>(order))
    this.#before = answer.catch(() => undefined)
    return answer
  }

  async #ask<Name extends Order['do']>(order: Order): Promise<Answers[Name]> {
    const { answer, failed } = (await asked(this.#child, order)) as {
      answer: Answers[Name]
      failed?: string
    }
    if (failed !== undefined) throw new Error(failed)
    return answer
  }

  stop(): void {
    this.#child.kill()
  }
}

/** Runs a module to its end on the server's core; gives the message that it sent. */
export async function runPinned(module: string, parameters: readonly string[]): Promise<unknown> {
  const child = started(module, parameters, 'server')
  const message = await heard(child)
  child.kill()
  return message
}
