import { useState } from "react";

/** The newest value that was ever known: it stays while the next one is asked for, or was refused. */
export function useNewest<Value>(value: Value | undefined): Value | undefined {
  const [newest, setNewest] = useState(value);
  if (value !== undefined && value !== newest) setNewest(value);
  return value ?? newest;
}
