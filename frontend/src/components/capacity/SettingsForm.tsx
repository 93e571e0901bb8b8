import type { Policy } from "@/api/types";
import { Field, Input } from "@/components/ui/Field";
import { Select } from "@/components/ui/Select";
import {
  POLICY_FIELDS,
  type PolicyChanges,
  type PolicyName,
  SECTIONS,
  type Section,
  textOf,
} from "@/lib/policy";

interface SettingsFormProps {
  /** With the changes. */
  policy: Policy;
  changes: PolicyChanges;
  onChange: (name: PolicyName, text: string) => void;
}

/** Every name of the policy. What is typed is tried at once; empty is the default. */
export function SettingsForm({ policy, changes, onChange }: SettingsFormProps) {
  return (
    <div className="grid gap-x-6 gap-y-4 sm:grid-cols-2 lg:grid-cols-3">
      {(Object.entries(SECTIONS) as [Section, string][]).map(([section, title]) => (
        <fieldset key={section} className="min-w-0">
          <legend className="mb-1.5 text-xs font-semibold">{title}</legend>
          <div className="grid grid-cols-2 items-end gap-2">
            {POLICY_FIELDS.filter(
              (field) => field.section === section && [undefined, policy.sizing].includes(field.sizing),
            ).map(({ name, label, hint, options, text }) => (
              <Field key={name} label={hint ? `${label} (${hint})` : label}>
                {(id) =>
                  options ? (
                    <Select
                      id={id}
                      value={changes[name] ?? textOf(policy[name])}
                      onChange={(event) => onChange(name, event.target.value)}
                    >
                      {Object.entries(options).map(([value, words]) => (
                        <option key={value} value={value}>
                          {words}
                        </option>
                      ))}
                    </Select>
                  ) : (
                    <Input
                      id={id}
                      autoComplete="off"
                      inputMode={text ? "text" : "decimal"}
                      value={changes[name] ?? textOf(policy[name])}
                      onChange={(event) => onChange(name, event.target.value)}
                    />
                  )
                }
              </Field>
            ))}
          </div>
        </fieldset>
      ))}
    </div>
  );
}
