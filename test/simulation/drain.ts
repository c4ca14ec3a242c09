// Carries out everything that promises have promised, now and in one go. V8 has this as a function
// of its own; a turn of the event loop for each step of a simulation would cost ten times as much.
// Works outside of promises only: the loop of a simulation is synchronous.

import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'

setFlagsFromString('--allow-natives-syntax')

export const drain = runInThisContext('() => { %PerformMicrotaskCheckpoint() }') as () => void
