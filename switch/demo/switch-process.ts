// The demo's switch: a real `evs serve` in a process of its own, so that it can be killed with -9
// and started again on the same data.

import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { ReadyLine } from '../serve.ts'

export class SwitchProcess {
  readonly #config: string
  readonly #logFile: string
  readonly #settings: Readonly<Record<string, string>>
  readonly #program: readonly string[] | undefined
  #child: ChildProcess | undefined
  #ready: ReadyLine | undefined
  #killedBy: NodeJS.Signals | undefined

  /**
   * `settings` are variables for this switch only. `program`: what Node runs; the program of this
   * process, with the loader that it was started with, when left out.
   */
  constructor(
    config: string,
    logFile: string,
    settings: Readonly<Record<string, string>>,
    program?: readonly string[],
  ) {
    this.#config = config
    this.#settings = settings
    this.#logFile = logFile
    this.#program = program
  }

  /** Undefined while it is down. */
  get ready(): ReadyLine | undefined {
    return this.#ready
  }

  /** Throws while it is down. */
  get pid(): number {
    const pid = this.#child?.pid
    if (pid === undefined) throw new Error('the switch is not running')
    return pid
  }

  port(listener: string): number | undefined {
    return this.#ready?.listeners.find(({ name }) => name === listener)?.port
  }

  /** `more` are variables for this start only. */
  async start(more: Readonly<Record<string, string>> = {}): Promise<void> {
    const program = this.#program ?? [...process.execArgv, process.argv[1] ?? '']
    const parameters = [...program, 'serve', '--config', this.#config]
    const child = spawn(process.execPath, parameters, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.#settings, ...more },
    })
    this.#child = child
    this.#killedBy = undefined
    child.once('exit', (_, signal) => {
      this.#killedBy = signal ?? undefined
    })
    child.stderr?.pipe(createWriteStream(this.#logFile, { flags: 'a' }))
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
    this.#ready = await new Promise<ReadyLine>((resolve, reject) => {
      lines.once('line', (line) => resolve(JSON.parse(line) as ReadyLine))
      child.once('exit', (code) => {
        reject(new Error(`the switch ended with ${code}; its log is ${this.#logFile}`))
      })
      child.once('error', reject)
    })
  }

  /** The signal that ended the newest process; undefined while it runs, or when it just ended. */
  get killedBy(): NodeJS.Signals | undefined {
    return this.#killedBy
  }

  /** As a power cut would: no chance to write or say anything. */
  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    this.#child = undefined
    this.#ready = undefined
    const hasEnded = child?.exitCode !== null || child.signalCode !== null
    if (child === undefined || hasEnded) return Promise.resolve()
    return new Promise((resolve) => {
      child.once('exit', () => resolve())
      child.kill(signal)
    })
  }
}
