// Searches everything that a run wrote for its secrets: voucher PINs and card numbers, as text, as
// packed digits, in hexadecimal, base64 and UTF-16. What lies enciphered is not found; nothing else
// may be there.

import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** Files of the run itself: the operator's batch holds its PINs, as batches do. */
const SOURCES = new Set(['batch.csv'])

export function findSecrets(folder: string, secrets: readonly string[]): string[] {
  const found: string[] = []
  for (const file of filesBelow(folder)) {
    const bytes = readFileSync(file)
    for (const [index, secret] of secrets.entries()) {
      for (const [form, needle] of formsOf(secret)) {
        if (bytes.includes(needle))
          found.push(`secret ${index + 1} as ${form} in ${basename(file)}`)
      }
    }
  }
  return found
}

function formsOf(digits: string): [string, Buffer][] {
  const even = digits.length % 2 === 0 ? digits : `${digits}f`
  const text = Buffer.from(digits)
  return [
    ['text', text],
    ['packed digits', Buffer.from(even, 'hex')],
    ['hexadecimal', Buffer.from(text.toString('hex'))],
    ['base64', Buffer.from(text.toString('base64').replace(/=+$/, ''))],
    ['UTF-16', Buffer.from(digits, 'utf16le')],
  ]
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !SOURCES.has(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
}
