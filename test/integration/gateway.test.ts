// Terminals behind real gateways: keys, certificates, kills, restarts and hostile peers. What a
// gateway loses are connections; what is debited and what is sold never depends on it.

import { readFileSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoTerminal } from '../../switch/demo/demo-terminal.ts'
import { until } from '../../switch/demo/scenes.ts'
import type { KeyedTerminal } from '../attack/keyed-terminal.ts'
import type { GatewayProcess } from '../gateway-process.ts'
import { Authority } from '../protocol/certificates/authority.ts'
import { frameOf, takeMessage } from '../simulation/wire/framed.ts'
import { adminOf } from '../trial-shop.ts'
import { together } from '../two-officers.ts'
import { GatewayShop, MID, PLAIN_TID } from './gateway-shop.ts'

let shop: GatewayShop
let first: GatewayProcess
let second: GatewayProcess

beforeAll(async () => {
  shop = await GatewayShop.open()
  ;[first, second] = shop.gateways as [GatewayProcess, GatewayProcess]
})
afterAll(() => shop.close())

const debits = () => shop.host.netDebits().length
const links = (gateway: string) =>
  shop.metric(new RegExp(`evs_gateway_links\\{gateway="${gateway}"\\} (\\d+)`))

/** A socket, and what became of it. */
async function socket(port: number): Promise<{ socket: Socket; isOpen: () => boolean }> {
  const opened = connect({ host: '127.0.0.1', port, noDelay: true })
  let open = true
  opened.on('error', () => undefined)
  opened.on('close', () => {
    open = false
  })
  await new Promise((resolve) => opened.once('connect', resolve))
  return { socket: opened, isOpen: () => open }
}

describe('a terminal with keys', () => {
  it.each(['aes', 'tdes'] as const)(
    '%s logs on through one gateway and buys through the other',
    async (scheme) => {
      const terminal = shop.keyed[scheme]
      if (terminal === undefined) throw new Error('no terminal')
      shop.through = 0
      await terminal.logon()
      terminal.drop()
      shop.through = 1
      const before = debits()
      const sale = terminal.saleFields()
      const reply = await terminal.exchange(terminal.sealed('0200', sale))
      expect(reply?.get(39)).toBe('00')
      expect(reply === undefined ? false : terminal.verifies(reply)).toBe(true)
      expect(terminal.opens(reply?.get(62) ?? '')).toBe(true)
      terminal.drop()
      shop.through = 0
      const repeated = await terminal.exchange(terminal.sealed('0201', sale))
      expect(repeated?.get(37)).toBe(reply?.get(37))
      expect(debits()).toBe(before + 1)
    },
  )

  it('with wrong MACs is answered 63, and cut off at the fifth by the gateway', async () => {
    const terminal = shop.keyed.aes
    if (terminal === undefined) throw new Error('no terminal')
    await terminal.logon()
    const codes: (string | undefined)[] = []
    for (let times = 0; times < 5; times++) {
      const body = terminal.sealed('0200', terminal.saleFields())
      body[body.length - 1] = (body.at(-1) ?? 0) ^ 1
      codes.push((await terminal.exchange(body))?.get(39))
    }
    expect(codes).toEqual(['63', '63', '63', '63', '63'])
    const cut = /connections closed",label="messages without a right MAC"\} (\d+)/
    await until('the cut', async () => (await first.metric(cut)) === 1)
    terminal.drop()
    await terminal.logon()
  })

  it('whose keys are removed or issued anew is known by the old ones no more', async () => {
    const { tdes: old } = shop.keyed
    if (old === undefined) throw new Error('no terminal')
    const code = async (terminal: KeyedTerminal) =>
      (await terminal.exchange(terminal.sealed('0200', terminal.saleFields())))?.get(39)
    await old.logon()
    expect(await code(old)).toBe('00')
    const owner = { kind: 'terminal', tid: '20000002', mid: MID, institution: 0 } as const
    await together(shop.officers, (officer) => officer.removeKeys({ owner }))
    const before = debits()
    expect(await code(old)).toBe('97')
    await expect(old.logon()).rejects.toThrow('the logon was answered')
    expect(debits()).toBe(before)
    const renewed = await shop.issueKey('tdes', '20000002')
    await renewed.logon()
    expect(await code(renewed)).toBe('00')
    expect(await code(old)).toBe('63')
    for (const terminal of [old, renewed]) terminal.drop()
  })
})

