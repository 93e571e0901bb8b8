import { renderHook } from "@testing-library/react";
import { expect, it } from "vitest";
import { useHeld } from "./useHeld";

it("holds a value from the moment it is asked to until it is let go", () => {
  const hook = renderHook(({ value, holding }) => useHeld(value, holding), {
    initialProps: { value: 1, holding: false },
  });
  const shown = (value: number, holding: boolean) => {
    hook.rerender({ value, holding });
    return hook.result.current;
  };
  expect(shown(2, false)).toBe(2);
  expect(shown(3, true)).toBe(3);
  expect(shown(4, true)).toBe(3);
  expect(shown(5, false)).toBe(5);
  expect(shown(6, true)).toBe(6);
});
