// Which blocks of the product ran, as V8 counts them. Asking costs milliseconds and counting slows
// the code down, so it guides the first runs of a slice and is then switched off. Files of tests
// and packages do not count.

import { Session } from 'node:inspector/promises'

const PRODUCT = new URL('../../', import.meta.url).href

export class Coverage {
  readonly #session = new Session()
  readonly #seen = new Set<string>()

  async start(): Promise<void> {
    this.#session.connect()
    await this.#session.post('Profiler.enable')
    await this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** How many blocks ran since the last call that had never run before. */
  async fresh(): Promise<number> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage')
    const before = this.#seen.size
    for (const { url, functions } of result) {
      if (!url.startsWith(PRODUCT) || /\/(test|node_modules)\//.test(url)) continue
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          if (count > 0) this.#seen.add(`${url}:${startOffset}:${endOffset}`)
        }
      }
    }
    return this.#seen.size - before
  }

  get blocks(): number {
    return this.#seen.size
  }

  async stop(): Promise<void> {
    await this.#session.post('Profiler.stopPreciseCoverage')
    this.#session.disconnect()
  }
}
