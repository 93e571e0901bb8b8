import { describe, expect, it } from "vitest";
import { simulationResult } from "@/test/simulationFixtures";
import {
  inSettingWords,
  requestSettings,
  settingTexts,
  whatIfTexts,
  withPart,
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
    expect(inSettingWords("fixed_replicas: not a number")).toBe("“Fixed fleet”: not a number");
    expect(inSettingWords("spike: it is not in the span from 1 to 2")).toBe(
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
    expect(settingTexts(settings)).toContainEqual({ label: "HPA's target (share)", text: "0.8" });
    expect(whatIfTexts(settings)).toEqual([]);
    expect(whatIfTexts(tried)).toEqual([
      "all traffic times 1.5",
      "times 3 for 30 minutes from 1995-08-01 12:00 UTC on",
      "1995-07-05 in place of 1995-07-09",
    ]);
  });
});
