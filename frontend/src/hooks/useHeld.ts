import { useState } from "react";

/** The newest value, or while `holding` the one at its beginning. A hold ends where `key` changes. */
export function useHeld<Value>(value: Value, holding: boolean, key: string): Value {
  const [held, setHeld] = useState<{ key: string; value: Value } | null>(null);
  let next = holding ? held : null;
  if (holding && next?.key !== key) next = { key, value };
  if (next !== held) setHeld(next);
  return next ? next.value : value;
}
