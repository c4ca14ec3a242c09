// The key-encryption key from an external program, which asks whoever keeps it: a secret store, an
// agent, a card. It is run without a shell and prints 64 hex characters. What it says on standard
// error goes nowhere: it may repeat the key. Asked at the start only, so it is waited for.

import { spawnSync } from 'node:child_process'
import { bytesKek } from './kek.ts'
import type { KekResult } from './kek-file.ts'

export interface KekCommand {
  /** The program and its arguments. */
  readonly words: readonly string[]
  readonly limitMs: number
}

/** The key and a line's end, and room to notice that it is something else. */
const OUTPUT_BYTES_MOST = 1_024
const NEWLINE = 0x0a
const RETURN = 0x0d

export function readKekCommand({ words, limitMs }: KekCommand): KekResult {
  const [program = '', ...given] = words
  const ran = spawnSync(program, given, {
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
    maxBuffer: OUTPUT_BYTES_MOST,
    shell: false,
  })
  const output: Buffer | null = ran.stdout
  const why = failureOf(ran, limitMs)
  const key = why === undefined ? keyOf(output) : undefined
  output?.fill(0)
  if (key !== undefined) return { kind: 'kek', kek: bytesKek(key) }
  const message = `vault.kekCommand ${program}: ${why ?? 'it does not print 64 hex characters'}`
  return { kind: 'problem', message, fromCommand: true }
}

function failureOf(
  { error, status, signal }: ReturnType<typeof spawnSync>,
  limitMs: number,
): string | undefined {
  const { code } = (error ?? {}) as NodeJS.ErrnoException
  if (code === 'ETIMEDOUT') return `it did not end within ${limitMs} ms`
  if (code === 'ENOBUFS') return 'it prints more than 64 hex characters'
  if (error !== undefined) return `it cannot be run (${code ?? error.name})`
  if (signal !== null) return `it was ended by ${signal}`
  return status === 0 ? undefined : `its exit code was ${status}`
}

function keyOf(output: Buffer | null): Buffer | undefined {
  let end = output?.length ?? 0
  while (end > 0 && (output?.[end - 1] === NEWLINE || output?.[end - 1] === RETURN)) end--
  if (output === null || end !== 64) return undefined
  const text = output.toString('latin1', 0, end)
  return /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : undefined
}
