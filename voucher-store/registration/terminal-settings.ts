// Parameters for a terminal's software, as `name=value`: read into a record, or into the reason why
// they cannot be. Their sum is bounded, so that they fit one message with what the switch adds.

const NAME = /^[a-z][a-z0-9-]{0,31}$/
const VALUE_MOST = 100
const BYTES_MOST = 400
/** Controls, and halves of a surrogate pair, which have no UTF-8. */
const NOT_SENT = /[\p{Cc}\p{Cs}]/u
/** What the switch says itself under these names. */
const OWN = ['merchant', 'limit-count', 'limit-rial']

export function readSettings(pairs: readonly string[]): Readonly<Record<string, string>> | string {
  const settings: Record<string, string> = {}
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    const name = pair.slice(0, Math.max(0, at)).trim()
    const value = pair.slice(at + 1).trim()
    const why = settingProblem(name, value)
    if (why !== undefined) return why
    if (Object.hasOwn(settings, name)) return `${name} is given twice`
    settings[name] = value
  }
  return settingsProblem(settings) ?? settings
}

/** Why these settings cannot be a terminal's; undefined when they can. */
export function settingsProblem(settings: Readonly<Record<string, string>>): string | undefined {
  for (const [name, value] of Object.entries(settings)) {
    const why = settingProblem(name, value)
    if (why !== undefined) return why
  }
  const text = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
  const bytes = Buffer.byteLength(text.join(''))
  return bytes > BYTES_MOST ? `more than ${BYTES_MOST} bytes in all` : undefined
}

function settingProblem(name: string, value: string): string | undefined {
  if (!NAME.test(name)) return 'a name of small letters, digits and - expected before ='
  if (OWN.includes(name)) return `${name} is what the switch itself says`
  if (value.length > VALUE_MOST || NOT_SENT.test(value)) return `${name}: a shorter text expected`
  return undefined
}