describe('a terminal with a certificate', () => {
  const terminal = (tid: string, certified: string) => {
    const { certificate, key } = shop.issueTerminal(certified)
    const context = createSecureContext({
      ...{ ca: shop.authority.certificate, cert: readFileSync(certificate) },
      key: readFileSync(key),
    })
    return demoTerminal({
      ...{ tid, mid: MID, merchantName: 'Shop', language: 'en', replyMs: 5_000 },
      port: () => shop.port('bound'),
      tls: { serverName: 'localhost', context: () => context },
    })
  }

  it('sells as the one of its certificate, which the gateway has seen', async () => {
    const sold = await terminal('10000002', '10000002').sell('093205', 50_000, '6037990000000014')
    expect(sold.kind).toBe('sold')
  })

  it('is refused as another one', async () => {
    const sold = await terminal('10000002', PLAIN_TID).sell('093205', 50_000, '6037990000000014')
    expect(sold).toMatchObject({ kind: 'declined', responseCode: '58' })
  })
})

describe('a gateway', () => {
  it('killed between debit and answer costs nothing: the repeat gets the voucher elsewhere', async () => {
    const before = debits()
    shop.host.faults = [{ times: 1, fault: { kind: 'late', ms: 2_500 } }]
    const terminal = shop.terminal(0, 20_000)
    const { fields } = terminal.next()
    const lost = terminal.ask('0200', fields, 6_000)
    await until('the debit', () => debits() === before + 1)
    await first.end('SIGKILL')
    // Its terminal notices, and repeats over the other gateway.
    await until('the end of the connection', () => terminal.ended === 1)
    const replies = []
    for (let times = 0; times < 2; times++) {
      replies.push((await shop.terminal(1, 20_000).ask('0201', fields))?.fields)
    }
    expect(replies.map((reply) => reply?.[39])).toEqual(['00', '00'])
    expect(replies[0]?.[62]).toBe(replies[1]?.[62])
    expect([await lost, debits()]).toEqual([undefined, before + 1])
    await first.start()
    await first.linked()
    expect((await shop.terminal(0).ask('0201', fields))?.fields[62]).toBe(replies[0]?.[62])
    expect(debits()).toBe(before + 1)
  })

  it('that is frozen is dropped by the switch, and comes back', async () => {
    first.freeze(true)
    await until('the end of the link', async () => (await links('gw-1')) === 0)
    expect(await links('gw-2')).toBe(1)
    first.freeze(false)
    await first.linked()
    await until('a new link', async () => (await links('gw-1')) === 1)
    const { gateways } = await adminOf(shop.switch, 'test').health()
    expect(gateways).toMatchObject([
      { name: 'gw-1', links: 1 },
      { name: 'gw-2', links: 1 },
      { name: 'gw-3', links: 0 },
    ])
    const terminal = shop.terminal(0)
    expect((await terminal.ask('0200', terminal.next().fields))?.fields[39]).toBe('00')
    terminal.drop()
  })

  it.each([
    ['brings a listener that its certificate does not allow', 'gateway-3', ['plain', 'aes'], false],
    ['is not listed', 'gateway-9', ['plain'], false],
    ['is of another authority', 'gateway-1', ['plain'], true],
  ] as const)('that %s is not linked', async (_what, name, listeners, foreign) => {
    const authority = foreign ? new Authority('Test Authority') : undefined
    const before = shop.switch.ready?.gateways?.[0]?.port
    const stranger = shop.gateway(`${name}`, listeners, before, authority)
    try {
      expect(await stranger.start()).toBeUndefined()
      await until('an attempt', () => stranger.log.includes('no link to the switch'))
      expect(await stranger.probe('/readyz')).toBe(503)
      expect(await stranger.probe('/healthz')).toBe(200)
      const { socket: terminal, isOpen } = await socket(stranger.port('plain'))
      terminal.write(frameOf('0800', shop.terminal().serviceFields('990000')))
      await until('the cut', () => !isOpen())
      if (name === 'gateway-3') expect(stranger.log).toContain('refused by the switch')
    } finally {
      expect(await stranger.end('SIGTERM')).toBe(0)
    }
    // The files of a stranger lie where those of the first gateway were.
    if (foreign) shop.gateway('gateway-1', ['aes', 'tdes', 'plain', 'bound'], before)
  })

  it('has as many connections of one address as it may, and counts links that end by switch', async () => {
    const third = shop.gateway('gateway-3', ['plain'])
    try {
      await third.start({ EVS_GATEWAY_LIMITS_CONNECTIONS_PER_ADDRESS: '2' })
      await third.linked()
      const opened: Awaited<ReturnType<typeof socket>>[] = []
      for (let count = 0; count < 3; count++) opened.push(await socket(third.port('plain')))
      await until('the end of the third', () => opened.some(({ isOpen }) => !isOpen()))
      expect(opened.map(({ isOpen }) => isOpen())).toEqual([true, true, false])
      for (const one of opened) one.socket.destroy()
      third.freeze(true)
      await until('the end of the link', async () => (await links('gw-3')) === 0)
      third.freeze(false)
      const down = /evs_events_total\{event="link down",label="main"\} (\d+)/
      await until('its count', async () => (await third.metric(down)) === 1)
    } finally {
      await third.end('SIGKILL')
    }
  })

  it('takes renewed certificates without dropping anybody', async () => {
    const kept = shop.terminal(1)
    expect((await kept.ask('0200', kept.next().fields))?.fields[39]).toBe('00')
    const issued = shop.authority.issue({ commonName: 'renewed', names: ['localhost'] })
    writeFileSync(join(shop.folder, 'doors.pem'), issued.certificate)
    writeFileSync(join(shop.folder, 'doors.key'), issued.key)
    await second.reload()
    expect((await kept.ask('0200', kept.next().fields))?.fields[39]).toBe('00')
    expect(kept.ended).toBe(0)
    kept.drop()
  })

  it('that stops lets the answer in flight out, closes the rest and exits with 0', async () => {
    shop.host.faults = [{ times: 1, fault: { kind: 'late', ms: 1_500 } }]
    const idle = await socket(shop.port('plain', 1))
    const terminal = shop.terminal(1)
    const before = debits()
    const answer = terminal.ask('0200', terminal.next().fields)
    await until('the debit', () => debits() === before + 1)
    const ended = second.end('SIGTERM')
    expect((await answer)?.fields[39]).toBe('00')
    expect(await ended).toBe(0)
    await until('the end of the idle one', () => !idle.isOpen())
    await second.start()
    await second.linked()
  })
})

