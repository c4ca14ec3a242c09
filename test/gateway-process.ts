// A real `evs gateway` in a process of its own, as `switch/demo/switch-process.ts` has a real
// switch: to be killed, stopped and started again. Its configuration is written by who uses it.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { until } from '../switch/demo/scenes.ts'
import type { GatewayReadyLine } from '../switch/gateway/run.ts'

const EVS = fileURLToPath(new URL('../evs.ts', import.meta.url))
const PROGRAM = ['--import', import.meta.resolve('tsx'), EVS]

export class GatewayProcess {
  readonly #config: string
  readonly #program: readonly string[]
  #child: ChildProcess | undefined
  #ready: GatewayReadyLine | undefined
  log = ''

  /** `program`: what Node runs; the source, with its loader, when left out. */
  constructor(config: string, program: readonly string[] = PROGRAM) {
    this.#config = config
    this.#program = program
  }

  /** Resolves when its ports are open, or with the exit code when it does not start. */
  async start(settings: Readonly<Record<string, string>> = {}): Promise<number | undefined> {
    const child = spawn(process.execPath, [...this.#program, 'gateway', '--config', this.#config], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...settings },
    })
    this.#child = child
    child.stderr.on('data', (chunk: Buffer) => {
      this.log += chunk.toString()
    })
    const lines = createInterface({ input: child.stdout })
    const ready = once(lines, 'line').then(([text]) => {
      this.#ready = JSON.parse(String(text)) as GatewayReadyLine
      return undefined
    })
    return Promise.race([ready, once(child, 'close').then(([code]) => Number(code))])
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  port(listener: string): number {
    const found = this.#ready?.listeners.find(({ name }) => name === listener)
    if (found === undefined) throw new Error(`no listener ${listener}`)
    return found.port
  }

  /** Until it is linked, from now on. */
  linked(): Promise<void> {
    return until('a link', async () => (await this.probe('/readyz')) === 200)
  }

  async probe(path: string): Promise<number> {
    return (await this.#fetch(path)).status
  }

  async metrics(): Promise<string> {
    return (await this.#fetch('/metrics')).text()
  }

  async metric(line: RegExp): Promise<number> {
    return Number(line.exec(await this.metrics())?.[1] ?? 0)
  }

  /** Reads its certificates again; resolves when it says so. */
  async reload(): Promise<void> {
    const before = this.log.length
    this.#child?.kill('SIGHUP')
    const said = 'certificate files were read again'
    await until('a reload', () => this.log.slice(before).includes(said))
  }

  /** Stands still, as a machine that swaps or a process under a debugger. */
  freeze(isFrozen: boolean): void {
    this.#child?.kill(isFrozen ? 'SIGSTOP' : 'SIGCONT')
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined) return null
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal)
      await once(child, 'close')
    }
    return child.exitCode
  }

  #fetch(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.#ready?.probe.port}${path}`)
  }
}
