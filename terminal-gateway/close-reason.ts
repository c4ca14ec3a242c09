// Why a terminal's connection ended, in the words of a closed list. They are labels of metrics, at
// the switch as at a gateway, and a gateway tells them to the switch by their numbers; the words of
// a channel have numbers and errors in them, which others choose.

/** The number on the link of a gateway is the place in the list. [docs/protocol.md] */
export const CLOSE_REASONS = [
  'another reason',
  'closed by the terminal',
  'idle',
  'no message in time',
  'a broken frame',
  'the terminal does not read',
  'too much unanswered',
  'socket error',
  'the gateway is stopping',
  'frames that are no request',
  'messages without a right MAC',
  'not admitted',
  'too many connections',
  'a message that does not fit',
  'resting',
  'the switch is stopping',
  'the link of its gateway ended',
] as const
export type CloseReason = (typeof CLOSE_REASONS)[number]

const KNOWN: ReadonlyMap<string, CloseReason> = new Map<string, CloseReason>([
  ...CLOSE_REASONS.map((reason) => [reason, reason] as const),
  ['closed by the peer', 'closed by the terminal'],
  ['the peer does not read', 'the terminal does not read'],
  ['a frame did not end in time', 'a broken frame'],
  ['too many frames that are no request', 'frames that are no request'],
  // At the gateway itself; a word more would be a number that an older switch does not know.
  ['no link to the switch', 'the link of its gateway ended'],
  ['the link to the switch ended', 'the link of its gateway ended'],
])

export function closeReasonOf(words: string): CloseReason {
  if (words.startsWith('socket error')) return 'socket error'
  if (/^(length header|TPDU): /.test(words)) return 'a broken frame'
  return KNOWN.get(words) ?? 'another reason'
}
