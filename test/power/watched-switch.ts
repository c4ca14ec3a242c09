// A real `evs serve` that may end by itself: told apart are a start that failed, an exit while it
// ran, and one that was asked for.

import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type AdminClient, adminClient } from '../../admin-api/client.ts'
import { socketTransport } from '../../admin-api/transport.ts'
import type { ReadyLine } from '../../switch/serve.ts'

const SOURCE = fileURLToPath(new URL('../../evs.ts', import.meta.url))

export class WatchedSwitch {
  readonly #child: ChildProcess
  readonly #lines: Promise<ReadyLine | undefined>
  #ready: ReadyLine | undefined
  /** The exit code; undefined while it runs, null after a signal. */
  exitCode: number | null | undefined

  /** `program` is what Node runs: this source, or a built switch, which starts faster. */
  constructor(
    config: string,
    logFile: string,
    settings: Readonly<Record<string, string>>,
    program: readonly string[] = [...process.execArgv, SOURCE],
  ) {
    const parameters = [...program, 'serve', '--config', config]
    this.#child = spawn(process.execPath, parameters, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...settings },
    })
    this.#child.stderr?.pipe(createWriteStream(logFile, { flags: 'a' }))
    const lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })
    this.#lines = new Promise((resolve) => {
      lines.once('line', (line) => resolve(JSON.parse(line) as ReadyLine))
      this.#child.once('exit', (code) => {
        this.exitCode = code
        resolve(undefined)
      })
    })
  }

  /** False when it ended before it was ready. */
  async started(): Promise<boolean> {
    this.#ready = await this.#lines
    return this.running
  }

  get running(): boolean {
    return this.#ready !== undefined && this.exitCode === undefined
  }

  get port(): number | undefined {
    if (!this.running) return undefined
    return this.#ready?.listeners.find(({ name }) => name === 'pos')?.port
  }

  get probePort(): number | undefined {
    return this.#ready?.admin.port
  }

  get admin(): AdminClient {
    const socket = this.#ready?.admin.socket
    if (socket === undefined) throw new Error('the switch is not running')
    return adminClient(socketTransport(socket), 'disk test')
  }

  /** False when it had to be killed because it did not end in time. */
  async stop(withinMs: number): Promise<boolean> {
    if (this.exitCode === undefined) this.#child.kill('SIGTERM')
    for (let spent = 0; spent < withinMs; spent += 50) {
      if (this.exitCode !== undefined) return true
      await pause(50)
    }
    this.#child.kill('SIGKILL')
    while (this.exitCode === undefined) await pause(20)
    return false
  }
}
