// The second yardstick: forwards as the bare relay does, and appends the bytes of every frame to a
// file before it goes on: one append for the request and one for the answer, as a sale has two
// commits. What arrives while a sync runs shares the next one. Parameters: host port, file.

import { fdatasync, openSync, writev } from 'node:fs'
import { relay } from './bare-relay.ts'

const [port, file = ''] = process.argv.slice(2)
const handle = openSync(file, 'a', 0o600)
let waiting: { readonly bytes: Buffer; readonly next: () => void }[] = []
let isWriting = false
const seen = { appends: 0, groups: 0 }

/** Told when the parent asks, and counted anew. */
process.on('message', () => {
  process.send?.({ ...seen })
  Object.assign(seen, { appends: 0, groups: 0 })
})

await relay(Number(port), (bytes, next) => {
  waiting.push({ bytes, next })
  if (isWriting) return
  isWriting = true
  setImmediate(writeGroup)
})

function writeGroup(): void {
  const group = waiting
  waiting = []
  seen.groups++
  seen.appends += group.length
  const bytes = group.map((one) => one.bytes)
  writev(handle, bytes, (failed) => {
    if (failed) throw failed
    fdatasync(handle, (lost) => {
      if (lost) throw lost
      for (const { next } of group) next()
      if (waiting.length > 0) writeGroup()
      else isWriting = false
    })
  })
}
