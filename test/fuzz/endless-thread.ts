// A slice for a test: its second input never ends, or the thread dies of it.

import { workerData } from 'node:worker_threads'
import { watcher } from './shared-input.ts'

const watch = watcher(workerData.shared)
watch(Buffer.from('cafe', 'hex'))
watch(Buffer.from('beef', 'hex'))
if (workerData.target === 'dies') throw new Error('planted')
for (;;);
