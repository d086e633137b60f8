// JSON as a model writes it: in tokens of a few characters.

/** A run of letters, of digits, of marks or of spaces; the marks around a name are one token, as in `{"` and `": "`. */
const PIECE = /\p{L}{1,6}|\d{1,3}|[^\p{L}\d]{1,4}/gu

/** Cuts a JSON text into pieces of a few characters, which joined are the text. No character is cut in two. */
export function cutJson(text: string): string[] {
  return text.match(PIECE) ?? []
}
