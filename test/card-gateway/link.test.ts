// One connection that is held open: the times that its dialer is given, as a host meets them.

import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { createSecureContext } from 'node:tls'
import { afterEach, expect, it } from 'vitest'
import { BareHost, SETTINGS, started, stopAll, until } from './rig.ts'

const stops: (() => void)[] = []

afterEach(async () => {
  await stopAll()
  for (const stop of stops.splice(0)) stop()
})

it('comes back soon after its first end, however long the longest back-off is', async () => {
  const host = await BareHost.start(() => ({ 39: '00' }))
  const rig = await started([{ ...SETTINGS, port: host.port }], {
    ...{ dialBackoffFirstMs: 10, dialBackoffMaxMs: 60_000 },
  })
  await until(() => rig.gateway.ready('bank'))
  host.channels[0]?.close('it goes')
  await until(() => host.channels.length > 1 && rig.gateway.ready('bank'))
})

it('is closed when a frame stays half', async () => {
  const { port, sockets } = await server('00')
  const profile = { ...SETTINGS.profile, signOn: false }
  const rig = await started([{ ...SETTINGS, port, profile }], { frameMs: 50 })
  await until(() => sockets.length > 1)
  expect(rig.told.slice(0, 2)).toEqual(['up bank', 'down bank'])
})

it('is tried anew when its handshake stays unanswered', async () => {
  const { port, sockets } = await server('')
  const tls = { serverName: 'bank', context: () => createSecureContext() }
  await started([{ ...SETTINGS, port, tls }], { connectMs: 50, frameMs: 60_000 })
  await until(() => sockets.length > 1)
})

/** Says this on every connection, and nothing more. */
async function server(greeting: string): Promise<{ port: number; sockets: Socket[] }> {
  const sockets: Socket[] = []
  const listener = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined))
    socket.write(greeting)
  })
  await new Promise<void>((listening) => listener.listen(0, '127.0.0.1', listening))
  stops.push(() => {
    for (const socket of sockets) socket.destroy()
    listener.close()
  })
  return { port: (listener.address() as AddressInfo).port, sockets }
}
