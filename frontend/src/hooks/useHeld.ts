import { useState } from "react";

/** The newest value, or while `holding` the one at the beginning of that. */
export function useHeld<Value>(value: Value, holding: boolean): Value {
  const [held, setHeld] = useState<{ value: Value } | null>(null);
  if (holding && held === null) setHeld({ value });
  if (!holding && held !== null) setHeld(null);
  return holding && held ? held.value : value;
}
