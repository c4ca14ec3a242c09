// The load: generator and scripted hosts in one process, which is pinned to a core of its own. The
// benchmark orders and this process answers, one order after another.

import { writeFileSync } from 'node:fs'
import { drained, loseSales, repeatOwed, runUntilCut } from './cut-runs.ts'
import { Fleet } from './fleet.ts'
import { joinedParts } from './keys.ts'
import type { Answers, Order, RunOrder } from './orders.ts'
import { closedRun, openRun } from './runs.ts'
import type { SaleLine } from './sale-line.ts'
import { RELAYED_LINK, ScriptedHost } from './scripted-host.ts'
import { bareVisits, sellingVisits } from './visits.ts'

const hosts = new Map<string, ScriptedHost>()
const fleets = new Map<string, Fleet>()
const relayedHost = new ScriptedHost(RELAYED_LINK)
await relayedHost.listen()

process.on('message', (order: Order) => {
  answerOf(order).then(
    (answer) => process.send?.({ answer }),
    (error: Error) => process.send?.({ failed: error.stack ?? error.message }),
  )
})
// Whoever ordered is gone: nobody would end this process.
process.on('disconnect', () => process.exit())
process.send?.({ answer: {} })

async function answerOf(order: Order): Promise<Answers[Order['do']]> {
  switch (order.do) {
    case 'host': {
      const host = new ScriptedHost()
      await host.listen()
      hosts.set(order.host.name, host)
      return { port: host.port }
    }
    case 'zone':
      known(hosts, order.host.name).useMaster(joinedParts(order.host.parts ?? []))
      return {}
    case 'fleet': {
      const fleet = new Fleet(order.fleet)
      await fleet.logon()
      fleets.set(order.fleet.name, fleet)
      return {}
    }
    case 'ports':
      return { relay: relayedHost.port }
    case 'closed':
      return selling(order.run, (lines) => closedRun(lines, order.run))
    case 'open':
      return selling(order.run, (lines) => openRun(lines, order.run))
    case 'cut':
      return selling(order.run, runUntilCut)
    case 'repeat':
      return selling(order.run, repeatOwed)
    case 'lose': {
      const host = known(hosts, order.run.fleet)
      return selling(order.run, (lines) => loseSales(lines, host, order.sales))
    }
    case 'drain':
      return drained(known(hosts, order.fleet), order.reversals)
    case 'visits': {
      const { run } = order
      if (order.isBare) return bareVisits(run)
      return kept(run, known(fleets, run.fleet).lines(run.connections), (lines) =>
        sellingVisits(lines, run),
      )
    }
    case 'books': {
      const { receipts } = known(fleets, order.fleet)
      const host = known(hosts, order.fleet)
      host.checkKept()
      const { ledger } = host
      writeFileSync(order.file, [...ledger, ...receipts, ''].join('\n'))
      return { receipts: receipts.length, debits: ledger.length }
    }
  }
}

async function selling<Report>(
  order: RunOrder,
  run: (lines: readonly SaleLine[]) => Promise<Report>,
): Promise<Report> {
  const fleet = known(fleets, order.fleet)
  fleet.keep(order.isRelayed !== true)
  if (order.isRelayed === true) relayedHost.answerLike(fleet.sampleMessage())
  return kept(order, fleet.lines(order.connections), async (lines) => {
    await fleet.open(lines, order)
    return run(lines)
  })
}

/** What was approved is kept for the audit, whatever comes of the run. */
async function kept<Report>(
  order: RunOrder,
  lines: readonly SaleLine[],
  run: (lines: readonly SaleLine[]) => Promise<Report>,
): Promise<Report> {
  const fleet = known(fleets, order.fleet)
  try {
    return await run(lines)
  } finally {
    await Promise.all(lines.map((line) => line.close()))
    fleet.keepReceipts()
  }
}

function known<Thing>(things: ReadonlyMap<string, Thing>, name: string): Thing {
  const thing = things.get(name)
  if (thing === undefined) throw new Error(`${name} is not known here`)
  return thing
}
