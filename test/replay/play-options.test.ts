// What the player is told on the command line: wrong options are named before anything is sent.

import { describe, expect, it } from 'vitest'
import { isReason } from '../../protocol/values/reason.ts'
import { type PlayOptions, readPlayJob } from '../../replay/play-options.ts'

const NOW_MS = Date.UTC(2026, 10, 26)
const read = (options: PlayOptions) =>
  readPlayJob({ port: '5000', terminals: 'terminals.csv', ...options }, NOW_MS)

describe('the options of a replay', () => {
  it('left out are those of a terminal: real time, in clear, 45 s for an answer', () => {
    const job = read({})
    if (isReason(job)) throw new Error(job.reason)
    expect(job.address).toEqual({ host: '127.0.0.1', port: 5_000, tls: undefined, connectMs: 45e3 })
    expect([job.connections, job.fromMs, job.toMs, job.isFolded]).toEqual([
      ...[1_000, 0, Number.POSITIVE_INFINITY, false],
    ])
    expect(job.settings.waits.replyMs).toBe(45_000)
  })

  it('--from and --to are hours and minutes since the beginning, beyond a day too', () => {
    expect(read({ from: '18:30', to: '30:00' })).toMatchObject({
      ...{ fromMs: 18.5 * 3_600_000, toMs: 30 * 3_600_000 },
    })
  })

  it.each<[PlayOptions, string]>([
    [{ port: '0' }, '--port'],
    [{ speed: '60', rate: '5' }, '--speed and --rate'],
    [{ speed: '0' }, '--speed'],
    [{ rate: '-1' }, '--rate'],
    [{ connections: '60001' }, '--connections'],
    [{ timeout: '0.5' }, '--timeout'],
    [{ from: '25' }, '--from'],
    [{ from: '10:00', to: '09:59' }, '--to'],
    [{ dialect: 'iso93' }, '--dialect'],
    [{ tlsCert: 'a.pem' }, '--tls-ca'],
    [{ cards: '/nowhere/cards.txt' }, '--cards'],
  ])('%j are refused', (options, named) => {
    expect(read(options)).toMatchObject({ reason: expect.stringContaining(named) })
  })
})
