import { useId } from "react";
import type { ReadingChoice, UploadOverrides } from "@/api/types";
import { inReadingWords } from "@/lib/reading";
import { RatePreview } from "./RatePreview";

interface QuestionProps {
  question: string;
  choices: readonly ReadingChoice[];
  onChoose: (fields: UploadOverrides) => void;
}

/** One question, with an answer a button: what it means in a sentence, and what it would give. */
export function Question({ question, choices, onChoose }: QuestionProps) {
  const id = useId();
  return (
    <fieldset aria-labelledby={id} className="grid min-w-0 gap-2">
      <p id={id} role="alert" className="font-medium break-words">
        {inReadingWords(question)}
      </p>
      {choices.map(({ fields, says, preview }) => (
        <button
          key={JSON.stringify(fields)}
          type="button"
          onClick={() => onChoose(fields)}
          className="min-w-0 rounded-md border border-control bg-surface p-2.5 text-left motion-safe:transition-colors hover:border-accent hover:bg-accent-soft"
        >
          <span className="mb-2 block text-xs font-medium break-words">{says}</span>
          <RatePreview windows={preview} />
        </button>
      ))}
    </fieldset>
  );
}
