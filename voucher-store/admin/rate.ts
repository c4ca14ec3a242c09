// A rate as people write it, a decimal of at most four places, and as rows hold it: basis points,
// hundredths of a percent, so that sums stay exact.

/** `0.015` is 150 basis points; undefined when it is no rate from 0 to 1. */
export function basisPointsOf(rate: string): number | undefined {
  const match = /^(0|1)(?:\.(\d{1,4}))?$/.exec(rate)
  if (match === null) return undefined
  const basisPoints = Number(match[1]) * 10_000 + Number((match[2] ?? '').padEnd(4, '0'))
  return basisPoints > 10_000 ? undefined : basisPoints
}

export function rateText(basisPoints: number): string {
  return (basisPoints / 10_000).toFixed(4).replace(/0{1,2}$/, '')
}
