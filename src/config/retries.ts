// How a refusal tells clients when to come back.

/** In seconds and in ms, in one of them, as a date to come or one that is over, in no form at all, or not. */
export const retryForms = ['both', 'seconds', 'ms', 'date', 'past', 'malformed', 'none'] as const

export type RetryForm = (typeof retryForms)[number]
