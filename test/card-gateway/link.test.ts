// One connection that is held open: the times that its dialer is given, as a host meets them.

import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { BareHost, SETTINGS, started, stopAll, until } from './rig.ts'

afterEach(stopAll)

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
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined))
    socket.write('00')
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  const profile = { ...SETTINGS.profile, signOn: false }
  const rig = await started([{ ...SETTINGS, port, profile }], { frameMs: 50 })
  await until(() => sockets.length > 1)
  expect(rig.told.slice(0, 2)).toEqual(['up bank', 'down bank'])
  await rig.gateway.stop()
  for (const socket of sockets) socket.destroy()
  await new Promise((closed) => server.close(closed))
})
