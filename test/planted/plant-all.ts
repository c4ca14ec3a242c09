// All planted defects, over several copies side by side, and what came of each: in how many seeds
// it was found, or that it was not, which is a hole in the oracle.

import type { Defect } from './defects/defect.ts'
import { DEFECTS } from './defects.ts'
import { type Caught, Nursery } from './plant.ts'

interface PlantedSummary {
  readonly planted: number
  readonly caught: number
  readonly seedsEach: number
  readonly medianSeeds: number
  readonly mostSeeds: number
  readonly inSeeds: Readonly<Record<string, number | null>>
  readonly seconds: number
}

export async function plantAll(options: {
  seeds: number
  jobs: number
  only: string | undefined
}): Promise<PlantedSummary> {
  const started = performance.now()
  const { only = '' } = options
  const waiting = DEFECTS.filter(({ name }) => name.includes(only))
  const caught: Caught[] = []
  const work = async () => {
    const nursery = new Nursery()
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        caught.push(await tried(nursery, next, options.seeds))
      }
    } finally {
      nursery.remove()
    }
  }
  await Promise.all(Array.from({ length: options.jobs }, work))
  return summaryOf(caught, options.seeds, (performance.now() - started) / 1_000)
}

async function tried(nursery: Nursery, defect: Defect, seeds: number): Promise<Caught> {
  const result = await nursery.try(defect, seeds)
  const how = result.seeds === undefined ? 'NOT CAUGHT' : `caught in ${result.seeds}`
  process.stderr.write(`${how}: ${result.name} (${result.how})\n`)
  return result
}

function summaryOf(results: readonly Caught[], seedsEach: number, seconds: number): PlantedSummary {
  const found = results.flatMap(({ seeds }) => (seeds === undefined ? [] : [seeds]))
  found.sort((a, b) => a - b)
  return {
    planted: results.length,
    caught: found.length,
    seedsEach,
    medianSeeds: found[found.length >> 1] ?? 0,
    mostSeeds: found.at(-1) ?? 0,
    inSeeds: Object.fromEntries(results.map(({ name, seeds }) => [name, seeds ?? null])),
    seconds: Number(seconds.toFixed(1)),
  }
}
