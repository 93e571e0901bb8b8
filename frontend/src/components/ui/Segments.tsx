import { RadioGroup } from "radix-ui";

interface SegmentsProps<Value extends string> {
  label: string;
  describedBy?: string;
  value: Value;
  options: Record<Value, { label: string; does?: string }>;
  onChange: (value: Value) => void;
}

/** One of a few, side by side. */
export function Segments<Value extends string>(props: SegmentsProps<Value>) {
  return (
    <RadioGroup.Root
      aria-label={props.label}
      aria-describedby={props.describedBy}
      orientation="horizontal"
      value={props.value}
      onValueChange={(value) => props.onChange(value as Value)}
      className="inline-flex rounded-md bg-inset p-0.5"
    >
      {(Object.entries(props.options) as [Value, { label: string; does?: string }][]).map(
        ([value, { label, does }]) => (
          <RadioGroup.Item key={value} value={value} title={does} className={ITEM}>
            {label}
          </RadioGroup.Item>
        ),
      )}
    </RadioGroup.Root>
  );
}

const ITEM =
  "h-7 rounded px-3 text-xs font-medium whitespace-nowrap text-muted hover:text-ink data-[state=checked]:bg-raised data-[state=checked]:text-ink data-[state=checked]:shadow-sm forced-colors:data-[state=checked]:bg-[Highlight] forced-colors:data-[state=checked]:text-[HighlightText] forced-colors:data-[state=checked]:forced-color-adjust-none";
