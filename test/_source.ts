// What a source file is made of, read with the scanner of the TypeScript compiler: what stands in comments, texts and regular expressions
// is not taken for code, and imports are found however they are written.
import { SyntaxKind } from 'typescript/unstable/ast'
import { createScanner } from 'typescript/unstable/ast/scanner'

export interface Token {
  readonly kind: SyntaxKind
  readonly text: string
}

export interface Import {
  /** As written: a path or the name of a package. */
  readonly from: string
  /** None of its code is needed when the program runs. */
  readonly isTypeOnly: boolean
}

/** Whether a slash behind this divides; behind anything else it begins a regular expression. */
function endsOperand(kind: SyntaxKind | undefined): boolean {
  switch (kind) {
    case SyntaxKind.Identifier:
    case SyntaxKind.PrivateIdentifier:
    case SyntaxKind.NumericLiteral:
    case SyntaxKind.BigIntLiteral:
    case SyntaxKind.StringLiteral:
    case SyntaxKind.RegularExpressionLiteral:
    case SyntaxKind.NoSubstitutionTemplateLiteral:
    case SyntaxKind.TemplateTail:
    case SyntaxKind.CloseParenToken:
    case SyntaxKind.CloseBracketToken:
    case SyntaxKind.CloseBraceToken:
    case SyntaxKind.ThisKeyword:
      return true
    case SyntaxKind.AwaitKeyword:
    case SyntaxKind.OfKeyword:
      return false
    default: // words like `set` and `from`, which may be names
      return kind !== undefined && kind >= SyntaxKind.FirstContextualKeyword && isWord(kind)
  }
}

function isWord(kind: SyntaxKind): boolean {
  return kind === SyntaxKind.Identifier || (kind >= SyntaxKind.FirstKeyword && kind <= SyntaxKind.LastKeyword)
}

/** The tokens of a file, without comments and spaces. */
export function tokensOf(source: string): readonly Token[] {
  const scanner = createScanner(true)
  scanner.setText(source)
  const tokens: Token[] = []
  /** How many braces are open in each template that is being read. */
  const templates: number[] = []
  for (;;) {
    let kind = scanner.scan()
    if (kind === SyntaxKind.EndOfFile) return tokens
    const depth = templates.length - 1
    if (kind === SyntaxKind.SlashToken || kind === SyntaxKind.SlashEqualsToken) {
      if (!endsOperand(tokens.at(-1)?.kind)) kind = scanner.reScanSlashToken()
    } else if (kind === SyntaxKind.TemplateHead) {
      templates.push(0)
    } else if (kind === SyntaxKind.OpenBraceToken && depth >= 0) {
      templates[depth]!++
    } else if (kind === SyntaxKind.CloseBraceToken && depth >= 0) {
      if (templates[depth]! > 0) templates[depth]!--
      else if ((kind = scanner.reScanTemplateToken(false)) === SyntaxKind.TemplateTail) templates.pop()
    }
    tokens.push({ kind, text: scanner.getTokenText() })
  }
}

/** Everything that is imported, also by `export … from`, `import()` and `require()`. */
export function importsOf(source: string): readonly Import[] {
  const tokens = tokensOf(source)
  const kindAt = (at: number): SyntaxKind => tokens[at]?.kind ?? SyntaxKind.Unknown
  const found: Import[] = []
  const take = (at: number, isTypeOnly: boolean): void => {
    if (kindAt(at) === SyntaxKind.StringLiteral)
      found.push({ from: tokens[at]!.text.slice(1, -1), isTypeOnly })
  }
  for (const [at, { kind, text }] of tokens.entries()) {
    if (kindAt(at - 1) === SyntaxKind.DotToken) continue
    const isImport = kind === SyntaxKind.ImportKeyword
    const isExport = kind === SyntaxKind.ExportKeyword
    if ((isImport || text === 'require') && kindAt(at + 1) === SyntaxKind.OpenParenToken) take(at + 2, false)
    else if (isImport || isExport) {
      const behind = kindAt(at + 2) // `type` may be a name itself
      const isTypeOnly =
        kindAt(at + 1) === SyntaxKind.TypeKeyword &&
        behind !== SyntaxKind.FromKeyword &&
        behind !== SyntaxKind.CommaToken
      const next = at + (isTypeOnly ? 2 : 1)
      if (isImport || kindAt(next) === SyntaxKind.OpenBraceToken || kindAt(next) === SyntaxKind.AsteriskToken)
        take(endOfNames(kindAt, next), isTypeOnly)
    }
  }
  return found
}

/** Where the file is named in an import or export whose names begin at `from`; there may be none. */
function endOfNames(kindAt: (at: number) => SyntaxKind, from: number): number {
  let at = from
  while (
    isWord(kindAt(at)) ||
    kindAt(at) === SyntaxKind.AsteriskToken ||
    kindAt(at) === SyntaxKind.CommaToken
  ) {
    if (kindAt(at) === SyntaxKind.FromKeyword && kindAt(at + 1) === SyntaxKind.StringLiteral) return at + 1
    at++
  }
  if (kindAt(at) !== SyntaxKind.OpenBraceToken) return at
  while (kindAt(at) !== SyntaxKind.CloseBraceToken && kindAt(at) !== SyntaxKind.Unknown) at++
  return kindAt(at + 1) === SyntaxKind.FromKeyword ? at + 2 : -1
}
