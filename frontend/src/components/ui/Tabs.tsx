import { Tabs as RadixTabs } from "radix-ui";
import type { ReactNode } from "react";

interface TabsProps<Value extends string> {
  label: string;
  value: Value;
  options: Record<Value, string>;
  onChange: (value: Value) => void;
  /** What stands beside the list of tabs. */
  aside: ReactNode;
  children: ReactNode;
}

/** Tabs over one panel, whose content changes with the tab. */
export function Tabs<Value extends string>({
  label,
  value,
  options,
  onChange,
  aside,
  children,
}: TabsProps<Value>) {
  return (
    <RadixTabs.Root value={value} onValueChange={(next) => onChange(next as Value)}>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 p-3 pb-2">
        <RadixTabs.List aria-label={label} className="inline-flex rounded-md bg-inset p-0.5">
          {(Object.entries(options) as [Value, string][]).map(([name, text]) => (
            <RadixTabs.Trigger
              key={name}
              value={name}
              className="h-7 min-w-12 rounded px-3 text-sm font-medium text-muted motion-safe:transition-colors hover:text-ink data-[state=active]:bg-raised data-[state=active]:text-ink data-[state=active]:shadow-sm forced-colors:data-[state=active]:bg-[Highlight] forced-colors:data-[state=active]:text-[HighlightText] forced-colors:data-[state=active]:forced-color-adjust-none"
            >
              {text}
            </RadixTabs.Trigger>
          ))}
        </RadixTabs.List>
        {aside}
      </div>
      <RadixTabs.Content value={value} tabIndex={-1} className="outline-none">
        {children}
      </RadixTabs.Content>
    </RadixTabs.Root>
  );
}
