// What `evs replay` and its members print with --json, for docs/outside.md. The replay room has no
// schemas of its own: it writes the report and reads none.

import { z } from 'zod'

const percentiles = z.object({
  p50Ms: z.number(),
  p90Ms: z.number(),
  p99Ms: z.number(),
  p999Ms: z.number(),
  mostMs: z.number(),
})
const replayReport = z.object({
  kind: z.literal('replay'),
  ok: z.boolean(),
  lost: z.int(),
  interrupted: z.boolean(),
  seconds: z.number(),
  records: z.object({ played: z.int(), leftOut: z.int(), dropped: z.int() }),
  sales: z.object({
    sent: z.int(),
    perSecond: z.number(),
    sold: z.int(),
    soldRial: z.int(),
    vouchers: z.int(),
    declined: z.record(z.string(), z.int()),
    reversed: z.int(),
    unanswered: z.int(),
    notSent: z.int(),
  }),
  tallies: z.record(z.string(), z.int()),
  waits: z.array(
    z.object({
      kind: z.enum(['sale', 'repeat', 'confirmation', 'reversal', 'other']),
      count: z.int(),
      fromDue: percentiles,
      fromTurn: percentiles,
    }),
  ),
  lateness: percentiles,
  processorShare: z.number(),
  findings: z.array(
    z.object({ fault: z.string(), tid: z.string(), stan: z.string(), detail: z.string() }),
  ),
})
const generatedTraffic = z.object({
  file: z.string(),
  records: z.int(),
  bytes: z.int(),
  seconds: z.number(),
})
const fleetLists = z.object({ files: z.array(z.string()) })
const SOME_MS = { p50Ms: 11.2, p90Ms: 19.5, p99Ms: 48.1, p999Ms: 77.3, mostMs: 81.2 }

export const REPLAY_SHAPES = {
  replayReport: {
    schema: replayReport,
    example: {
      ...{ kind: 'replay', ok: true, lost: 0, interrupted: false, seconds: 61.3 },
      records: { played: 31_000, leftOut: 0, dropped: 0 },
      sales: {
        ...{ sent: 10_000, perSecond: 163.1, sold: 9_870, soldRial: 912_350_000, vouchers: 10_912 },
        ...{ declined: { 51: 91 }, reversed: 39, unanswered: 0, notSent: 0 },
      },
      tallies: { 'confirmations accepted': 9_822, 'repeats answered as their sale': 59 },
      waits: [{ kind: 'sale', count: 10_000, fromDue: SOME_MS, fromTurn: SOME_MS }],
      lateness: SOME_MS,
      processorShare: 0.21,
      findings: [],
    },
  },
  generatedTraffic: {
    schema: generatedTraffic,
    example: { file: 'day.ndjson.gz', records: 9_700_000, bytes: 577_000_000, seconds: 40.2 },
  },
  fleetLists: {
    schema: fleetLists,
    example: { files: ['lists/merchants.csv', 'lists/terminals.csv'] },
  },
} as const
