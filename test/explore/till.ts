// A terminal of a small world, as wire-protocol 3.2 tells its side: after silence one 0201, after
// silence again, 68 or 96 a 0400 and then 0401 until it has ended; a new sale only afterwards.
// A pure state; what it sends and waits for is its return value.

export interface Till {
  /** The sale it is at, from 1; 0 before the first. */
  at: number
  doing: 'nothing' | 'selling' | 'asking again' | 'reversing' | 'confirming' | 'inquiring'
  /** What it knows of each of its sales. */
  outcomes: string[]
}

export interface TillStep {
  readonly send?: '0200' | '0201' | '0400' | '0401' | '0220' | '0100'
  /** Sent together with it, and not waited for. */
  readonly also?: '0220'
  /** It waits for an answer to what it sends. */
  readonly waits: boolean
}

const NOTHING: TillStep = { waits: false }
/** These end a reversal at the terminal. */
const ENDS_REVERSAL = ['00', '21', '61', '94']

/** What the customer does with a sold voucher. `both`: a faulty terminal confirms and reverses. */
export type After = 'nothing' | 'confirm' | 'reverse' | 'inquire' | 'both'

export function newTill(): Till {
  return { at: 0, doing: 'nothing', outcomes: [] }
}

export function startSale(till: Till): TillStep {
  till.at++
  till.doing = 'selling'
  return { send: '0200', waits: true }
}

/** No answer came in time. */
export function silence(till: Till): TillStep {
  switch (till.doing) {
    case 'selling':
      till.doing = 'asking again'
      return { send: '0201', waits: true }
    case 'asking again':
      till.doing = 'reversing'
      return { send: '0400', waits: true }
    case 'reversing':
      return { send: '0401', waits: true }
    case 'confirming':
      return { send: '0220', waits: true }
    case 'inquiring':
      return { send: '0100', waits: true }
    default:
      return NOTHING
  }
}

/** Undefined: it does not wait for that any more, and goes on as before. */
export function answer(
  till: Till,
  reply: { readonly mti: string; readonly at: number; readonly code: string },
  after: After,
): TillStep | undefined {
  if (reply.at !== till.at) return undefined
  const { doing } = till
  if (reply.mti === '0210' && (doing === 'selling' || doing === 'asking again')) {
    return saleAnswer(till, reply.code, after)
  }
  if (reply.mti === '0410' && doing === 'reversing') {
    if (!ENDS_REVERSAL.includes(reply.code)) return undefined
    return ended(till, reply.code === '00' || reply.code === '94' ? 'reversed' : 'sold')
  }
  if (reply.mti === '0230' && doing === 'confirming') {
    return reply.code === '96' ? undefined : ended(till, reply.code === '00' ? 'sold' : 'reversed')
  }
  if (reply.mti === '0110' && doing === 'inquiring') {
    return reply.code === '00' || reply.code === '94'
      ? ended(till, reply.code === '00' ? 'sold' : 'reversed')
      : undefined
  }
  return undefined
}

function saleAnswer(till: Till, code: string, after: After): TillStep {
  if (code === '00') {
    if (after === 'nothing') return ended(till, 'sold')
    if (after === 'reverse') return begin(till, 'reversing', '0400')
    if (after === 'both') return { ...begin(till, 'reversing', '0400'), also: '0220' }
    if (after === 'inquire') return begin(till, 'inquiring', '0100')
    return begin(till, 'confirming', '0220')
  }
  if (code === '68' || code === '96') return begin(till, 'reversing', '0400')
  return ended(till, 'declined')
}

function begin(till: Till, doing: Till['doing'], send: '0400' | '0220' | '0100'): TillStep {
  till.doing = doing
  return { send, waits: true }
}

function ended(till: Till, outcome: string): TillStep {
  till.doing = 'nothing'
  till.outcomes[till.at - 1] = outcome
  return NOTHING
}
