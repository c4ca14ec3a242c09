// How far a long file is, on standard error: a bar with rate and time left on a terminal, else a
// line every few seconds, and nothing with --json. It measures; it does not read the file.

import { SingleBar } from 'cli-progress'
import type { World } from './world.ts'

export interface Progress {
  update(now: { bytes: number; done: number }): void
  stop(): void
}

const LINE_EVERY_MS = 5_000

export function startProgress(
  world: World,
  about: { name: string; bytes: number | undefined; silent: boolean; unit: string },
): Progress {
  if (about.silent) return { update: () => undefined, stop: () => undefined }
  const begun = world.monotonicMs()
  const rateOf = (done: number): string => {
    const seconds = (world.monotonicMs() - begun) / 1_000
    return seconds < 0.2 ? '-' : Math.round(done / seconds).toLocaleString('en-US')
  }
  return world.stderr.isTTY && about.bytes !== undefined && about.bytes > 0
    ? bar(world, { unit: about.unit, bytes: about.bytes }, rateOf)
    : lines(world, about, rateOf)
}

function bar(
  world: World,
  { bytes, unit }: { bytes: number; unit: string },
  rateOf: (done: number) => string,
): Progress {
  const single = new SingleBar({
    format: `{bar} {percentage}% | {done} ${unit} | {rate}/s | {eta_formatted} left`,
    stream: barStream(world),
    hideCursor: true,
    clearOnComplete: true,
    barCompleteChar: '#',
    barIncompleteChar: '.',
  })
  single.start(bytes, 0, { done: 0, rate: '-' })
  return {
    update: ({ bytes: read, done }) => {
      single.update(Math.min(read, bytes), { done, rate: rateOf(done) })
    },
    stop: () => single.stop(),
  }
}

function lines(
  world: World,
  about: { name: string; bytes: number | undefined; unit: string },
  rateOf: (done: number) => string,
): Progress {
  let last = world.monotonicMs()
  return {
    update: ({ bytes, done }) => {
      if (world.monotonicMs() - last < LINE_EVERY_MS) return
      last = world.monotonicMs()
      const share = about.bytes ? ` ${Math.floor((bytes / about.bytes) * 100)} %,` : ''
      const read = `${done.toLocaleString('en-US')} ${about.unit}, ${rateOf(done)}/s`
      world.stderr.write(`${about.name}:${share} ${read}\n`)
    },
    stop: () => undefined,
  }
}

/** The bar moves a cursor, which only the stream of the process itself can do. */
function barStream(world: World): NodeJS.WritableStream {
  return world.stderr as unknown as NodeJS.WritableStream
}
