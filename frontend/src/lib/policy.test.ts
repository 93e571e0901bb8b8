import { describe, expect, it } from "vitest";
import { policy } from "@/test/capacityFixtures";
import { changeTexts, POLICY_FIELDS, textOf, withChange } from "./policy";

describe("changes of a policy", () => {
  it("are what differs from the saved one", () => {
    const saved = policy({ headroom: 1.2 });
    const tried = withChange(saved, {}, "headroom", "1.5");
    expect(tried).toEqual({ headroom: "1.5" });
    expect(withChange(saved, tried, "headroom", "1.2")).toEqual({});
    expect(withChange(policy({ up_pods: 4 }), {}, "up_pods", "")).toEqual({ up_pods: "" });
    expect(withChange(null, {}, "headroom", "1")).toEqual({ headroom: "1" });
  });

  it("are told with what was before, lists and absent values too", () => {
    const after = policy({ headroom: 1.2, max_behavior: "extend", lead_samples: [90, 130], up_pods: 4 });
    expect(changeTexts(policy(), after)).toEqual([
      "Headroom 1 → 1.2",
      "Measured leads default → 90,130",
      "Beyond the most stay there → raise it",
      "Up, replicas/min default → 4",
    ]);
    expect(changeTexts(policy(), policy())).toEqual([]);
  });

  it("of a first policy are what was typed", () => {
    expect(changeTexts(null, policy(), ["lead_seconds"])).toEqual(["Lead 120"]);
    expect(changeTexts(null, policy())).toEqual(["Rate of a replica 10", "Lead 120"]);
  });
});

it("has a field for every name of a policy but its mode", () => {
  const names = POLICY_FIELDS.map(({ name }) => name);
  expect([...names, "mode"].sort()).toEqual(Object.keys(policy()).sort());
});

it("writes points as the query takes them", () => {
  expect(
    textOf([
      [2, 150],
      [4, 290],
    ]),
  ).toBe("2:150,4:290");
});
