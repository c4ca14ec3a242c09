// How a request of the admin client travels: a unix socket here, or the app of the same process
// (the switch has that one). Bodies are streams both ways. It knows no routes and no shapes.

import { type IncomingMessage, request as startRequest } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { EvsError } from './errors.ts'

export interface TransportRequest {
  readonly method: string
  /** With the query, encoded. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | AsyncIterable<Uint8Array>
}

export interface TransportAnswer {
  readonly status: number
  readonly body: AsyncIterable<Uint8Array>
}

export interface Transport {
  send(request: TransportRequest): Promise<TransportAnswer>
}

/** One connection for each request: a command makes few. */
export function socketTransport(socketPath: string): Transport {
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        const { method, path, headers, body } = request
        const sent = startRequest({ socketPath, method, path, headers, agent: false })
        let answered = false
        sent.on('response', (response) => {
          answered = true
          resolve({ status: response.statusCode ?? 0, body: bytesOf(response) })
        })
        // A refused file is answered before all of it was sent: the answer counts, not the rest.
        sent.on('error', (error) => {
          if (!answered) reject(unreachable(socketPath, error, sent.socket?.bytesWritten ?? 0))
        })
        if (body === undefined || typeof body === 'string') sent.end(body)
        else {
          pipeline(Readable.from(body, { objectMode: false }), sent).catch((error: unknown) => {
            if (!answered) reject(ownFault(error) ? error : unreachable(socketPath, error, 1))
          })
        }
      }),
  }
}

async function* bytesOf(response: IncomingMessage): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of response) yield chunk as Uint8Array
  } catch {
    throw new EvsError('SWITCH_UNREACHABLE', {
      message: 'the switch hung up in the middle of its answer',
      hint: 'look at what it says is there now, before you try again',
    })
  }
}

/** An error of the file that is being read, not of the connection. */
function ownFault(error: unknown): boolean {
  return error instanceof EvsError || !('syscall' in Object(error))
}

function unreachable(socketPath: string, error: unknown, bytesWritten: number): EvsError {
  const reason = error instanceof Error && 'code' in error ? String(error.code) : 'no reason given'
  const details = { socket: socketPath, reason }
  if (bytesWritten === 0) return new EvsError('SWITCH_UNREACHABLE', { details })
  return new EvsError('SWITCH_UNREACHABLE', {
    message: `the switch hung up before it answered (${reason})`,
    hint: 'look at what it says is there now, before you try again',
    details,
  })
}
