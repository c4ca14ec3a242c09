// Starts a worker thread from a TypeScript file. Built, the file is JavaScript and starts by
// itself; in a checkout it is booted through tsx, because Node 20 cannot run TypeScript in a
// worker.

import { Worker } from 'node:worker_threads'

/**
 * A thread of the store makes little that lives longer than a group. With more room its small
 * objects only keep others out of the processor's caches, however much the main thread is given.
 */
const resourceLimits = { maxYoungGenerationSizeMb: 24 }

export function startWorker(module: URL, workerData: unknown): Worker {
  if (!module.pathname.endsWith('.ts')) return new Worker(module, { workerData, resourceLimits })
  const boot = `
    import { register } from ${JSON.stringify(import.meta.resolve('tsx/esm/api'))}
    register()
    await import(${JSON.stringify(module.href)})
  `
  const options = { workerData, resourceLimits, execArgv: [] }
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(boot)}`), options)
}
