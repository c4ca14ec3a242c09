// What was found, and whether it belongs there: voucher PINs on customers' receipts, parts of keys
// in the files that they were printed to, the key-encryption key in its own; nothing in memory at
// rest. And whether the search could see at all: what must be found was.

import type { Canary } from './forms.ts'
import { kindOf } from './heap-snapshot.ts'
import type { MemoryLook } from './memory-search.ts'
import type { RecordedWrites } from './recorded-writes.ts'
import type { ScanResult } from './scan.ts'

export interface Found {
  readonly all: readonly Canary[]
  readonly scan: ScanResult
  readonly writes: RecordedWrites
  readonly looks: { atRest: MemoryLook[]; inFlight: MemoryLook | undefined }
  readonly unexpected: readonly string[]
  /** Planted in a copy of the log, in every form, and not found there. */
  readonly missed: readonly string[]
}

export interface SecretsResult {
  readonly summary: Readonly<Record<string, unknown>>
  readonly violations: readonly string[]
}

export function judge(found: Found): SecretsResult {
  const { all, scan, writes, looks, unexpected } = found
  const misplaced = [...scan.hits, ...writes.hits].filter((hit) => !belongs(hit))
  const atRest = looks.atRest.flatMap(({ hits }) => hits)
  const receipts = scan.hits.filter(({ file }) => isReceipt(file)).length
  const parts = new Set(scan.hits.filter(isPart).map(({ canary }) => canary)).size
  const violations = [
    ...misplaced.map(({ file, canary, form }) => `${canary} as ${form} in ${file}`),
    ...atRest.map(({ canary, form, heldBy }) => `${canary} as ${form} in memory: ${heldBy}`),
    ...unexpected,
    ...blindness({ receipts, parts, found }),
  ]
  return { violations, summary: summaryOf(found, { receipts, parts, misplaced, atRest }) }

  function summaryOf(
    _: Found,
    counts: {
      receipts: number
      parts: number
      misplaced: readonly unknown[]
      atRest: readonly unknown[]
    },
  ): Readonly<Record<string, unknown>> {
    return {
      filesScanned: scan.files,
      megabytes: Number((scan.bytes / 1e6).toFixed(1)),
      writesScanned: writes.writes,
      removedFiles: writes.removedFiles,
      canaries: all.length,
      kinds: new Set(all.map(kindOf)).size,
      forms: all.reduce((sum, { forms }) => sum + forms.length, 0),
      customerReceiptHits: counts.receipts,
      keyPartsOnTheirFiles: counts.parts,
      heapStrings: looks.atRest.reduce((sum, { strings }) => sum + strings, 0),
      heapHitsAtRest: counts.atRest.length,
      heapHitsInFlight: looks.inFlight?.hits.length ?? 0,
      imageAtRest: looks.atRest.at(-1)?.image ?? null,
      hits: counts.misplaced.length + counts.atRest.length,
    }
  }
}

interface Seen {
  readonly receipts: number
  readonly parts: number
  readonly found: Found
}

/** A search that does not find what is there proves nothing. */
function blindness({ receipts, parts, found }: Seen): string[] {
  const { all, writes, looks } = found
  const blind = found.missed.map((one) => `planted in a copy of the log and not found: ${one}`)
  const partsThere = all.filter(({ name }) => name.startsWith('key part')).length
  if (receipts === 0) blind.push('no receipt was printed: nothing was proven')
  if (parts < partsThere) blind.push(`${parts} of ${partsThere} parts were found on their files`)
  if (!writes.planted) blind.push('a file that was removed again was not seen')
  if (!writes.hits.some(isPart)) blind.push('no part of a key was seen while it was written')
  const inFlight = looks.inFlight?.hits ?? []
  if (!inFlight.some(({ canary }) => canary.startsWith('card'))) {
    blind.push('the card of a sale in flight was not seen in memory')
  }
  return blind
}

interface Hit {
  readonly file: string
  readonly canary: string
}

function belongs(hit: Hit): boolean {
  const { file, canary } = hit
  if (isReceipt(file) && canary.startsWith('voucher PIN')) return true
  if (isPart(hit) || isOwnKey(hit)) return true
  return file.startsWith('sources/')
}

function isReceipt(file: string): boolean {
  return file.startsWith('receipts/customer-')
}

function isPart({ file, canary }: Hit): boolean {
  return file.startsWith('parts/') && canary.startsWith('key part')
}

/** The key-encryption key has a file of its own, and no other place. */
function isOwnKey({ file, canary }: Hit): boolean {
  return file === 'shop/keys/kek' && canary === 'key-encryption key'
}
