// A question on the terminal whose answer is not shown: the line editor writes nowhere. Whoever
// ends the input in place of an answer has not answered, and nothing is done.

import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { EvsError } from '../admin-api/errors.ts'

export interface SecretTerminal {
  readonly input: NodeJS.ReadableStream
  readonly prompt: (text: string) => void
  /** Ctrl+C, which the line editor takes for itself. */
  readonly interrupted: () => void
}

export async function askSecretOn(
  { input, prompt, interrupted }: SecretTerminal,
  question: string,
): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output: nowhere, terminal: true })
  lines.on('SIGINT', interrupted)
  // Ctrl+D: some versions of Node leave the question open, others end it with an AbortError.
  const ended = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)))
  prompt(question)
  try {
    const answer = await Promise.race([lines.question('').catch(unlessEnded), ended])
    if (answer !== undefined) return answer
    const message = 'the input ended before anything was typed'
    throw new EvsError('USAGE', { message, hint: 'run it again; nothing was done' })
  } finally {
    lines.close()
    prompt('\n')
  }
}

function unlessEnded(error: Error): undefined {
  if (error.name === 'AbortError') return undefined
  throw error
}
