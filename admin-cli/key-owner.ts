// Whose key a verb means: a terminal, an institution's listener, a card host, or the DUKPT
// terminals of a key set; and of which scheme it is. What is done with it is the verbs' business.

import type { Command, Option } from 'commander'
import { EvsError } from '../admin-api/errors.ts'
import type { KeyOwnerRef } from '../admin-api/key-schemas.ts'
import type { OwnerText } from './key-parts.ts'
import { institutionOf, withInstitution } from './merchant.ts'
import { choice, latinDigits, required, wholeNumber } from './verb.ts'

export type Scheme = 'tdes' | 'aes'

export interface OwnerOptions {
  readonly tid?: string
  readonly mid?: string
  readonly institution: string
  readonly listener?: string
  readonly cardHost?: string
  readonly dukptKeySet?: string
}

const SCHEMES: readonly Scheme[] = ['tdes', 'aes']

export function schemeOption(): Option {
  return required(choice('--scheme <keys>', 'tdes or aes, as the terminal or link is set', SCHEMES))
}

export function withOwner(command: Command): Command {
  return withInstitution(command)
    .option('--tid <id>', 'a terminal, with --mid')
    .option('--mid <id>', 'its merchant')
    .option('--listener <name>', "an institution's listener")
    .option('--card-host <name>', 'a card host')
    .option('--dukpt-key-set <hex>', 'the base key of terminals whose serial numbers begin so')
}

export function ownerOf(options: OwnerOptions): KeyOwnerRef {
  const { tid, mid, listener, cardHost, dukptKeySet } = options
  const institution = institutionOf(options)
  const named = [tid, listener, cardHost, dukptKeySet].filter((one) => one !== undefined)
  if (named.length !== 1) {
    const message = 'whose key? one of --tid with --mid, --listener, --card-host or --dukpt-key-set'
    throw new EvsError('USAGE', { message })
  }
  if (listener !== undefined) return { kind: 'institution', name: listener, institution }
  if (cardHost !== undefined) return { kind: 'host', name: cardHost, institution }
  if (dukptKeySet !== undefined) {
    return { kind: 'dukpt', name: dukptKeySet.toUpperCase(), institution }
  }
  if (mid === undefined) throw new EvsError('USAGE', { message: '--tid: --mid is missing' })
  return { kind: 'terminal', tid: latinDigits(tid ?? ''), mid: latinDigits(mid), institution }
}

/** As people know it; what is no letter or digit is `_` in the names of files. */
export function ownerText({ kind, name, tid, mid, institution }: KeyOwnerRef): OwnerText {
  const fileName = (words: readonly unknown[]): string =>
    words.map((word) => String(word).replaceAll(/[^A-Za-z0-9.]/g, '_')).join('-')
  if (kind !== 'terminal') return { fileName: fileName([kind, name]), words: `${kind} ${name}` }
  const bank = institution === 0 ? [] : [institution]
  const words = `terminal ${tid} of merchant ${mid}`
  return { fileName: fileName([kind, ...bank, mid, tid]), words }
}

export function partsOf({ parts }: { readonly parts: string }): number {
  const count = wholeNumber(parts, '--parts')
  if (count >= 2 && count <= 9) return count
  throw new EvsError('USAGE', { message: `--parts: 2 to 9 expected, found ${count}` })
}
