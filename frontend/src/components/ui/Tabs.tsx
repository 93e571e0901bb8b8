import { Tabs as RadixTabs } from "radix-ui";
import type { ReactNode } from "react";
import { classes } from "@/lib/classes";

const LOOKS = {
  card: {
    bar: "p-3 pb-2",
    list: "inline-flex rounded-md bg-inset p-0.5",
    tab: "min-w-12 rounded px-3 text-sm motion-safe:transition-colors data-[state=active]:bg-raised data-[state=active]:shadow-sm",
    panel: "",
  },
  /** Within a card that has more than the tabs. */
  quiet: {
    bar: "px-3 pt-2",
    list: "flex flex-wrap gap-x-1",
    tab: "rounded-md px-2.5 text-xs data-[state=active]:bg-inset",
    panel: "px-4 pt-3 pb-4",
  },
} as const;

interface TabsProps<Value extends string> {
  label: string;
  value: Value;
  options: Record<Value, string>;
  onChange: (value: Value) => void;
  /** What stands beside the list of tabs. */
  aside?: ReactNode;
  look?: keyof typeof LOOKS;
  children: ReactNode;
}

/** Tabs over one panel, whose content changes with the tab. */
export function Tabs<Value extends string>({
  label,
  value,
  options,
  onChange,
  aside,
  look = "card",
  children,
}: TabsProps<Value>) {
  const { bar, list, tab, panel } = LOOKS[look];
  return (
    <RadixTabs.Root value={value} onValueChange={(next) => onChange(next as Value)}>
      <div className={classes("flex flex-wrap items-center gap-x-4 gap-y-2", bar)}>
        <RadixTabs.List aria-label={label} className={list}>
          {(Object.entries(options) as [Value, string][]).map(([name, text]) => (
            <RadixTabs.Trigger
              key={name}
              value={name}
              className={classes(
                "h-7 font-medium text-muted hover:text-ink data-[state=active]:text-ink forced-colors:data-[state=active]:bg-[Highlight] forced-colors:data-[state=active]:text-[HighlightText] forced-colors:data-[state=active]:forced-color-adjust-none",
                tab,
              )}
            >
              {text}
            </RadixTabs.Trigger>
          ))}
        </RadixTabs.List>
        {aside}
      </div>
      <RadixTabs.Content value={value} tabIndex={-1} className={classes("outline-none", panel)}>
        {children}
      </RadixTabs.Content>
    </RadixTabs.Root>
  );
}
