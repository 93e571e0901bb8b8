import { describe, expect, it } from "vitest";
import type { PolicyInfo, SimulationRequest } from "@/api/types";
import { simulationResult } from "@/test/simulationFixtures";
import { inFormWords } from "./formWords";
import {
  changesOf,
  chosenPolicies,
  requestSettings,
  settingTexts,
  whatIfTexts,
  withPart,
  withPolicy,
  withSetting,
} from "./simulationSettings";

const { settings } = simulationResult();

describe("the settings of a simulation", () => {
  it("go to the server as what they are, and as they were typed where that is nothing", () => {
    const sent = requestSettings({
      times: "1.5",
      fixed_replicas: "many",
      spike: "1995-08-01T12:00,3,30",
      schedule: "0 8 * * 1-5 = 10; 0 20 * * * = 2",
      schedule_timezone: "Europe/Berlin",
      from: "1995-08-01T00:00",
    });
    expect(sent).toEqual({
      times: 1.5,
      fixed_replicas: "many",
      spike: ["1995-08-01T12:00", 3, 30],
      schedule: ["0 8 * * 1-5 = 10", "0 20 * * * = 2"],
      schedule_timezone: "Europe/Berlin",
      from: "1995-08-01T00:00",
    });
  });

  it("are the default again when they are emptied, part by part", () => {
    const spike = withPart(withPart("", 3, 0, "1995-08-01T12:00"), 3, 1, "2,5");
    expect(spike).toBe("1995-08-01T12:00,2.5,");
    expect(withSetting({ times: "2" }, "spike", spike)).toEqual({ times: "2", spike });
    expect(withSetting({ spike }, "spike", ",,")).toEqual({});
    expect(withSetting({ times: "2" }, "times", "")).toEqual({});
  });

  it("are named as the form names them in what the server says of them", () => {
    expect(inFormWords("fixed_replicas: not a number")).toBe("“Fixed fleet”: not a number");
    expect(inFormWords("Shorten lead_seconds or cadence_seconds.")).toBe("Shorten “Lead” or “Cadence”.");
    expect(inFormWords("spike: it is not in the span from 1 to 2")).toBe(
      "“A spike”: it is not in the span from 1 to 2",
    );
  });

  it("are told with what they were, and what was changed of the traffic in words", () => {
    const tried = {
      ...settings,
      times: 1.5,
      spike: ["1995-08-01T12:00:00Z", 3, 30] as [string, number, number],
      paste: ["1995-07-05T00:00:00Z", "1995-07-09T00:00:00Z"] as [string, string],
    };
    const labelOf = (key: string) => `label of ${key}`;
    expect(settingTexts({ ...settings, policies: ["hpa"] }, labelOf)).toEqual(
      expect.arrayContaining([
        { label: "HPA's target (share)", text: "0.8" },
        { label: "Policies replayed", text: "label of hpa" },
      ]),
    );
    expect(whatIfTexts(settings)).toEqual([]);
    expect(whatIfTexts(tried)).toEqual([
      "all traffic times 1.5",
      "times 3 for 30 minutes from 1995-08-01 12:00 UTC on",
      "1995-07-05 in place of 1995-07-09",
    ]);
  });

  it("of an earlier request are what the form had, and go to the server as they went", () => {
    const changes = {
      from: "1995-08-01T12:00",
      times: "1.5",
      spike: "1995-08-01T12:00:30,3,30",
      paste: "1995-07-05,1995-07-09",
      schedule: "0 8 * * 1-5 = 10; 0 20 * * * = 2",
      schedule_timezone: "Europe/Berlin",
      policies: "hpa,model",
      node_every: "4",
    };
    const sent = requestSettings(changes);
    const kept = { filename: "a.csv", policy: {}, ...settings, ...sent } as SimulationRequest;
    expect(changesOf(kept)).toEqual(changes);
    expect(changesOf({ filename: "a.csv", policy: {}, ...settings } as SimulationRequest)).toEqual({});
  });

  it("of an earlier request are in UTC, whatever offset they were sent with", () => {
    const kept = {
      ...settings,
      filename: "a.csv",
      policy: {},
      to: "1995-08-01T12:00:00+02:00",
      paste: ["1995-07-05T00:00:00Z", "1995-07-09T00:00:00"],
    } as SimulationRequest;
    expect(changesOf(kept)).toEqual({ to: "1995-08-01T10:00", paste: "1995-07-05,1995-07-09" });
  });
});

describe("the choice of policies", () => {
  const all = ["hpa", "model", "oracle"].map((policy) => ({ policy }) as PolicyInfo);

  it("is all of them until one is left out, and again once none is", () => {
    expect(chosenPolicies("", all)).toEqual(["hpa", "model", "oracle"]);
    const fewer = withPolicy("", all, "model", false);
    expect(fewer).toBe("hpa,oracle");
    expect(requestSettings({ policies: fewer })).toEqual({ policies: ["hpa", "oracle"] });
    expect(withPolicy(fewer, all, "model", true)).toBe("");
  });
});
