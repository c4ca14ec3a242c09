// Runs the ```console blocks of a page: each line that starts with `$ ` in order, in a temporary
// folder, with ports that are free. `# exit N` says how it ends; `&` starts something that stays
// and prints a line of JSON when it is ready; `kill %N` stops the N-th of those, which must end
// with 0.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Step {
  readonly line: string
  /** Lines of output that the page shows. */
  readonly shown: string
}

export interface Result {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export function stepsOf(page: string): Step[] {
  const steps: { line: string; shown: string }[] = []
  for (const [, block = ''] of page.matchAll(/^```console\n([\s\S]*?)^```/gm)) {
    for (const line of block.trimEnd().split('\n')) {
      if (line.startsWith('$ ')) steps.push({ line: line.slice(2), shown: '' })
      else {
        const step = steps.at(-1)
        if (step !== undefined) step.shown += `${line}\n`
      }
    }
  }
  return steps
}

export function exitCodeOf(line: string): number {
  return Number(/# exit (\d+)$/.exec(line)?.[1] ?? 0)
}

export class Console {
  readonly #folder: string
  readonly #env: NodeJS.ProcessEnv
  readonly #ports: Readonly<Record<string, number>>
  readonly #started: ChildProcess[] = []

  static async open(folder: string, given: Readonly<Record<string, string>>): Promise<Console> {
    const ports: Record<string, number> = {}
    const env: Record<string, string> = {}
    for (const [variable, port] of Object.entries(given)) {
      ports[port] ??= await freePort()
      env[variable] = String(ports[port])
    }
    return new Console(folder, ports, env)
  }

  /** `ports` replaces the ports of the page by others. */
  constructor(
    folder: string,
    ports: Readonly<Record<string, number>>,
    env: Readonly<Record<string, string>>,
  ) {
    this.#folder = folder
    this.#ports = ports
    const commands = join(folder, 'bin')
    mkdirSync(commands)
    const loader = import.meta.resolve('tsx')
    const command = join(commands, 'evs')
    writeFileSync(
      command,
      `#!/bin/sh\nexec "${process.execPath}" --import "${loader}" "${join(ROOT, 'evs.ts')}" "$@"\n`,
    )
    chmodSync(command, 0o755)
    cpSync(join(ROOT, 'samples'), join(folder, 'samples'), { recursive: true })
    const path = `${commands}${delimiter}${process.env.PATH ?? ''}`
    this.#env = { ...process.env, ...env, PATH: path, NO_COLOR: '1' }
  }

  async run(line: string): Promise<Result> {
    const [, name, value] = /^export (\w+)=(.*)$/.exec(line) ?? []
    if (name !== undefined) {
      this.#env[name] = value
      return { exitCode: 0, stdout: '', stderr: '' }
    }
    const job = /^kill %(\d+)$/.exec(line)?.[1]
    if (job !== undefined) return this.#stop(Number(job))
    const words = line.replaceAll(/--port (\d+)/g, (_, port: string) => {
      return `--port ${this.#ports[port] ?? port}`
    })
    return words.endsWith(' &') ? this.#start(words.slice(0, -2)) : this.#finish(words)
  }

  /** Ends whatever still runs. */
  async close(): Promise<void> {
    for (const child of this.#started) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }

  async #finish(line: string): Promise<Result> {
    const child = spawn('bash', ['-c', line], { cwd: this.#folder, env: this.#env })
    child.stdin.end()
    const texts = gathered(child)
    const [exitCode] = (await once(child, 'close')) as [number | null]
    return { exitCode, ...texts }
  }

  /** Waits for the first line, on standard output or in the file that it goes to. */
  async #start(line: string): Promise<Result> {
    const child = spawn('bash', ['-c', `exec ${line}`], {
      cwd: this.#folder,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#started.push(child)
    const texts = gathered(child)
    const file = /[^2]> *(\S+)/.exec(line)?.[1]
    const heard = () =>
      file === undefined ? texts.stdout : readFileSync(join(this.#folder, file), 'utf8')
    for (let tries = 0; tries < 300; tries++) {
      if (child.exitCode !== null) return { exitCode: child.exitCode, ...texts }
      const text = tries === 0 ? '' : heard()
      if (text.includes('\n')) return { exitCode: 0, stdout: text, stderr: texts.stderr }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return { exitCode: null, ...texts }
  }

  async #stop(job: number): Promise<Result> {
    const child = this.#started[job - 1]
    if (child === undefined) throw new Error(`there is no job ${job}`)
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    const [exitCode] = (await ended) as [number | null]
    return { exitCode, stdout: '', stderr: '' }
  }
}

function gathered(child: ChildProcess): { stdout: string; stderr: string } {
  const texts = { stdout: '', stderr: '' }
  child.stdout?.on('data', (chunk: Buffer) => {
    texts.stdout += chunk.toString()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    texts.stderr += chunk.toString()
  })
  return texts
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
