/**
 * Puts an entry into a map as its newest, and gives up the oldest when there are more than `most`: a memory of what came last
 * that cannot grow. Maps keep the order in which keys were set.
 */
export function keepNewest<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
