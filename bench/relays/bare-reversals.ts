// The yardstick of a backlog: sends one 0420 again and again to the card host, as fast as one link
// takes them, and counts the answers. Nothing is stored and no answer is read. Parameters: port,
// the 0420 in hex, how many, how many of them under way at once.

import { connect } from 'node:net'
import { type Framing, frame } from '../../protocol/link/framing.ts'

const FRAMING: Framing = {
  ...{ length: 'ascii4', lengthIncludesItself: false, tpdu: false, maxFrameBytes: 4096 },
}

const [port, sample = '', wanted, window] = process.argv.slice(2)
const bytes = frame(FRAMING, Buffer.from(sample, 'hex'))
const most = Number(wanted)
const ahead = Number(window)
const seen = { sent: 0, heldBytes: 0, answered: 0, answerBytes: 0, beganMs: 0 }
const socket = connect({ host: '127.0.0.1', port: Number(port), noDelay: true })
socket.on('connect', () => {
  seen.beganMs = performance.now()
  send()
})
socket.on('data', (chunk) => {
  if (seen.answerBytes === 0) seen.answerBytes = 4 + Number(chunk.toString('latin1', 0, 4))
  seen.heldBytes += chunk.length
  seen.answered = Math.trunc(seen.heldBytes / seen.answerBytes)
  if (seen.answered < most) return send()
  const seconds = (performance.now() - seen.beganMs) / 1_000
  process.send?.({ perSecond: Math.round(seen.answered / seconds) })
  socket.destroy()
})

function send(): void {
  const count = Math.min(most, seen.answered + ahead) - seen.sent
  if (count <= 0) return
  seen.sent += count
  socket.write(Buffer.concat(Array.from({ length: count }, () => bytes)))
}
