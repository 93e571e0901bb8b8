import { POLICY_FIELDS } from "./policy";
import { SETTING_FIELDS } from "./simulationSettings";

const FIELDS: readonly { name: string; label: string }[] = [...POLICY_FIELDS, ...SETTING_FIELDS];

/** A message of the server in the words of the forms: its names of fields as their labels. */
export function inFormWords(text: string): string {
  return FIELDS.reduce((words, { name, label }) => {
    const named = new RegExp(name.includes("_") ? `\\b${name}\\b` : `^${name}(?=:)`, "g");
    return words.replace(named, `“${label}”`);
  }, text);
}
