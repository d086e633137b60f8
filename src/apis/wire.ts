// SDKs that rename fields know them in camel case; on the wire they are in snake case.

type Snake<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${Snake<Rest>}`
  : Name

/** A type of such an SDK as it is on the wire: there `finishReason` is `finish_reason`. */
export type Wire<T> = T extends readonly (infer One)[]
  ? Wire<One>[]
  : T extends object
    ? { [Name in keyof T as Snake<Name & string>]: Wire<T[Name]> }
    : T
