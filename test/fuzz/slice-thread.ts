// One slice in a thread of its own, so that an input that never ends can be ended from outside.

import { parentPort, workerData } from 'node:worker_threads'
import { runSlice } from './engine.ts'
import { watcher } from './shared-input.ts'
import type { PlannedSlice } from './slices.ts'
import { TARGETS } from './targets.ts'

const order = workerData as PlannedSlice & { readonly shared: SharedArrayBuffer }
const target = TARGETS.find((one) => one.name === order.target)
if (target === undefined) throw new RangeError(`no target ${order.target}`)
const { runs, seed } = order
const watch = watcher(order.shared)
parentPort?.postMessage(await runSlice(target, { runs, seed, watch, coverage: true }))
