// The command line of the search for secrets: each verb as a process of its own, whatever it says
// kept in a file that is searched, and what it writes recorded.

import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BuiltSwitch } from '../crash/built-switch.ts'
import { CARDS, PINS } from './canaries.ts'

export interface ProgramPorts {
  readonly root: string
  readonly built: BuiltSwitch
  readonly environment: Readonly<Record<string, string>>
  readonly dir: string
  /** What makes a process of that name record its writes. */
  readonly recordingOf: (name: string) => Readonly<Record<string, string>>
}

/** Where it is not 0: a frame that is none, a sale that is none. */
const EXITS: Readonly<Record<string, number>> = { message: 1, usage: 1 }

/** The command line; whatever it says is kept. */
export class Program {
  readonly unexpected: string[] = []
  readonly #root: string
  readonly #built: BuiltSwitch
  readonly #environment: Readonly<Record<string, string>>
  readonly #dir: string
  readonly #recordingOf: (name: string) => Readonly<Record<string, string>>

  constructor(ports: ProgramPorts) {
    this.#root = ports.root
    this.#built = ports.built
    this.#environment = ports.environment
    this.#dir = ports.dir
    this.#recordingOf = ports.recordingOf
  }

  async runAll(ledger: string): Promise<void> {
    const frame = Buffer.from(`0200 ${CARDS[0]}=2912 ${PINS[0]}`).toString('hex')
    const verbs: Record<string, string[]> = {
      stock: ['stock'],
      sales: ['sale', 'list', '--json'],
      sale: ['sale', 'show', '1'],
      batches: ['batch', 'list', '--json'],
      audit: ['audit'],
      reconcile: ['reconcile', '--ledger', ledger, '--settle'],
      journal: ['journal', 'verify'],
      config: ['config', 'print'],
      message: ['message', 'describe', frame],
      backup: ['backup', join(this.#root, 'store.backup')],
      usage: ['sale', 'show', CARDS[0] ?? ''],
    }
    for (const [name, parameters] of Object.entries(verbs)) {
      await this.run(name, parameters, EXITS[name])
    }
  }

  /** What ends in another way than it should has not said what it was asked for. */
  run(
    name: string,
    parameters: readonly string[],
    exit = 0,
    more: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const recording = this.#recordingOf(`evs-${name}`)
    const env = { ...process.env, ...this.#environment, ...recording, ...more }
    const options = { env, cwd: this.#dir }
    const all = [...this.#built.program, ...parameters]
    return new Promise((resolve) => {
      execFile(process.execPath, all, options, (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code
        if (code !== exit) this.unexpected.push(`evs ${name} ended with ${code}, not ${exit}`)
        const text = `exit ${String(code)}\n${stdout}\n${stderr}`
        // What a terminal or a reveal prints is for a customer.
        const isReceipt = /^(pos-.*sell|pos-.*reprint|reveal$)/.test(name)
        const folder = isReceipt ? 'receipts/customer' : 'out/evs'
        writeFileSync(join(this.#root, `${folder}-${name}.txt`), text)
        resolve()
      })
    })
  }
}
