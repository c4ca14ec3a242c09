// `npm run explore -- --states N --world NAME --depth N --results FILE`: visits every state of the
// small worlds, one world after another. Ends with one JSON line, and with exit code 1 when a rule
// was broken; then the course of events is told in words.

import { count, text, trialOptions } from '../trial-options.ts'
import { tellSummary } from '../trial-summary.ts'
import { outsidePromises } from './microtasks.ts'
import { type Found, search } from './search.ts'
import { shorten } from './trace.ts'
import { WORLDS, type WorldSpec } from './world-spec.ts'

const values = trialOptions(
  { name: 'explore', what: 'Visits every state of the small worlds.' },
  {
    states: count('that are visited at most', 1_500_000),
    world: text('one of them', 'NAME'),
    depth: count('steps from the beginning at most', 2_000),
  },
)

process.on('unhandledRejection', (error) => {
  process.stderr.write(`a promise of the switch was rejected and nobody saw it: ${String(error)}\n`)
  process.exit(1)
})

const worlds = WORLDS.filter(({ name }) => values.world === undefined || name === values.world)
if (worlds.length === 0) {
  process.stderr.write(`no such world; there are: ${WORLDS.map(({ name }) => name).join(', ')}\n`)
  process.exit(1)
}

const total = { states: 0, transitions: 0, depth: 0, terminalStates: 0, violations: 0 }
const results: Record<string, Pick<Found, 'states' | 'depth' | 'complete'>> = {}
const started = performance.now()
let left = values.states
for (const [at, spec] of worlds.entries()) {
  // What a world does not need is for those that follow; the last one is the largest.
  const share = Math.ceil(left / (worlds.length - at))
  const found = await exploreWorld(spec, share)
  left -= found.states
  total.states += found.states
  total.transitions += found.transitions
  total.depth = Math.max(total.depth, found.depth)
  total.terminalStates += found.terminalStates
  if (found.violation !== undefined) total.violations++
  const { states, depth, complete } = found
  results[spec.name] = { states, depth, complete }
}
const seconds = Number(((performance.now() - started) / 1_000).toFixed(1))
const { states, transitions, depth, ...others } = total
const summary = { states, transitions, depth, worlds: results, ...others, seconds }
tellSummary('explore', summary, values.results)
process.exitCode = total.violations === 0 && total.terminalStates > 0 ? 0 : 1

function exploreWorld(spec: WorldSpec, most: number): Promise<Found> {
  return outsidePromises(() => {
    const began = performance.now()
    const limits = { states: most, depth: values.depth }
    const found = search(spec, limits, () => performance.now())
    const { states, transitions, depth, terminalStates, complete, violation } = found
    const took = ((performance.now() - began) / 1_000).toFixed(1)
    process.stdout.write(
      `${spec.name}: ${states} states, ${transitions} transitions, ${terminalStates} at rest, ` +
        `depth ${depth}, ${complete ? 'complete' : 'not all'}, ${took} s\n`,
    )
    if (violation !== undefined) {
      const words = shorten(spec, violation.choices, { tries: 20_000 })
      process.stderr.write(`${spec.name}: ${violation.what}\n`)
      for (const [n, each] of words.entries()) process.stderr.write(`  ${n + 1}. ${each}\n`)
    }
    return found
  })
}
