// Loaded in front of a built switch (`node --import`), in its writer and report threads too: kills
// the process with -9 at a point that CRASH_AT names, at its CRASH_N-th time. The points are put
// around what the product's classes offer to everybody; the product knows nothing of them.
// CRASH_DIST is the folder of the built switch.

import fs from 'node:fs'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const { CRASH_AT: wanted, CRASH_N: nth = '1', CRASH_DIST: dist = '' } = process.env
let left = Number(nth)

/** `after commit outcome`, `before 0200`, ... */
function point(name) {
  if (name !== wanted || --left > 0) return
  process.kill(process.pid, 'SIGKILL')
  // The signal takes effect on the way back to the kernel; nothing more may happen here.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000)
}

if (wanted !== undefined) {
  const load = (path) => import(pathToFileURL(join(dist, path)).href)
  const { JournalClient } = await load('voucher-store/writer/journal-client.js')
  const { GroupCommit } = await load('voucher-store/writer/group-commit.js')
  const { Session } = await load('card-gateway/session.js')
  const { SocketChannel } = await load('protocol/link/channel.js')
  const { Mux } = await load('protocol/link/mux.js')
  journal(JournalClient.prototype)
  commits(GroupCommit.prototype)
  host(Session.prototype, Mux.prototype)
  answers(SocketChannel.prototype)
  files()
}

function journal(prototype) {
  const { write, close } = prototype
  prototype.write = function (record) {
    point(`hand over ${record.kind}`)
    return write.call(this, record).then((result) => {
      point(`news of ${record.kind}`)
      return result
    })
  }
  prototype.close = function () {
    point('before close')
    return close.call(this)
  }
}

/** In the writer's thread: which records are in the group that is being committed. */
let kinds = new Set()

function commits(prototype) {
  const { write } = prototype
  prototype.write = function (records) {
    kinds = new Set(records.map(({ kind }) => kind))
    return write.call(this, records)
  }
  const Database = createRequire(join(dist, 'evs.js'))('better-sqlite3')
  const statement = Object.getPrototypeOf(new Database(':memory:').prepare('select 1'))
  const { run } = statement
  statement.run = function (...values) {
    if (this.source !== 'commit') return run.apply(this, values)
    for (const kind of kinds) point(`before commit of ${kind}`)
    const result = run.apply(this, values)
    for (const kind of kinds) point(`after commit of ${kind}`)
    return result
  }
  const { pragma } = Database.prototype
  Database.prototype.pragma = function (text, options) {
    const isCheckpoint = /^wal_checkpoint\((?!NOOP)/.test(text)
    if (isCheckpoint) point('before checkpoint')
    const result = pragma.call(this, text, options)
    if (isCheckpoint) point('after checkpoint')
    return result
  }
}

function host(session, mux) {
  const { send } = session
  session.send = function (body) {
    const mti = body.toString('latin1', 0, 4)
    point(`before ${mti}`)
    const result = send.call(this, body)
    setImmediate(() => point(`after ${mti}`))
    return result
  }
  const { accept } = mux
  mux.accept = function (key, reply) {
    point(`got ${key.slice(0, 4)}`)
    return accept.call(this, key, reply)
  }
}

/** Answers to terminals are in the dialect whose MTI is two bytes of packed digits. */
function answers(prototype) {
  const { send } = prototype
  prototype.send = function (body, tpdu, written) {
    if (tpdu === undefined) return send.call(this, body, tpdu, written)
    const mti = body.toString('hex', 0, 2)
    point(`before answer ${mti}`)
    return send.call(this, body, tpdu, (ok) => {
      point(`after answer ${mti}`)
      written?.(ok)
    })
  }
}

function files() {
  const { openSync, renameSync, writeSync } = fs
  const backups = new Set()
  const marks = new Set()
  fs.openSync = (path, ...more) => {
    const handle = openSync(path, ...more)
    if (/mark\.json$/.test(String(path)) && more[0] === 'r+') marks.add(handle)
    else marks.delete(handle)
    if (/\.backup/.test(String(path)) && !/-copy$/.test(String(path))) backups.add(handle)
    return handle
  }
  fs.renameSync = (from, to) => {
    const name = /\.(json|backup)$/.exec(String(to))?.[1]
    point(`before rename ${name}`)
    renameSync(from, to)
    point(`after rename ${name}`)
  }
  fs.writeSync = (handle, ...values) => {
    if (marks.has(handle)) return writeMark(handle, values)
    if (!backups.has(handle)) return writeSync(handle, ...values)
    point('before backup write')
    const result = writeSync(handle, ...values)
    point('after backup write')
    return result
  }
  const writeMark = (handle, values) => {
    const isLast = String(values[0]).includes('"final":true')
    const names = isLast ? ['last mark'] : [...kinds].map((kind) => `mark of ${kind}`)
    for (const name of names) point(`before ${name}`)
    const result = writeSync(handle, ...values)
    for (const name of names) point(`after ${name}`)
    return result
  }
  syncBuiltinESMExports()
}
