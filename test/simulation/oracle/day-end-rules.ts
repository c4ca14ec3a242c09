// What a 0510 may say, and what a closed period takes away from the next. [wire-protocol 3.3]

import type { WireMessage } from '../wire/codec.ts'
import type { Asked, Court } from './court.ts'

export function judgeDayEnd(court: Court, asked: Asked, reply: WireMessage): void {
  const { identity, message } = asked
  const wrong = (why: string) => court.violation(`${identity.key}: end of day: ${why}`)
  const code = reply.fields[39] ?? ''
  if (code === '96' && !court.troubles.ofStore(asked.atMs)) wrong('96 while nothing was wrong')
  if (!['00', '95', '96'].includes(code)) wrong(`${code} is no answer`)
  const before = identity.dayEnd === 'asked' ? undefined : identity.dayEnd
  if (code === '96') return
  if (before !== undefined && before !== code) wrong(`answered ${before}, then ${code}`)
  identity.dayEnd = code
  if (code !== '00' || before !== undefined) return
  const claimed = netOf(message.fields[48] ?? '')
  const place = `${identity.institution} ${identity.mid} ${identity.tid}`
  const sum = court.closed.get(place) ?? { count: 0, amount: 0 }
  court.closed.set(place, {
    count: sum.count + claimed.count,
    amount: sum.amount + claimed.amount,
  })
}

/** sales count n6 · amount n12 · reversals count n6 · amount n12 */
function netOf(figures: string): { count: number; amount: number } {
  return {
    count: Number(figures.slice(0, 6)) - Number(figures.slice(18, 24)),
    amount: Number(figures.slice(6, 18)) - Number(figures.slice(24, 36)),
  }
}
