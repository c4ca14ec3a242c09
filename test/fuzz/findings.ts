// What a run found: one entry for each different fault, with its smallest input, and how often each
// kind came. Inputs are synthetic, so they may be printed.

import type { ErrorClass } from './target.ts'
import { Mismatch } from './target.ts'

export type FindingKind = 'throw' | 'slow' | 'allocation' | 'mismatch' | 'hang'

export interface Finding {
  readonly target: string
  readonly seed: number
  readonly kind: FindingKind
  readonly what: string
  readonly hex: string
}

export interface Counts {
  throws: number
  slow: number
  allocations: number
  mismatches: number
}

export const COUNTED_AS = {
  throw: 'throws',
  slow: 'slow',
  hang: 'slow',
  allocation: 'allocations',
  mismatch: 'mismatches',
} as const satisfies Record<FindingKind, keyof Counts>

export function noCounts(): Counts {
  return { throws: 0, slow: 0, allocations: 0, mismatches: 0 }
}

export function violationsOf(counts: Counts): number {
  return counts.throws + counts.slow + counts.allocations + counts.mismatches
}

export interface Fault {
  readonly kind: 'throw' | 'mismatch'
  /** The same for the same fault of two inputs. */
  readonly signature: string
  readonly what: string
}

/** Undefined: a typed error, which may be thrown. */
export function faultOf(error: unknown, typed: readonly ErrorClass[]): Fault | undefined {
  if (error instanceof Mismatch) {
    const signature = error.message.replaceAll(/\d+/g, 'N').slice(0, 80)
    return { kind: 'mismatch', signature, what: error.message }
  }
  if (typed.some((errorClass) => error instanceof errorClass)) return undefined
  if (!(error instanceof Error)) return { kind: 'throw', signature: 'no error', what: typeof error }
  const [, ...stack] = (error.stack ?? '').split('\n    at ')
  const places = stack.map((line) => line.replace(/^.*\/([^/]+?)\)?$/, '$1').trim())
  const signature = `${error.name} ${places[0] ?? ''}`
  return { kind: 'throw', signature, what: `${error.name}: ${error.message} at ${places[0] ?? ''}` }
}
