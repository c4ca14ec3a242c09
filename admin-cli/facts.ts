// Options that merchants and terminals share: limits of a day, and how `none` takes one away.
// Whether a value is a good one is decided by the admin API.

import type { Command } from 'commander'
import { latinDigits, wholeNumber } from './verb.ts'

export interface LimitOptions {
  readonly limitCount?: string
  readonly limitRial?: string
}

export function withLimits(command: Command): Command {
  command.option('--limit-count <number>', 'sales in a day at most, or none')
  return command.option('--limit-rial <rial>', 'their sum in a day at most, or none')
}

/** Only what was given. */
export function limitsOf({ limitCount, limitRial }: LimitOptions): {
  limitCount?: number | null
  limitRial?: number | null
} {
  return {
    ...(limitCount === undefined ? {} : { limitCount: numberOrNone(limitCount, '--limit-count') }),
    ...(limitRial === undefined ? {} : { limitRial: numberOrNone(limitRial, '--limit-rial') }),
  }
}

function numberOrNone(text: string, what: string): number | null {
  return text === 'none' ? null : wholeNumber(text, what)
}

/** `none` takes a text away. */
export function textOrNone(text: string): string | null {
  return text === 'none' ? null : text
}

/** Products of six digits, with commas or spaces between them; `all` is no list. */
export function productsOf(text: string): string[] | null {
  if (text === 'all') return null
  return latinDigits(text)
    .split(/[\s,]+/)
    .filter((product) => product !== '')
}
