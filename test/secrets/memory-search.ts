// What the memory of the real switch holds: what lives in it, as the preload writes it for each
// thread, and the image of the process. Nothing lives at rest; of the image, where memory that was
// given back still has what was in it, numbers are told.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { until } from '../../switch/demo/scenes.ts'
import type { Canary } from './forms.ts'
import { formsOfDigits } from './forms.ts'
import { type HeapHit, kindOf, searchHeapSnapshot } from './heap-snapshot.ts'
import { Matcher } from './matcher.ts'
import { searchProcess } from './process-image.ts'

const PRELOAD = fileURLToPath(new URL('./heap-preload.cjs', import.meta.url))
/** Held by the preload itself: it must be found, or the search finds nothing. */
const PLANTED = '7313377313370999'
/** Before and behind each buffer; its size stands in those before. */
const APART_BYTES = 8
const PLANTED_NAME = 'planted by the trial'

export interface MemoryLook {
  readonly strings: number
  readonly hits: readonly HeapHit[]
  /** In the image, by kind of secret; undefined where the system does not show it. */
  readonly image:
    | { readonly megabytes: number; readonly byKind: Record<string, number> }
    | undefined
}

export class MemorySearch {
  readonly #folder: string
  #looks = 0

  constructor(folder: string) {
    this.#folder = folder
    mkdirSync(folder)
  }

  /** Arguments of Node before the program. */
  get preload(): readonly string[] {
    return ['--require', PRELOAD]
  }

  get environment(): Readonly<Record<string, string>> {
    return { TRIAL_HEAP_TO: this.#folder, TRIAL_PLANT: PLANTED }
  }

  /**
   * `withImage`: it takes seconds, and comes first, because a snapshot leaves its own text in the
   * memory. Throws when it does not see what was planted.
   */
  async look(
    pid: number,
    canaries: readonly Canary[],
    { withImage }: { readonly withImage: boolean },
  ): Promise<MemoryLook> {
    const planted: Canary = { name: PLANTED_NAME, forms: formsOfDigits(PLANTED) }
    const matcher = new Matcher([...canaries, planted])
    const image = withImage ? searchProcess(pid, matcher) : undefined
    if (image !== undefined && !image.found.has(PLANTED_NAME)) {
      throw new Error('the image of the process does not show what was planted in it')
    }
    const number = this.#looks++
    process.kill(pid, 'SIGUSR2')
    const done = join(this.#folder, `${number}.done`)
    await until('a heap snapshot', async () => existsSync(done))
    let strings = 0
    const hits: HeapHit[] = []
    for (const name of readdirSync(this.#folder)) {
      const file = join(this.#folder, name)
      const [, thread = '', kind = ''] = /^\d+-(.+)\.(heapsnapshot|buffers)$/.exec(name) ?? []
      if (kind === '') continue
      const found =
        kind === 'buffers' ? searchBuffers(file, matcher) : searchHeapSnapshot(file, matcher)
      rmSync(file)
      strings += found.strings
      if (thread === 'main') mustSee(kind, found.hits)
      for (const hit of found.hits) {
        if (hit.canary === PLANTED_NAME) continue
        hits.push({ ...hit, heldBy: `${thread}: ${hit.heldBy}` })
      }
    }
    return {
      strings,
      hits,
      image: image && { megabytes: image.megabytes, byKind: byKind(image.found) },
    }
  }
}

/**
 * Bytes that an object can still reach. Keys of the software module and of the vault are there, and
 * are meant to be: nothing else of a secret is.
 */
function searchBuffers(file: string, matcher: Matcher): { strings: number; hits: HeapHit[] } {
  const bytes = readFileSync(file)
  const hits: HeapHit[] = []
  for (let at = 0; at < bytes.length; ) {
    const size = bytes.readUInt32BE(at)
    const from = at + APART_BYTES
    matcher.find(bytes.subarray(from, from + size), ({ canary, form }) => {
      if (!isKept(canary)) hits.push({ canary, form, heldBy: `a buffer of ${size} bytes` })
    })
    at = from + size + APART_BYTES
  }
  return { strings: 0, hits }
}

function isKept(canary: string): boolean {
  return /^((tdes|aes) (master|mac|pin|data|dukpt-base) key of|[a-z-]+ key$)/.test(canary)
}

/** Whole, in halves that the engine has not put together, and as bytes. */
function mustSee(kind: string, hits: readonly HeapHit[]): void {
  const ways = hits.filter(({ canary }) => canary === PLANTED_NAME).map(({ heldBy }) => heldBy)
  const shapes = kind === 'buffers' ? ['a buffer'] : ['whole of', 'joined of']
  for (const shape of shapes) {
    if (ways.some((way) => way.includes(shape))) continue
    throw new Error(`what was planted in the memory is not seen as '${shape}'`)
  }
}

function byKind(found: ReadonlyMap<string, number>): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const [canary, count] of found) {
    if (canary === PLANTED_NAME) continue
    const kind = kindOf(canary)
    counts[kind] = (counts[kind] ?? 0) + count
  }
  return counts
}

/** Nothing in flight, and so long that what waits for its time has had it. */
export function rest(): Promise<void> {
  return pause(5_000)
}
