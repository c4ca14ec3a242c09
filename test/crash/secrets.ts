// The search for secrets in what a run of kills wrote: voucher PINs and card numbers. What lies
// enciphered is not found; nothing else may be there.

import { basename } from 'node:path'
import { formsOfDigits } from '../secrets/forms.ts'
import { scanFolder } from '../secrets/scan.ts'

/** Files of the run itself: the operator's batch holds its PINs, as batches do. */
const SOURCES = new Set(['batch.csv'])

export function findSecrets(folder: string, secrets: readonly string[]): string[] {
  const canaries = secrets.map((secret, index) => ({
    name: `secret ${index + 1}`,
    forms: formsOfDigits(secret),
  }))
  const { hits } = scanFolder(folder, canaries, (path) => SOURCES.has(basename(path)))
  return hits.map(({ canary, form, file }) => `${canary} as ${form} in ${basename(file)}`)
}
