// Restores a backup with the product's own code and waits for it without giving up the turn: the
// loop of a simulation is synchronous. The thread is started once and kept; it keeps no process
// alive.

import type { Worker } from 'node:worker_threads'
import type { RestoreOrder, RestoreResult } from '../../../voucher-store/backup/restore.ts'
import { startWorker } from '../../../voucher-store/writer/start-worker.ts'

/** Shared by both sides: the length of the answer once it is there, and its JSON. */
/** What a thread can be sent. */
export type OrderWithBytes = Omit<RestoreOrder, 'kek'> & { readonly kek: Uint8Array }

export interface Slate {
  readonly bell: Int32Array
  readonly text: Uint8Array
}

export type RestoreAnswer = { readonly result: RestoreResult } | { readonly error: string }

/** A thread that is silent for so long is broken. */
const PATIENCE_MS = 120_000
const TEXT_BYTES = 65_536

let thread: { readonly worker: Worker; readonly slate: Slate } | undefined

export function restoreNow(order: OrderWithBytes): RestoreResult {
  thread ??= startThread()
  const { worker, slate } = thread
  Atomics.store(slate.bell, 0, 0)
  worker.postMessage(order)
  if (Atomics.wait(slate.bell, 0, 0, PATIENCE_MS) === 'timed-out') {
    throw new Error('the restore said nothing')
  }
  const text = Buffer.from(slate.text.subarray(0, Atomics.load(slate.bell, 0))).toString()
  const answer = JSON.parse(text) as RestoreAnswer
  if ('error' in answer) throw new Error(answer.error)
  return answer.result
}

function startThread(): { worker: Worker; slate: Slate } {
  const slate = {
    bell: new Int32Array(new SharedArrayBuffer(4)),
    text: new Uint8Array(new SharedArrayBuffer(TEXT_BYTES)),
  }
  const worker = startWorker(new URL('restore-thread.ts', import.meta.url), slate)
  worker.unref()
  return { worker, slate }
}
