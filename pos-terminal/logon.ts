// Logon: new session keys for a terminal, as TR-31 blocks under its master key. Request and reply
// carry no MAC; what makes the reply believable is that its blocks open. A refusal is not
// believable, and changes nothing. [wire-protocol 3.4]

import { decode } from '../protocol/message/decode.ts'
import { encode } from '../protocol/message/encode.ts'
import type { Message } from '../protocol/message/message.ts'
import { candidateDays, tehranMoment } from '../protocol/values/moment.ts'
import { isAnswerTo, responseCode } from './replies.ts'
import { logonFields } from './requests.ts'
import { nextStamp, type Terminal } from './terminal.ts'

export type LogonOutcome =
  | { readonly kind: 'logged-on' }
  | { readonly kind: 'refused'; readonly responseCode: string }
  | { readonly kind: 'no-answer'; readonly reason: string }

/** A clock that is further off than this has sales refused one day. */
const CLOCK_OFF_MS = 5 * 60_000

export async function logOn(terminal: Terminal): Promise<LogonOutcome> {
  const { keys, line, settings } = terminal
  const own = nextStamp(terminal)
  const fields = logonFields(settings, own)
  const answer = await line.ask({
    body: encode(settings.dialect, '0800', fields),
    take: (body) => {
      const reply = decode(settings.dialect, body)
      return reply.kind === 'message' && isAnswerTo('0800', fields, reply) ? reply : undefined
    },
    timeoutMs: settings.waits.replyMs,
    fresh: false,
  })
  if (answer.kind !== 'reply') return { kind: 'no-answer', reason: answer.reason }
  const code = responseCode(answer.reply)
  if (code !== '00') return { kind: 'refused', responseCode: code }
  if (!keys.take(answer.reply.get(62) ?? '', own.sentTime)) {
    line.close('no keys for this terminal')
    return { kind: 'no-answer', reason: 'its keys do not open under the master key' }
  }
  warnOfClock(terminal, answer.reply)
  return { kind: 'logged-on' }
}

/** DE 12 and 13 are the time of the switch. */
function warnOfClock(terminal: Terminal, reply: Message): void {
  const nowMs = terminal.timers.wallMs()
  const days = candidateDays(reply.get(13) ?? '', nowMs, { backDays: 400, aheadDays: 400 })
  const hostMs = days[0] === undefined ? undefined : tehranMoment(days[0], reply.get(12) ?? '')
  if (hostMs === undefined || Math.abs(hostMs - nowMs) < CLOCK_OFF_MS) return
  const minutes = Math.round(Math.abs(hostMs - nowMs) / 60_000)
  const way = hostMs > nowMs ? 'behind' : 'ahead of'
  terminal.warn(`the clock of the terminal is ${minutes} minutes ${way} that of the switch`)
}
