// Where promises can be drained: outside of a promise's own continuation, in a callback of the
// event loop. A search would be wrong without a word if they were not, so it is tried first.

import { drain } from '../simulation/drain.ts'

/** Whether `drain` reaches the end of a chain of promises where it is called now. */
function canDrain(): boolean {
  let steps = 0
  const chain = async (): Promise<void> => {
    for (let n = 0; n < 10; n++) {
      await undefined
      steps++
    }
  }
  void chain()
  drain()
  return steps === 10
}

/** Runs `work` where promises can be drained, and gives what it gives. */
export function outsidePromises<Result>(work: () => Result): Promise<Result> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        if (!canDrain()) throw new Error('promises cannot be drained on this Node.js')
        resolve(work())
      } catch (error) {
        reject(error)
      }
    })
  })
}
