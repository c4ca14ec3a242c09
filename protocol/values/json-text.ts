// JSON as text for wherever it is looked at: `JSON.stringify` leaves U+007F to U+009F as they are,
// and a terminal takes some of them for the beginning of a command. Whoever reads it back has the
// same value.

export function jsonText(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, undefined, indent)
  return text.replaceAll(/[\u007f-\u009f]/g, (mark) => {
    return `\\u00${mark.charCodeAt(0).toString(16)}`
  })
}
