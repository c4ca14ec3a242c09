// Runs jobs on report threads, with a limit of time each: a thread that exceeds it is ended. One
// thread is kept for the next question; it never keeps the process alive. At most a few run at
// once.

import type { Worker } from 'node:worker_threads'
import type { Clock } from '../../switch/core/clock.ts'
import { startWorker } from '../writer/start-worker.ts'
import type { FromReports, ReportAnswers, ReportJob, ToReports } from './report-job.ts'

export type JobResult<Answer> =
  | { readonly kind: 'done'; readonly value: Answer }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'busy' }
  /** The threads were closed. */
  | { readonly kind: 'stopped' }
  /** `code`: of SQLite or of the file system, where it has one. */
  | { readonly kind: 'failed'; readonly message: string; readonly code?: string | undefined }

const THREADS_MOST = 4

export interface JobOptions {
  readonly limitMs: number
  /** The file of a job that reads one; it is read as fast as the thread takes it. */
  readonly feed?: AsyncIterable<Uint8Array>
  /** Removes what a thread that was ended may have left: it has come to nothing, and has ended. */
  readonly clear?: () => void
}

export class ReportThreads {
  readonly #file: string
  readonly #clock: Clock
  /** Each with what tells whoever waits for it that it was ended. */
  readonly #running = new Map<Worker, () => void>()
  #idle: Worker | undefined
  #closed = false
  /** Of jobs that were ended by closing. */
  readonly #clearing: Promise<void>[] = []

  constructor(file: string, clock: Clock) {
    this.#file = file
    this.#clock = clock
  }

  async run<Kind extends ReportJob['kind']>(
    job: Extract<ReportJob, { kind: Kind }>,
    options: JobOptions,
  ): Promise<JobResult<ReportAnswers[Kind]>> {
    if (this.#closed) return { kind: 'stopped' }
    if (this.#running.size >= THREADS_MOST) return { kind: 'busy' }
    const worker = this.#take()
    const ended = new Promise<never>((_, reject) => {
      this.#running.set(worker, () => reject(new ThreadError('the threads were closed')))
    })
    let timedOut = false
    const cancel = this.#clock.after(options.limitMs, () => {
      timedOut = true
      void worker.terminate()
    })
    try {
      const value = await Promise.race([converse(worker, job, options.feed), ended])
      this.#giveBack(worker)
      return { kind: 'done', value: value as ReportAnswers[Kind] }
    } catch (error) {
      // What cannot be removed now is when the next one begins.
      const cleared = worker
        .terminate()
        .then(() => options.clear?.())
        .catch(() => undefined)
      if (this.#closed) {
        this.#clearing.push(cleared)
        return { kind: 'stopped' }
      }
      if (options.clear !== undefined) await cleared
      if (timedOut) return { kind: 'timed-out' }
      if (!(error instanceof ThreadError)) throw error
      return { kind: 'failed', message: error.message, code: error.code }
    } finally {
      cancel()
      this.#running.delete(worker)
    }
  }

  /**
   * Begins no job any more, and tells whoever waits for one at once. Resolves when the threads have
   * ended: one that is within a call of SQLite does when that call has.
   */
  async close(): Promise<void> {
    this.#closed = true
    const all = [...this.#running.keys()]
    for (const end of this.#running.values()) end()
    if (this.#idle !== undefined) all.push(this.#idle)
    this.#idle = undefined
    await Promise.all(all.map((worker) => worker.terminate()))
    await Promise.all(this.#clearing)
  }

  #take(): Worker {
    const idle = this.#idle
    this.#idle = undefined
    if (idle !== undefined) {
      idle.ref()
      return idle
    }
    const name = import.meta.url.endsWith('.ts') ? './report-thread.ts' : './report-thread.js'
    const worker = startWorker(new URL(name, import.meta.url), { file: this.#file })
    // A thread that fails while nobody asks it anything is only missed at the next question.
    worker.on('error', () => undefined)
    worker.once('exit', () => {
      if (this.#idle === worker) this.#idle = undefined
    })
    return worker
  }

  #giveBack(worker: Worker): void {
    if (this.#idle !== undefined) {
      void worker.terminate()
      return
    }
    worker.unref()
    this.#idle = worker
  }
}

/** What the thread said, as opposed to a fault of the file that is being fed to it. */
class ThreadError extends Error {
  readonly code: string | undefined

  constructor(message: string, code?: string) {
    super(message)
    this.code = code
  }
}

async function converse(
  worker: Worker,
  job: ReportJob,
  feed: AsyncIterable<Uint8Array> | undefined,
): Promise<unknown> {
  let answer = await ask(worker, { kind: 'job', job })
  if (feed !== undefined) {
    for await (const bytes of feed) answer = await ask(worker, { kind: 'chunk', bytes })
    answer = await ask(worker, { kind: 'end' })
  }
  if (answer.kind === 'done') return answer.value
  throw new ThreadError('the report thread did not finish')
}

function ask(worker: Worker, message: ToReports): Promise<FromReports> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      worker.off('message', hear)
      worker.off('error', fail)
      worker.off('exit', exit)
      act()
    }
    const hear = (answer: FromReports) => {
      settle(() => {
        if (answer.kind === 'failed') reject(new ThreadError(answer.message, answer.code))
        else resolve(answer)
      })
    }
    const fail = ({ message: why, code }: Error & { code?: string }) => {
      settle(() => reject(new ThreadError(why, code)))
    }
    const exit = () => settle(() => reject(new ThreadError('the report thread ended')))
    worker.on('message', hear)
    worker.on('error', fail)
    worker.on('exit', exit)
    worker.postMessage(message)
  })
}
