// The unix socket of the admin API: mode 0600, so that only the owner of the switch gets in, or
// 0660 for its group too. The file of a socket on which nobody answers is what a dead process left,
// and is removed; anything else at that place is left alone and the start is refused.

import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { connect } from 'node:net'
import { EvsError } from '../../admin-api/errors.ts'
import { systemTimers } from '../../protocol/link/timers.ts'

export interface SocketServer {
  /**
   * Takes no more requests; resolves when those that are being answered have been, or were cut off
   * because they took too long.
   */
  close(): Promise<void>
}

/** Requests that are under way when it closes have so long; a sender may never come to its end. */
const GRACE_MS = 2_000
/** What a socket's address holds on Linux, with its final zero. */
const ADDRESS_BYTES = 108

export async function listenOnSocket(
  handler: RequestListener,
  path: string,
  mode = 0o600,
): Promise<SocketServer> {
  if (Buffer.byteLength(path) >= ADDRESS_BYTES) {
    const most = ADDRESS_BYTES - 1
    const message = `admin.socket: ${path} is longer than the ${most} bytes of a socket`
    throw new EvsError('CONFIG_INVALID', { message, hint: 'set admin.socket to a shorter path' })
  }
  await removeStale(path)
  const server = createServer(handler)
  // An import of many minutes is one request.
  server.requestTimeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(notOpened(path, error)))
    server.listen(path, resolve)
    // The socket exists as soon as `listen` returns: nobody gets in between.
    if (server.listening) chmodSync(path, mode)
  })
  return { close: () => closeWithGrace(server) }
}

/** As `SocketServer.close`, of any server with requests of the admin API. */
export function closeWithGrace(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cutNoMore = systemTimers.after(GRACE_MS, () => server.closeAllConnections())
    server.close(() => {
      cutNoMore()
      resolve()
    })
    server.closeIdleConnections()
  })
}

async function removeStale(path: string): Promise<void> {
  const there = lstatSync(path, { throwIfNoEntry: false })
  if (there === undefined) return
  if (!there.isSocket()) {
    throw new EvsError('CONFLICT', {
      message: `admin.socket: ${path} is there and is no socket`,
      hint: 'move it away, or set admin.socket to another path',
    })
  }
  const answer = await answerAt(path)
  if (answer === 'somebody') {
    throw new EvsError('DATA_LOCKED', { message: `a switch answers on ${path} already` })
  }
  if (answer !== 'nobody') throw notOpened(path, answer)
  unlinkSync(path)
}

/** Whether somebody accepts connections on the socket. */
export function answerAt(path: string): Promise<'somebody' | 'nobody' | Error> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve('somebody')
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const absent = error.code === 'ECONNREFUSED' || error.code === 'ENOENT'
      resolve(absent ? 'nobody' : error)
    })
  })
}

function notOpened(path: string, error: NodeJS.ErrnoException | Error): EvsError {
  const reason = 'code' in error ? String(error.code) : error.message
  return new EvsError('CONFIG_INVALID', {
    message: `admin.socket: ${path} cannot be opened (${reason})`,
    hint: 'the folder must exist and be writable for the user of the switch',
  })
}
