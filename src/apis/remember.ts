// Functions that compute each value once: equal pieces then cost a pointer, not a text.

export function remember<Key, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  return rememberIn(new Map<Key, Value>(), compute)
}

/** The same for as long as somebody else has the key. */
export function rememberWeakly<Key extends object, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  return rememberIn(new WeakMap<Key, Value>(), compute)
}

interface Store<Key, Value> {
  get(key: Key): Value | undefined
  set(key: Key, value: Value): unknown
}

function rememberIn<Key, Value>(known: Store<Key, Value>, compute: (key: Key) => Value): (key: Key) => Value {
  return (key) => {
    let value = known.get(key)
    if (value === undefined) {
      value = compute(key)
      known.set(key, value)
    }
    return value
  }
}
