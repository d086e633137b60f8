// Multiples of decimal numbers, counted exactly: 0.3 is three times 0.1, though not in floating point.

/** digits × 10^exponent */
interface Decimal {
  readonly digits: bigint
  readonly exponent: number
}

function decimalOf(value: number): Decimal {
  const [mantissa, exponent = '0'] = String(value).split('e')
  const [whole, fraction = ''] = mantissa!.split('.')
  return { digits: BigInt(whole! + fraction), exponent: Number(exponent) - fraction.length }
}

const scaled = ({ digits, exponent }: Decimal, to: number): bigint => digits * 10n ** BigInt(exponent - to)

export function isMultiple(value: number, of: number): boolean {
  if (Number.isInteger(value) && Number.isInteger(of)) return value % of === 0
  const decimals = [decimalOf(value), decimalOf(of)] as const
  const exponent = Math.min(...decimals.map((decimal) => decimal.exponent))
  return scaled(decimals[0], exponent) % scaled(decimals[1], exponent) === 0n
}

/** Larger steps are no numbers any more. */
const MOST_DIGITS = 10n ** 700n

/** Multiples of all `steps` from `least` to `most`, or one beyond: how many there are, and the k-th from 0 outwards. */
export function multiplesBetween(
  steps: readonly number[],
  least: number,
  most: number,
): { readonly count: number; readonly at: (k: number) => number } {
  const exponent = Math.min(
    ...[...steps, least, most].filter(Number.isFinite).map((n) => decimalOf(n).exponent),
  )
  const units = (value: number): bigint => scaled(decimalOf(value), exponent)
  let step = 1n
  for (const one of steps.map(units)) {
    step = (step / greatestDivisor(step, one)) * one
    if (step > MOST_DIGITS) return { count: least <= 0 && most >= 0 ? 1 : 0, at: () => 0 }
  }
  const first = Number.isFinite(least) ? units(least) / step : undefined
  const last = Number.isFinite(most) ? units(most) / step : undefined
  const start = first !== undefined && first > 0n ? first : last !== undefined && last < 0n ? last : 0n
  const upwards = last === undefined ? Infinity : Number(last - start)
  const downwards = first === undefined ? Infinity : Number(start - first)
  return {
    count: upwards < 0 || downwards < 0 ? 0 : upwards + downwards + 1,
    at: (k) =>
      Number(`${(k <= upwards ? start + BigInt(k) : start - BigInt(k - upwards)) * step}e${exponent}`),
  }
}

function greatestDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestDivisor(b, a % b)
}
