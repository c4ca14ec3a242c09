// Lets everything promised so far be carried out, at once and without going back to the event loop:
// millions of events a minute need it. Works only outside of a promise's own continuation, so its
// user runs in a callback of the event loop, and asks `canDrain` first.

import { setFlagsFromString } from 'node:v8'

setFlagsFromString('--allow-natives-syntax')

export const drain = new Function('%PerformMicrotaskCheckpoint()') as () => void

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
