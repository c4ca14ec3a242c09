// Makes a failing input shorter and plainer while it still fails in the same way. Tries a bounded
// number of times; what does not fail again alone (it needed what came before) stays as it is.

const TRIES_MOST = 3_000

export async function minimised(
  input: Buffer,
  fails: (candidate: Buffer) => Promise<boolean>,
): Promise<Buffer> {
  let best: Buffer = Buffer.from(input)
  let tries = 0
  const better = async (candidate: Buffer): Promise<boolean> => {
    tries += 1
    if (tries > TRIES_MOST || !(await fails(Buffer.from(candidate)))) return false
    best = candidate
    return true
  }
  if (!(await fails(Buffer.from(best)))) return best
  for (let size = best.length; size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < best.length && tries < TRIES_MOST; ) {
      const shorter = Buffer.concat([best.subarray(0, at), best.subarray(at + size)])
      if (!(await better(shorter))) at += size
    }
  }
  for (let at = 0; at < best.length && tries < TRIES_MOST; at++) {
    if (best[at] === 0x30) continue
    const plainer = Buffer.from(best)
    plainer[at] = 0x30
    await better(plainer)
  }
  return best
}
