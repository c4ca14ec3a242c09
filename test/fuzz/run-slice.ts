// Starts a slice in its thread and waits for its result. A thread that begins no new input for long
// is ended, and the input it hangs in becomes a finding. So does a thread that dies.

import { startWorker } from '../../voucher-store/writer/start-worker.ts'
import type { SliceResult } from './engine.ts'
import { type Finding, noCounts } from './findings.ts'
import { SHARED_HEAD_BYTES } from './shared-input.ts'
import type { PlannedSlice } from './slices.ts'

const LOOK_EVERY_MS = 1_000
/** Measuring and making an input small begin no new one, and may take seconds on a busy machine. */
const PATIENCE_MS = 60_000
/** Loading the product takes so many times as long at most. */
const TO_BEGIN = 10

export interface ThreadOptions {
  readonly thread: URL
  readonly mostBytes: number
  readonly patienceMs?: number
}

export function runInThread(slice: PlannedSlice, options: ThreadOptions): Promise<SliceResult> {
  const shared = new SharedArrayBuffer(SHARED_HEAD_BYTES + options.mostBytes)
  const head = new Uint32Array(shared, 0, 2)
  const worker = startWorker(options.thread, { ...slice, shared })
  const started = performance.now()
  return new Promise((resolve) => {
    let begun = -1
    let sinceMs = performance.now()
    const end = (result: SliceResult): void => {
      clearInterval(look)
      worker.terminate().then(() => resolve(result))
    }
    const found = (kind: Finding['kind'], what: string): SliceResult => {
      const input = Buffer.from(shared, SHARED_HEAD_BYTES, head[1] ?? 0)
      const { target, seed } = slice
      const finding = { target, seed, kind, what, hex: Buffer.from(input).toString('hex') }
      const counts = noCounts()
      if (kind === 'hang') counts.slow = 1
      else counts.throws = 1
      const seconds = (performance.now() - started) / 1_000
      return {
        ...{ target, seed, runs: head[0] ?? 0, corpus: 0, outcomes: 0, blocks: null },
        ...counts,
        ...{ findings: [finding], seconds },
      }
    }
    const patienceMs = options.patienceMs ?? PATIENCE_MS
    const look = setInterval(
      () => {
        const now = performance.now()
        if (head[0] !== begun) {
          begun = head[0] ?? 0
          sinceMs = now
        } else if (now - sinceMs > (begun === 0 ? TO_BEGIN * patienceMs : patienceMs)) {
          end(found('hang', `input ${begun} of the slice did not end`))
        }
      },
      Math.min(LOOK_EVERY_MS, patienceMs / 4),
    )
    worker.once('message', (result: SliceResult) => end(result))
    worker.once('error', (error) => end(found('throw', `the thread died: ${error.message}`)))
  })
}
