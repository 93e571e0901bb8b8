import type { ComponentProps } from "react";
import { Field, Input } from "@/components/ui/Field";
import { classes } from "@/lib/classes";
import {
  SETTING_FIELDS,
  SETTING_SECTIONS,
  type SettingSection,
  type SimulationChanges,
  withPart,
  withSetting,
} from "@/lib/simulationSettings";
import { PolicyChoice } from "./PolicyChoice";

interface SettingsFormProps {
  settings: SimulationChanges;
  onChange: (settings: SimulationChanges) => void;
}

/** What the next simulation is told beside the policy. Empty is the default. */
export function SettingsForm({ settings, onChange }: SettingsFormProps) {
  return (
    <div className="grid gap-x-6 gap-y-4 sm:grid-cols-2">
      {(Object.entries(SETTING_SECTIONS) as [SettingSection, string][]).map(([section, title]) => (
        <fieldset key={section} className="min-w-0">
          <legend className="mb-1.5 text-xs font-semibold">{title}</legend>
          <div className="grid grid-cols-2 items-end gap-2 lg:grid-cols-4">
            {SETTING_FIELDS.filter((field) => field.section === section).map(
              ({ name, label, hint, parts, sent, standard, example }) => {
                const text = settings[name] ?? "";
                const set = (next: string) => onChange(withSetting(settings, name, next));
                if (sent === "policies")
                  return <PolicyChoice key={name} label={label} text={text} onChange={set} />;
                if (parts)
                  return parts.map((part, place) => (
                    <Setting
                      key={part.label}
                      label={part.label}
                      {...INPUTS[part.type]}
                      value={text.split(",")[place] ?? ""}
                      onChange={(event) => set(withPart(text, parts.length, place, event.target.value))}
                    />
                  ));
                return (
                  <Setting
                    key={name}
                    label={hint ? `${label} (${hint})` : label}
                    placeholder={standard ?? example}
                    {...INPUTS[sent === "time" ? "datetime-local" : sent ? "text" : "number"]}
                    value={text}
                    onChange={(event) => set(event.target.value)}
                  />
                );
              },
            )}
          </div>
        </fieldset>
      ))}
    </div>
  );
}

const INPUTS = {
  number: { inputMode: "decimal" },
  text: { inputMode: "text" },
  date: { type: "date" },
  "datetime-local": { type: "datetime-local" },
} as const satisfies Record<string, ComponentProps<"input">>;

function Setting({ label, ...input }: ComponentProps<typeof Input> & { label: string }) {
  return (
    // What is no figure needs the room of two.
    <div className={classes("min-w-0", input.inputMode !== "decimal" && "col-span-2")}>
      <Field label={label}>{(id) => <Input id={id} autoComplete="off" {...input} />}</Field>
    </div>
  );
}
