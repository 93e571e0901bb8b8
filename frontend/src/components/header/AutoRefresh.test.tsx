import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { AutoRefresh } from "./AutoRefresh";

it("freezes by the switch", async () => {
  const onFrozenChange = vi.fn();
  render(<AutoRefresh frozen={false} waiting={0} onFrozenChange={onFrozenChange} onRefresh={vi.fn()} />);
  const auto = screen.getByRole("switch", { name: "Auto-refresh" });
  expect(auto).toBeChecked();
  expect(screen.queryByRole("button", { name: /Refresh/ })).not.toBeInTheDocument();
  await userEvent.click(auto);
  expect(onFrozenChange).toHaveBeenCalledWith(true);
});

it("offers a manual refresh while frozen, with what waits", async () => {
  const onRefresh = vi.fn();
  render(<AutoRefresh frozen waiting={12} onFrozenChange={vi.fn()} onRefresh={onRefresh} />);
  expect(screen.getByRole("switch", { name: "Auto-refresh" })).not.toBeChecked();
  await userEvent.click(screen.getByRole("button", { name: "Refresh (12 new windows)" }));
  expect(onRefresh).toHaveBeenCalledOnce();
});
