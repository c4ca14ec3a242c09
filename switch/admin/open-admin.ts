// How a command reaches the admin API: over the socket of the running switch, or, with the switch
// stopped, over the same app in this process, which then owns the data directory until it is done.
// There is no second code path behind it.

import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { type AdminClient, adminClient } from '../../admin-api/client.ts'
import { EvsError } from '../../admin-api/errors.ts'
import type { AdminOperations } from '../../admin-api/operations.ts'
import { socketTransport, type Transport } from '../../admin-api/transport.ts'
import type { Timers } from '../../protocol/link/timers.ts'
import type { Gate } from '../access/gate.ts'
import type { Config } from '../config/schema.ts'
import { type AdminLog, buildAdminApp } from './server.ts'
import { answerAt } from './socket-server.ts'

export interface OfflineOperations {
  readonly operations: AdminOperations
  readonly gate: Gate
  /** What an administrator should hear of. */
  readonly notices?: readonly string[]
  close(): Promise<void>
}

export interface OpenAdminOptions {
  readonly actor: string
  /** Of an open session. */
  readonly token?: string | undefined
  readonly version: string
  readonly timers: Timers
  readonly log: AdminLog
  /** Takes the lock of the data directory, or throws DATA_LOCKED. */
  readonly openOffline: (config: Config) => Promise<OfflineOperations>
  /** False for what has no meaning with the switch stopped. */
  readonly offline: boolean
}

export type OpenAdmin = AdminClient & { close(): Promise<void> }

/** For so long a locked directory may become a socket that answers, or free. */
const PATIENCE_MS = 3_000
const PAUSE_MS = 100

export async function openAdmin(config: Config, options: OpenAdminOptions): Promise<OpenAdmin> {
  const { actor, token, timers } = options
  const { socket } = config.admin
  const until = timers.monotonicMs() + PATIENCE_MS
  for (;;) {
    const answer = await answerAt(socket)
    if (answer === 'somebody') {
      return { ...adminClient(socketTransport(socket), actor, token), close: async () => undefined }
    }
    if (answer !== 'nobody') throw unreachable(socket, answer)
    if (!options.offline) throw unreachable(socket)
    try {
      return await openHere(config, options)
    } catch (error) {
      const locked = error instanceof EvsError && error.code === 'DATA_LOCKED'
      if (!locked) throw error
      if (timers.monotonicMs() >= until) throw lockedBySomebody(socket)
      await pause(timers)
    }
  }
}

/** The app of this process as a transport. */
export function inProcessTransport(app: FastifyInstance): Transport {
  return {
    send: async ({ method, path, headers, body }) => {
      const payload = typeof body === 'object' ? Readable.from(body, { objectMode: false }) : body
      const response = await app.inject({
        method: method as 'GET',
        url: path,
        headers,
        payloadAsStream: true,
        ...(payload === undefined ? {} : { payload }),
      })
      return { status: response.statusCode, body: response.stream() }
    },
  }
}

async function openHere(config: Config, options: OpenAdminOptions): Promise<OpenAdmin> {
  const offline = await options.openOffline(config)
  const { version, log, actor } = options
  const { operations, gate, notices = [] } = offline
  for (const notice of notices) log.error(notice)
  const { limits } = config
  const app = await buildAdminApp({ operations, gate, from: 'stopped', version, limits, log })
  return {
    ...adminClient(inProcessTransport(app), actor),
    close: async () => {
      await app.close()
      await offline.close()
    },
  }
}

function pause(timers: Timers): Promise<void> {
  return new Promise((resolve) => {
    timers.after(PAUSE_MS, resolve)
  })
}

function unreachable(socket: string, error?: Error): EvsError {
  const reason = error === undefined || !('code' in error) ? 'nobody answers' : String(error.code)
  return new EvsError('SWITCH_UNREACHABLE', { details: { socket, reason } })
}

function lockedBySomebody(socket: string): EvsError {
  return new EvsError('DATA_LOCKED', {
    message: `another process owns the data directory, and nobody answers on ${socket}`,
    hint: 'the switch is starting or stopping, or another command is at work: try again',
  })
}
