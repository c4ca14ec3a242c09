// What came from a file or from the wire, as it may stand on a terminal: without control
// characters, which could move the cursor or colour the screen.

export function printable(text: string, keep?: 'lines'): string {
  const pattern = keep === 'lines' ? /[^\P{Cc}\n]/gu : /\p{Cc}/gu
  return text.replaceAll(pattern, '\ufffd')
}
