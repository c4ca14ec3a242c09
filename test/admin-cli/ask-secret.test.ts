// A question whose answer is not shown, and what ends it in place of an answer.

import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { askSecretOn } from '../../admin-cli/ask-secret.ts'

function terminal() {
  const input = new PassThrough()
  const said: string[] = []
  let interrupts = 0
  const about = { input, prompt: (text: string) => void said.push(text) }
  const asked = askSecretOn({ ...about, interrupted: () => void interrupts++ }, 'Password: ')
  return { input, said, asked, interrupts: () => interrupts }
}

it('gives what was typed, and shows nothing of it', async () => {
  const { input, said, asked } = terminal()
  input.write('a long password\r')
  expect(await asked).toBe('a long password')
  expect(said).toEqual(['Password: ', '\n'])
})

it('is refused by who ends the input in place of an answer', async () => {
  const { input, said, asked } = terminal()
  input.write('\u0004')
  await expect(asked).rejects.toMatchObject({ code: 'USAGE', exitCode: 2 })
  expect(said).toEqual(['Password: ', '\n'])
})

it('is refused when there is no input any more', async () => {
  const { input, asked } = terminal()
  input.end()
  await expect(asked).rejects.toMatchObject({ code: 'USAGE' })
})

it('hears Ctrl+C', async () => {
  const { input, asked, interrupts } = terminal()
  input.write('\u0003')
  input.write('x\r')
  expect([await asked, interrupts()]).toEqual(['x', 1])
})
