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
  #child: ChildProcess | undefined
  #ready: ReadyLine | undefined

  /** `settings` are EVS_ variables for this switch only. */
  constructor(config: string, logFile: string, settings: Readonly<Record<string, string>>) {
    this.#config = config
    this.#settings = settings
    this.#logFile = logFile
  }

  /** Undefined while it is down. */
  get ready(): ReadyLine | undefined {
    return this.#ready
  }

  port(listener: string): number | undefined {
    return this.#ready?.listeners.find(({ name }) => name === listener)?.port
  }

  /** The same program as this one, with the loader it was started with, if any. */
  async start(): Promise<void> {
    const program = process.argv[1]
    if (program === undefined) throw new Error('the program has no name')
    const parameters = [...process.execArgv, program, 'serve', '--config', this.#config]
    const child = spawn(process.execPath, parameters, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.#settings },
    })
    this.#child = child
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
    if (child === undefined || child.exitCode !== null) return Promise.resolve()
    return new Promise((resolve) => {
      child.once('exit', () => resolve())
      child.kill(signal)
    })
  }
}
