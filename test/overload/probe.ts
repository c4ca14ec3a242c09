import { setTimeout as pause } from 'node:timers/promises'
import { openLoop, quantile } from './open-loop.ts'
import { Rig } from './rig.ts'
import { emptyTally, liveSale } from './sale-life.ts'

const C = Number(process.argv[2] ?? 120),
  S = Number(process.argv[3] ?? 5)
const factors = (process.argv[4] ?? '0.5,1,2,10').split(',').map(Number)
const t0 = performance.now()
const rig = new Rig({ mode: { kind: 'queue', perSecond: C }, terminals: 100, vouchers: 20000 })
try {
  await rig.open()
  console.error('open', Math.round(performance.now() - t0))
  for (const f of factors) {
    const tally = emptyTally()
    const lives = new Set<Promise<void>>()
    const cpu = process.cpuUsage(),
      a = await rig.sample()
    let rss = 0,
      infl = 0
    const sampler = setInterval(
      () =>
        void rig.sample().then((s) => {
          rss = Math.max(rss, s.rssMb)
          infl = Math.max(infl, s.salesInFlight)
        }),
      500,
    )
    const loop = await openLoop(C * f, S, (due) => {
      const t = rig.nextTerminal(),
        sale = t.next()
      rig.written(sale.name)
      const life = liveSale(t, sale, rig.books, tally, due).finally(() => lives.delete(life))
      lives.add(life)
    })
    const used = process.cpuUsage(cpu),
      b = await rig.sample()
    clearInterval(sampler)
    const good = tally.soldAtMs.filter((t) => t <= loop.endedMs).length / S
    console.log(
      f,
      JSON.stringify({
        off: tally.offered / S,
        good,
        codes: tally.codes,
        silent: tally.silent,
        later: tally.soldLater,
        soldP50: quantile(tally.soldMs, 0.5),
        soldP99: quantile(tally.soldMs, 0.99),
        shedP50: quantile(tally.shedMs, 0.5),
        shedP99: quantile(tally.shedMs, 0.99),
        late: loop.latenessP99Ms,
        gen: ((used.user + used.system) / 1e6 / S).toFixed(2),
        sw: ((b.cpuSeconds - a.cpuSeconds) / S).toFixed(2),
        rss,
        infl,
        queue: rig.line.waiting,
        advP99: quantile(rig.books.advice.ms, 0.99),
      }),
    )
    const w0 = performance.now()
    while (
      (lives.size > 0 || rig.line.waiting > 0 || (await rig.openReversals()) > 0) &&
      performance.now() - w0 < 60000
    )
      await pause(100)
    console.log(
      '  settled in',
      Math.round(performance.now() - w0),
      JSON.stringify([rig.books.refused, rig.books.unanswered, rig.debitAges]),
    )
  }
  console.log(JSON.stringify(await rig.compare()).slice(0, 600), rig.books.violations.slice(0, 5))
} finally {
  await rig.close()
}
