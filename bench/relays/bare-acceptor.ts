// The yardstick of clients that connect for one sale: accepts a connection, with TLS when it gets a
// certificate and a key, and ends it. Parameters: their files, or none.

import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

const [certificate, key] = process.argv.slice(2)
const server: Server =
  certificate === undefined || key === undefined
    ? createServer({ noDelay: true }, end)
    : createTlsServer({ cert: readFileSync(certificate), key: readFileSync(key) }, end)
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => {
  process.send?.({ port: (server.address() as AddressInfo).port })
})

process.on('disconnect', () => process.exit())

function end(socket: Socket): void {
  socket.on('error', () => socket.destroy())
  socket.resume()
  // At once it would end before OpenSSL has sent the tickets that sessions are resumed with.
  setImmediate(() => socket.end())
}
