// The one way the terminal asks the switch something. A terminal with keys logs on first when it
// has to, and takes a reply without a right MAC for no answer. Repeats nothing by itself.
//
// 97 and 63 carry no MAC, so anybody can say them: they change nothing about the question, which
// stays unanswered. They only end the wait, and have the terminal log on before its next message.

import { decode } from '../protocol/message/decode.ts'
import type { Fields } from '../protocol/message/encode.ts'
import type { Message } from '../protocol/message/message.ts'
import type { Answer } from './line.ts'
import { logOn } from './logon.ts'
import { isAnswerTo, responseCode } from './replies.ts'
import type { Terminal } from './terminal.ts'

export interface Asking {
  readonly timeoutMs: number
  readonly fresh?: boolean
  readonly reconnect?: boolean
}

const LOGON_HINTS: ReadonlySet<string> = new Set(['63', '97'])

export async function ask(
  terminal: Terminal,
  mti: string,
  fields: Fields,
  asking: Asking,
): Promise<Answer<Message>> {
  const { keys, line, settings } = terminal
  const why = await whyNotLoggedOn(terminal)
  if (why !== undefined) return { kind: 'not-sent', reason: why }
  const answer = await line.ask({
    body: keys.seal(settings.dialect, mti, fields),
    take: (body) => {
      const reply = decode(settings.dialect, body)
      if (reply.kind !== 'message' || !isAnswerTo(mti, fields, reply)) return undefined
      if (keys.believes(reply)) return { reply, isHint: false }
      return isLogonHint(reply) ? { reply, isHint: true } : undefined
    },
    timeoutMs: asking.timeoutMs,
    fresh: asking.fresh ?? false,
    ...(asking.reconnect === true ? { reconnectMs: settings.waits.pauseMs } : {}),
  })
  if (answer.kind !== 'reply') return answer
  const { reply, isHint } = answer.reply
  if (!isHint) return { kind: 'reply', reply }
  keys.logonAdvised()
  // A true answer may still come: it must not meet a later question.
  line.close('not logged on')
  return { kind: 'silence', reason: `answered ${responseCode(reply)} without a MAC` }
}

/** Logs on if the terminal has to; the reason when it could not. */
export async function whyNotLoggedOn(terminal: Terminal): Promise<string | undefined> {
  if (!terminal.keys.needsLogon) return undefined
  const logon = await logOn(terminal)
  switch (logon.kind) {
    case 'logged-on':
      return undefined
    case 'refused':
      return `logon refused with ${logon.responseCode}`
    case 'no-answer':
      return `logon: ${logon.reason}`
  }
}

function isLogonHint(reply: Message): boolean {
  return reply.macOffset < 0 && LOGON_HINTS.has(responseCode(reply))
}
