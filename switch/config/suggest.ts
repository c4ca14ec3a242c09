// "Did you mean ...": the nearest known name to a mistyped one, by edit distance. It never decides
// anything; what it finds goes into a hint.

/** The known name that is nearest to the given one, when it is near enough to be a typing error. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const begun = known.filter((candidate) => name.length > 3 && candidate.startsWith(name))
  if (begun[0] !== undefined) return begun[0]
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** `did you mean port?`, or the known names when none is near. */
export function suggestion(name: string, known: readonly string[]): string {
  const near = nearest(name, known)
  if (near !== undefined) return `did you mean ${near}?`
  return known.length > 0 && known.length <= 30 ? `known here: ${known.join(', ')}` : ''
}

/** Levenshtein: insertions, deletions and replacements that turn one text into the other. */
export function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const current = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      current.push(Math.min(replaced, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[to.length] ?? 0
}
