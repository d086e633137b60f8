// Figures are told with as many decimals as mean something.

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
