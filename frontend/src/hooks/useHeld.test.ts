import { renderHook } from "@testing-library/react";
import { expect, it } from "vitest";
import { useHeld } from "./useHeld";

interface Shown {
  value: number;
  holding: boolean;
  key?: string;
}

it("holds a value from the moment it is asked to, until it is let go or another is meant", () => {
  const hook = renderHook(({ value, holding, key = "live" }: Shown) => useHeld(value, holding, key), {
    initialProps: { value: 1, holding: false },
  });
  const shown = (next: Shown) => {
    hook.rerender(next);
    return hook.result.current;
  };
  expect(shown({ value: 2, holding: false })).toBe(2);
  expect(shown({ value: 3, holding: true })).toBe(3);
  expect(shown({ value: 4, holding: true })).toBe(3);
  expect(shown({ value: 5, holding: true, key: "1h" })).toBe(5);
  expect(shown({ value: 6, holding: true, key: "1h" })).toBe(5);
  expect(shown({ value: 7, holding: false })).toBe(7);
});
