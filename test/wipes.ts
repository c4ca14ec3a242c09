// Which bytes were overwritten with zeros while something ran: for tests that nothing of a key is
// left in memory longer than it is needed. Sees what is wiped, and not what is not.

import { vi } from 'vitest'

/** What `run` gives, and in hex what each buffer held that was filled with zeros meanwhile. */
export async function wipesOf<Result>(run: () => Result): Promise<[Awaited<Result>, string[]]> {
  const wiped: string[] = []
  const fill: (this: Buffer, ...given: unknown[]) => Buffer = Buffer.prototype.fill
  const spy = vi.spyOn(Buffer.prototype, 'fill').mockImplementation(function (
    this: Buffer,
    ...given: unknown[]
  ) {
    if (given[0] === 0 && given.length === 1) wiped.push(this.toString('hex'))
    return fill.apply(this, given)
  } as never)
  try {
    return [await run(), wiped]
  } finally {
    spy.mockRestore()
  }
}
