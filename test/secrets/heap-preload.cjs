// Preloaded into the switch by the search for secrets, and no part of the product. On SIGUSR2 every
// thread collects garbage and writes what lives in it into the folder TRIAL_HEAP_TO: a heap
// snapshot, and the bytes of every buffer that some object can still reach; then an empty file
// `<n>.done`. TRIAL_PLANT is kept as strings of JavaScript, whole and in halves, and as bytes: the
// search must find those.

const { writeFileSync } = require('node:fs')
const { Session } = require('node:inspector')
const { syncBuiltinESMExports } = require('node:module')
const { join } = require('node:path')
const v8 = require('node:v8')
const threads = require('node:worker_threads')

const folder = process.env.TRIAL_HEAP_TO
const channel = folder === undefined ? undefined : new threads.BroadcastChannel('trial heap')

if (channel !== undefined) {
  channel.unref()
  // Strings are told to their end, not to their first 1,024 characters.
  v8.setFlagsFromString('--heap-snapshot-string-limit=1000000')
  if (threads.isMainThread) beMain()
  else beWorker()
}

function beWorker() {
  const name = `worker-${threads.threadId}`
  channel.onmessage = ({ data }) => {
    if (data.ask === undefined) return
    dump(join(folder, `${data.ask}-${name}`))
    channel.postMessage({ done: name })
  }
}

function beMain() {
  let workers = 0
  threads.Worker = class extends threads.Worker {
    constructor(...parameters) {
      super(...parameters)
      workers++
      this.once('exit', () => {
        workers--
      })
    }
  }
  syncBuiltinESMExports()

  const digits = process.env.TRIAL_PLANT ?? ''
  const half = digits.length >> 1
  globalThis.plantedByTrial = {
    whole: Buffer.from(digits).toString('latin1'),
    // Longer than 13 characters together, so that the engine keeps the halves apart.
    joined: digits.slice(0, half).concat(digits.slice(half), 'planted'),
    bytes: Buffer.from(digits),
  }

  let count = 0
  let waiting = 0
  const end = (number) => writeFileSync(join(folder, `${number}.done`), '')
  channel.onmessage = ({ data }) => {
    if (data.done !== undefined && --waiting === 0) end(count - 1)
  }
  process.on('SIGUSR2', () => {
    const number = count++
    waiting = workers
    dump(join(folder, `${number}-main`))
    channel.postMessage({ ask: number })
    if (waiting === 0) end(number)
  })
}

function dump(file) {
  v8.writeHeapSnapshot(`${file}.heapsnapshot`, { exposeNumericValues: true })
  writeFileSync(`${file}.buffers`, liveBytes())
}

/** Each view's own bytes, apart from each other: what it shares memory with may be long dead. */
function liveBytes() {
  const session = new Session()
  session.connect()
  const ask = (method, parameters) => {
    let answer
    session.post(method, parameters, (error, result) => {
      if (error) throw new Error(error.message)
      answer = result
    })
    return answer
  }
  const { result } = ask('Runtime.evaluate', { expression: 'Uint8Array.prototype' })
  const { objects } = ask('Runtime.queryObjects', { prototypeObjectId: result.objectId })
  ask('Runtime.callFunctionOn', {
    objectId: objects.objectId,
    functionDeclaration: 'function () { globalThis.viewsOfTrial = this }',
  })
  const views = globalThis.viewsOfTrial
  globalThis.viewsOfTrial = undefined
  session.disconnect()
  const apart = Buffer.alloc(8)
  // The prototypes themselves are found as well.
  const parts = views.filter(ArrayBuffer.isView).flatMap((view) => {
    const size = Buffer.alloc(8)
    size.writeUInt32BE(view.byteLength)
    return [size, Buffer.from(view), apart]
  })
  return Buffer.concat(parts)
}