describe('a terminal that never reads', () => {
  it('is cut off by its gateway, and those beside it get their answers', async () => {
    const { socket: greedy, isOpen } = await socket(shop.port('plain'))
    greedy.pause()
    const terminal = shop.terminal(0)
    const asked = frameOf('0800', terminal.serviceFields('930000'))
    const flood = setInterval(() => {
      for (let times = 0; times < 200 && isOpen(); times++) greedy.write(asked)
    }, 5)
    try {
      for (let sales = 0; sales < 10; sales++) {
        expect((await terminal.ask('0200', terminal.next().fields))?.fields[39]).toBe('00')
      }
      await until('the cut', () => !isOpen())
    } finally {
      clearInterval(flood)
    }
    expect(terminal.ended).toBe(0)
    terminal.drop()
  })
})

describe('a restart of the switch', () => {
  it('drops no idle connection: the next frame of each goes through', async () => {
    const idle = await Promise.all(
      [0, 1, 0, 1].map((gateway) => socket(shop.port('plain', gateway))),
    )
    const spoke = shop.terminal(0)
    expect((await spoke.ask('0200', spoke.next().fields))?.fields[39]).toBe('00')
    await shop.switch.stop()
    const early = await socket(shop.port('plain'))
    early.socket.write(frameOf('0800', spoke.serviceFields('990000')))
    await until('the cut of who spoke meanwhile', () => !early.isOpen())
    await shop.switch.start()
    for (const gateway of shop.gateways) await gateway.linked()
    expect(idle.map(({ isOpen }) => isOpen())).toEqual([true, true, true, true])
    expect(spoke.ended).toBe(0)
    for (const { socket: kept } of idle) {
      const answer = new Promise<Buffer>((resolve) => kept.once('data', resolve))
      kept.write(frameOf('0800', spoke.serviceFields('990000')))
      expect(takeMessage(await answer)?.message.fields[39]).toBe('00')
      kept.destroy()
    }
    await until('the card host', async () => {
      return (await spoke.ask('0200', spoke.next().fields))?.fields[39] === '00'
    })
    spoke.drop()
  })
})
