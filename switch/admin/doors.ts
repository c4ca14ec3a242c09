// The ways into the admin API of a running switch: the unix socket, and where it is configured the
// TCP port of the probes. One set of operations and one gate behind both; only what is believed of
// a caller differs.

import type { RequestListener } from 'node:http'
import type { Config } from '../config/schema.ts'
import { portClosed } from '../port-closed.ts'
import { type ProbeOptions, startProbeServer } from './probe-server.ts'
import { type AdminAppOptions, buildAdminApp } from './server.ts'
import { listenOnSocket } from './socket-server.ts'

export interface AdminDoors {
  /** Of TCP. */
  readonly port: number
  close(): Promise<void>
}

type DoorOptions = Omit<AdminAppOptions, 'from' | 'limits'> &
  Pick<ProbeOptions, 'registry' | 'reasons' | 'warnings'>

export async function openAdminDoors(config: Config, options: DoorOptions): Promise<AdminDoors> {
  const { registry, reasons, warnings, ...app } = options
  const { admin, limits } = config
  const local = await buildAdminApp({ ...app, limits, from: 'socket' })
  const remote = admin.api ? await buildAdminApp({ ...app, limits, from: 'tcp' }) : undefined
  const mode = Number.parseInt(admin.socketMode, 8)
  const socket = await listenOnSocket(listener(local), admin.socket, mode)
  const api = remote === undefined ? undefined : listener(remote)
  const { host, port } = admin
  const probes = await startProbeServer({
    ...{ host, port, registry, reasons, api },
    ...(warnings === undefined ? {} : { warnings }),
  }).catch((error: unknown) => {
    throw portClosed('admin.port', error)
  })
  return {
    port: probes.port,
    close: async () => {
      await Promise.all([socket.close(), probes.close(), local.close(), remote?.close()])
    },
  }
}

function listener(app: Awaited<ReturnType<typeof buildAdminApp>>): RequestListener {
  return (request, response) => app.routing(request, response)
}
