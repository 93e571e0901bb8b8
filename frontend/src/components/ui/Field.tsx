import { type ComponentProps, type ReactNode, useId } from "react";

interface FieldProps {
  label: string;
  children: (id: string) => ReactNode;
}

/** A label over its control. */
export function Field({ label, children }: FieldProps) {
  const id = useId();
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="text-xs text-muted">
        {label}
      </label>
      {children(id)}
    </div>
  );
}

export function Input(props: ComponentProps<"input">) {
  return (
    <input
      className="h-8 w-full min-w-0 rounded-md border border-control bg-surface px-2.5 text-sm text-ink placeholder:text-muted"
      {...props}
    />
  );
}
