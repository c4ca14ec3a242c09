// Dates for people: the Persian calendar, Tehran time. Wire dates stay Gregorian (DE 7, 12, 13),
// and nothing reads these texts back.

/** `1405/09/01 09:14:30`, in Persian or Latin digits. */
export function jalaliDateTime(wallMs: number, language: 'fa' | 'en'): string {
  const part = new Map<string, string>()
  for (const { type, value } of FORMATS[language].formatToParts(wallMs)) part.set(type, value)
  const get = (name: string): string => part.get(name) ?? ''
  const day = `${get('year')}/${get('month')}/${get('day')}`
  return `${day} ${get('hour')}:${get('minute')}:${get('second')}`
}

function format(numbers: 'arabext' | 'latn'): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(`fa-IR-u-ca-persian-nu-${numbers}`, {
    timeZone: 'Asia/Tehran',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
}

const FORMATS = { fa: format('arabext'), en: format('latn') } as const
