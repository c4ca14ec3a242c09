// How far a long file is, on standard error: a bar with rate and time left on a terminal, else a
// line every few seconds, and nothing with --json. It measures; it does not read the file.

import { SingleBar } from 'cli-progress'
import type { World } from './world.ts'

export interface Progress {
  update(done: { bytes: number; vouchers: number }): void
  stop(): void
}

const LINE_EVERY_MS = 5_000

export function startProgress(
  world: World,
  about: { name: string; bytes: number | undefined; silent: boolean },
): Progress {
  if (about.silent) return { update: () => undefined, stop: () => undefined }
  const begun = world.monotonicMs()
  const rateOf = (vouchers: number): string => {
    const seconds = (world.monotonicMs() - begun) / 1_000
    return seconds < 0.2 ? '-' : Math.round(vouchers / seconds).toLocaleString('en-US')
  }
  return world.stderr.isTTY && about.bytes !== undefined && about.bytes > 0
    ? bar(world, about.bytes, rateOf)
    : lines(world, about, rateOf)
}

function bar(world: World, bytes: number, rateOf: (vouchers: number) => string): Progress {
  const single = new SingleBar({
    format: '{bar} {percentage}% | {vouchers} vouchers | {rate}/s | {eta_formatted} left',
    stream: barStream(world),
    hideCursor: true,
    clearOnComplete: true,
    barCompleteChar: '#',
    barIncompleteChar: '.',
  })
  single.start(bytes, 0, { vouchers: 0, rate: '-' })
  return {
    update: ({ bytes: done, vouchers }) => {
      single.update(Math.min(done, bytes), { vouchers, rate: rateOf(vouchers) })
    },
    stop: () => single.stop(),
  }
}

function lines(
  world: World,
  about: { name: string; bytes: number | undefined },
  rateOf: (vouchers: number) => string,
): Progress {
  let last = world.monotonicMs()
  return {
    update: ({ bytes, vouchers }) => {
      if (world.monotonicMs() - last < LINE_EVERY_MS) return
      last = world.monotonicMs()
      const share = about.bytes ? ` ${Math.floor((bytes / about.bytes) * 100)} %,` : ''
      const read = `${vouchers.toLocaleString('en-US')} vouchers, ${rateOf(vouchers)}/s`
      world.stderr.write(`${about.name}:${share} ${read}\n`)
    },
    stop: () => undefined,
  }
}

/** The bar moves a cursor, which only the stream of the process itself can do. */
function barStream(world: World): NodeJS.WritableStream {
  return world.stderr as unknown as NodeJS.WritableStream
}
