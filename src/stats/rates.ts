// So many in so many seconds.
import { formatCount } from '../config/format.ts'

/** Over less than this a rate says nothing. */
const LEAST_SECONDS = 1

/** `18,316/s`, of so many in so many seconds; '' where there is too little time for a rate. */
export function formatRate(count: number, seconds: number): string {
  return seconds < LEAST_SECONDS ? '' : `${formatCount(count / seconds)}/s`
}
