// Messages that are not what they should be: wrong MACs, old keys, captured frames sent again,
// other people's numbers. Nothing may be debited for one, and nothing told.

import { type Check, must } from './check.ts'
import { KEYED_TID, MID } from './rig.ts'

const PRICE = 50_000
const EVENTS = 'evs_events_total{event="security events"'

export const WIRE_CHECKS: readonly Check[] = [
  {
    id: 'N9',
    what: 'no PIN in clear outside TLS: a terminal with keys gets its PIN field enciphered',
    run: async ({ keyed }) => {
      await keyed.logon()
      const reply = await keyed.exchange(keyed.sealed('0200', keyed.saleFields()))
      must(reply?.get(39) === '00', `a sale with keys was answered ${reply?.get(39)}`)
      must(keyed.verifies(reply), 'the answer has no right MAC')
      const field = reply.get(62) ?? ''
      must(!/^\d+$/.test(field.slice(-16)), 'the PIN field is digits')
      must(keyed.opens(field), 'the PIN field does not open under the data key')
      return 'sold, MAC right, PIN field enciphered'
    },
  },
  {
    id: 'N9b',
    what: 'a sale without keys on the listener with keys gets no voucher',
    run: async (rig) => {
      const before = rig.debits().rial
      const { keyed } = rig
      const reply = await keyed.exchange(
        keyed.bare('0200', { ...keyed.saleFields(), 41: '10000001' }),
      )
      must(reply?.get(39) === '58', `it was answered ${reply?.get(39)}`)
      must(!reply.has(62), 'it got a DE 62')
      must(rig.debits().rial === before, 'a card was debited')
      return 'refused with 58'
    },
  },
  {
    id: 'N10',
    what: 'a MAC wrong by one bit changes nothing, is answered 63 without a MAC, and is counted',
    run: async (rig) => {
      const { keyed } = rig
      await keyed.logon()
      const before = { rial: rig.debits().rial, events: await rig.metric(EVENTS) }
      const sale = keyed.saleFields()
      for (const bit of [0, 7, 31, 63]) {
        const body = keyed.sealed('0200', sale)
        const at = body.length - 8 + Math.floor(bit / 8)
        body[at] = (body[at] ?? 0) ^ (1 << (bit % 8))
        const reply = await keyed.exchange(body)
        must(reply?.get(39) === '63', `it was answered ${reply?.get(39)}`)
        must(!reply.has(64) && !reply.has(62), 'the refusal says more than it may')
      }
      must(rig.debits().rial === before.rial, 'a card was debited')
      must((await rig.metric(EVENTS)) >= before.events + 4, 'it was not counted')
      keyed.drop()
      const right = await keyed.exchange(keyed.sealed('0200', sale))
      must(right?.get(39) === '00', 'the right message was refused afterwards')
      return '4 of 4 refused, then the right one sold'
    },
  },
  {
    id: 'N11',
    what: 'a captured sale sent a hundred times is one debit, and the same answer each time',
    run: async (rig) => {
      const { keyed } = rig
      await keyed.logon()
      const before = rig.debits().rial
      const sale = keyed.saleFields()
      const body = keyed.sealed('0200', sale)
      const answers = new Set<string>()
      for (let times = 0; times < 100; times++) {
        const reply = await keyed.exchange(body)
        const shown = [39, 37, 38].map((de) => reply?.get(de)).join(' ')
        answers.add(`${shown} ${reply?.get(62)}`)
      }
      must(answers.size === 1, `${answers.size} different answers`)
      must(rig.debits().rial === before + PRICE, 'debited more than once')
      const altered = await keyed.exchange(keyed.sealed('0200', { ...sale, 4: '000000100000' }))
      must(altered?.get(39) === '94', `another amount was answered ${altered?.get(39)}`)
      must(rig.debits().rial === before + PRICE, 'debited for another amount')
      return '1 debit, 1 answer; another amount 94'
    },
  },
  {
    id: 'N11b',
    what: 'a frame captured under the keys before the last logon is worth nothing',
    run: async (rig) => {
      const { keyed } = rig
      await keyed.logon()
      const old = keyed.sealed('0200', keyed.saleFields())
      await keyed.logon()
      const echo = await keyed.exchange(keyed.sealed('0800', keyed.serviceFields('990000')))
      must(echo?.get(39) === '00', `the new keys do not work: ${echo?.get(39)}`)
      const before = rig.debits().rial
      const reply = await keyed.exchange(old)
      must(reply?.get(39) === '63', `it was answered ${reply?.get(39)}`)
      must(rig.debits().rial === before, 'a card was debited')
      return '63, nothing debited'
    },
  },
  {
    id: 'N12',
    what: "unknown, disabled and other people's terminals are refused before anything",
    run: async (rig) => {
      const before = rig.debits().rial
      const terminal = rig.honest[0]
      must(terminal !== undefined, 'there is no terminal')
      const sale = () => terminal.next().fields
      const code = async (change: Record<number, string>) =>
        (await terminal.ask('0200', { ...sale(), ...change }))?.fields[39]
      const seen = [
        await code({ 41: '99999999' }),
        await code({ 42: 'NOBODY         ' }),
        await code({ 41: '30000001' }),
        await code({ 41: KEYED_TID }),
      ]
      must(seen.join() === '03,03,03,58', `answered ${seen.join()}`)
      await rig.admin.changeMerchant(MID, { institution: 0, enabled: false })
      const disabled = await code({})
      await rig.admin.changeMerchant(MID, { institution: 0, enabled: true })
      must(disabled === '58', `a disabled merchant was answered ${disabled}`)
      must(rig.debits().rial === before, 'a card was debited')
      return '03, 03, 03, 58; disabled 58'
    },
  },
]
