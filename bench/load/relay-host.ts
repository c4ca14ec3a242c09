// The host behind the relays: answers each frame with a 0210 of the size that the switch answered,
// under the STAN that came. Without a relay between it shows what the generator can drive at most.

import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { FrameCutter, type Framing, frame, swapTpdu } from '../../protocol/link/framing.ts'
import { BODY_AT, STAN_AT } from './sale-frame.ts'

const FRAMING: Framing = {
  ...{ length: 'binary2', lengthIncludesItself: false, tpdu: true, maxFrameBytes: 4096 },
}
const STAN_IN_BODY = STAN_AT - BODY_AT

export class RelayHost {
  /** What it answers with. */
  answer: Buffer = Buffer.alloc(0)
  port = 0

  async listen(): Promise<void> {
    const server = createServer({ noDelay: true }, (socket) => this.#serve(socket))
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 })
    await once(server, 'listening')
    this.port = (server.address() as AddressInfo).port
  }

  #serve(socket: Socket): void {
    const cutter = new FrameCutter(FRAMING)
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      const answers: Buffer[] = []
      cutter.push(chunk)
      for (let cut = cutter.next(); cut?.kind === 'frame'; cut = cutter.next()) {
        const { answer } = this
        cut.body.copy(answer, STAN_IN_BODY, STAN_IN_BODY, STAN_IN_BODY + 3)
        answers.push(frame(FRAMING, answer, cut.tpdu && swapTpdu(cut.tpdu)))
      }
      const [first, ...more] = answers
      if (first !== undefined) socket.write(more.length === 0 ? first : Buffer.concat(answers))
    })
  }
}
