import { describe, expect, it } from "vitest";
import { policy } from "@/test/capacityFixtures";
import { at, series } from "@/test/fixtures";
import { policyPath, simulation, simulationResult } from "@/test/simulationFixtures";
import { namedLines, rateAt } from "./chartModel";
import { windowText } from "./chartSummary";
import { defaultSimulation, newerSince, otherPolicy } from "./simulation";
import { pathModel, pathSummary } from "./simulationPath";
import { toSeconds } from "./time";

describe("the simulation to show", () => {
  it("is the newest that runs or has a result, else the newest", () => {
    const [failed, running, done] = (["failed", "simulating", "done"] as const).map((state) =>
      simulation({ id: state, state }),
    );
    const pick = (...records: (typeof failed)[]) =>
      defaultSimulation(records.filter((record) => record !== undefined))?.id;
    expect(pick(failed, done)).toBe("done");
    expect(pick(running, done)).toBe("simulating");
    expect(pick(failed)).toBe("failed");
    expect(pick()).toBeUndefined();
  });
});

describe("what has moved on since a result", () => {
  it("is the series, where it has newer windows", () => {
    const result = simulationResult();
    expect(newerSince(result, series({ last: at(119) }))).toBeNull();
    expect(newerSince(result, series({ last: at(130) }))).toBe(toSeconds(at(131)));
  });

  it("is the policy, by its number where it was saved, whatever its mode", () => {
    const versions = [
      { number: 3, since: at(0), policy: policy({ mode: "serve" }) },
      { number: 4, since: at(60), policy: policy({ headroom: 2 }) },
    ];
    expect(otherPolicy(policy(), policy({ mode: "advise" }), versions)).toBeNull();
    expect(otherPolicy(policy(), policy({ headroom: 2 }), versions)).toEqual({
      made: "policy 3",
      now: "policy 4",
      changes: ["Headroom 1 → 2"],
    });
    expect(otherPolicy(policy({ headroom: 9 }), policy(), versions)?.made).toBe("a policy that is not saved");
    expect(otherPolicy(policy(), null, versions)).toBeNull();
  });
});

describe("the replicas of a policy", () => {
  const [ours, theirs] = [policyPath("your policy"), policyPath("HPA")];
  const model = pathModel([ours, theirs], 60);
  if (!model) throw new Error("nothing to draw");

  it("are drawn beside what was needed and beside another's, with shortage and unknown time", () => {
    expect(model.lines.map(({ key }) => key)).toEqual([
      "needed",
      "replicas of your policy",
      "replicas of HPA",
      "short",
    ]);
    expect(model.rates.needed).toEqual([2, 2, 4, null]);
    expect(model.rates.short).toEqual([null, null, 4, null]);
    expect(model.shortages).toEqual([[toSeconds(at(2)), toSeconds(at(3))]]);
    expect(model.outages).toEqual([[toSeconds(at(3)), toSeconds(at(4))]]);
    expect(pathModel([], 60)).toBeNull();
  });

  it("are told in words, window by window", () => {
    expect(windowText(model, 2, "utc")).toMatch(
      /22:02 UTC: Needed 4.replicas, your policy 2.replicas, HPA 2.replicas, short: 120 requests beyond capacity$/,
    );
    expect(pathSummary(model, [ours, theirs], "utc")).toMatch(
      /^Replicas needed, and those of your policy and of HPA, from .* 1.short window of your policy\.$/,
    );
  });

  it("are unknown where the other path has another span", () => {
    const later = policyPath("HPA", { windows: policyPath("HPA").windows.slice(2) });
    const half = pathModel([ours, later], 60);
    const line = half?.lines.find(({ key }) => key === "replicas of HPA");
    expect(half && line?.columns[0] && rateAt(half, line.columns[0], 0)).toBeNull();
    expect(half && namedLines(half, 0)).toContain(line);
  });
});
