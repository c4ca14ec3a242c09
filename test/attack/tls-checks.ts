// The door with mutual TLS: handshakes that do not come to their end, versions and suites of the
// past, certificates that are missing, of another authority, or of another terminal.

import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { encode } from '../../protocol/message/encode.ts'
import { Authority, type Issued } from '../protocol/certificates/authority.ts'
import { answerIn, clientHello, SUITE, VERSION } from '../protocol/link/client-hello.ts'
import { saleFields, takeMessage } from '../simulation/wire/framed.ts'
import { type Check, lifeMs, must } from './check.ts'
import { during } from './hostile-checks.ts'
import { framed } from './keyed-terminal.ts'
import { type AttackRig, HANDSHAKE_MS, MID } from './rig.ts'

const SLACK_MS = 1_500
const HELLO = clientHello(VERSION['TLSv1.2'], [SUITE.ECDHE_ECDSA_AES128_GCM])

export const TLS_CHECKS: readonly Check[] = [
  {
    id: 'N3',
    what: 'a handshake that stops after its hello, or in it, is closed',
    run: async (rig) => {
      const port = rig.port('secure')
      const lives = await Promise.all(
        [HELLO, HELLO.subarray(0, 20)].map((bytes) => lifeMs(port, (write) => write(bytes))),
      )
      must(Math.max(...lives) < HANDSHAKE_MS + SLACK_MS, `it lived ${Math.max(...lives)} ms`)
      return lives.map((ms) => `${Math.round(ms)} ms`).join(', ')
    },
  },
  {
    id: 'N7',
    what: 'old versions of TLS and weak suites are refused',
    run: async (rig) => {
      const { ECDHE_ECDSA_AES128_GCM: good, ...bad } = SUITE
      const hellos = [
        ...(['SSLv3', 'TLSv1.0', 'TLSv1.1'] as const).map((version) =>
          clientHello(VERSION[version], Object.values(SUITE)),
        ),
        ...Object.values(bad).map((suite) => clientHello(VERSION['TLSv1.2'], [suite])),
      ]
      for (const hello of hellos) {
        const answer = answerIn(await firstBytes(rig.port('secure'), hello))
        must(answer.kind !== 'accepted', `accepted: ${JSON.stringify(answer)}`)
      }
      const right = answerIn(await firstBytes(rig.port('secure'), HELLO))
      must(right.kind === 'accepted' && right.suite === good, 'the right hello is refused too')
      return `${hellos.length} refused, the right one accepted`
    },
  },
  {
    id: 'N8',
    what: 'no certificate, one of another authority, and one of another terminal sell nothing',
    run: async (rig) => {
      const before = rig.debits().count
      const own = rig.authority.issue({ commonName: '10000001', use: 'client' })
      const strange = new Authority('Strangers').issue({ commonName: '10000001', use: 'client' })
      must((await sale(rig, undefined, '10000001')) === undefined, 'answered without a certificate')
      must((await sale(rig, strange, '10000001')) === undefined, 'answered to a strange one')
      const other = await sale(rig, own, '10000002')
      must(other === '58', `another terminal's certificate was answered ${other}`)
      must(rig.debits().count === before, 'a card was debited')
      const right = await sale(rig, own, '10000001')
      must(right === '00', `the right one was answered ${right}`)
      return 'closed, closed, 58; the right one sold'
    },
  },
  during('H7', 'handshakes that never end', async (rig, seconds) => {
    const until = performance.now() + seconds * 1_000
    while (performance.now() < until) {
      for (let n = 0; n < 10; n++) {
        const socket = connect({ host: '127.0.0.1', port: rig.port('secure') })
        socket.on('error', () => socket.destroy())
        socket.on('connect', () => socket.write(HELLO))
        socket.resume()
      }
      await pause(50)
    }
  }),
]

function firstBytes(port: number, hello: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => resolve(Buffer.alloc(0)))
    socket.once('data', (chunk) => {
      resolve(chunk)
      socket.destroy()
    })
    socket.write(hello)
  })
}

/** The response code of a sale in the name of that terminal; undefined when there is no answer. */
function sale(rig: AttackRig, shown: Issued | undefined, tid: string): Promise<string | undefined> {
  const fields = { ...saleFields({ tid, mid: MID, stan: 900_000, localMs: Date.now() }) }
  const certificate = shown === undefined ? {} : { cert: shown.certificate, key: shown.key }
  return new Promise((resolve) => {
    const ca = rig.authority.certificate
    const socket: TLSSocket = connectTls({
      ...{ host: '127.0.0.1', port: rig.port('secure'), ca, ...certificate },
      checkServerIdentity: () => undefined,
    })
    let received = Buffer.alloc(0)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => resolve(undefined))
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      const taken = takeMessage(received)
      if (taken === undefined) return
      resolve(taken.message.fields[39])
      socket.destroy()
    })
    socket.write(framed(encode(DIALECTS.iso87binary, '0200', fields as never)))
  })
}
