// Which sales were begun about a moment: their ids ascend as time goes on, so that halving finds
// them without an index. Where the clock jumped it may find others, and then misses some.

/** A sale takes its DE 7 as it is begun, and that is cut to the second. */
const EARLIER_MS = 2_000
const LATER_MS = 3_000
/** More are not read, one by one, while sales wait. */
const MOST = 20_000

export interface IdRange {
  readonly first: number
  readonly last: number
}

/** `createdFrom`: when the sale was made with that id, or else the next one after it. */
export function idsAbout(
  ms: number,
  highestId: number,
  createdFrom: (id: number) => number | undefined,
): IdRange {
  const firstSince = (sinceMs: number): number => {
    let [low, high] = [1, highestId + 1]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if ((createdFrom(middle) ?? sinceMs) < sinceMs) low = middle + 1
      else high = middle
    }
    return low
  }
  const first = firstSince(ms - EARLIER_MS)
  return { first, last: Math.min(firstSince(ms + LATER_MS), first + MOST) - 1 }
}
