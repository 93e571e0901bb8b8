import { Check, Copy } from "lucide-react";
import { useState } from "react";
import type { ManifestInfo } from "@/api/types";
import { Button } from "@/components/ui/Button";
import { DownloadLink } from "@/components/ui/DownloadLink";
import { Field, Input } from "@/components/ui/Field";
import { Select } from "@/components/ui/Select";
import { Skeleton } from "@/components/ui/Skeleton";
import { type ManifestValues, useManifest, useManifests } from "@/hooks/capacity";
import type { PolicyChanges } from "@/lib/policy";
import { Problem } from "./Problem";

const FIELDS = [
  { name: "deployment", label: "Deployment", placeholder: "the series' name" },
  { name: "namespace", label: "Namespace", placeholder: "default" },
  { name: "url", label: "This server, from there", placeholder: window.location.origin },
] as const satisfies { name: keyof ManifestValues; label: string; placeholder: string }[];

interface ManifestsProps {
  filename: string;
  changes: PolicyChanges;
}

/** The files that connect the series, filled in with its own values. */
export function Manifests({ filename, changes }: ManifestsProps) {
  const kinds = useManifests().data;
  const [chosen, setChosen] = useState<ManifestInfo["kind"] | null>(null);
  const [values, setValues] = useState<ManifestValues>({});
  const info = kinds?.find(({ kind }) => kind === chosen) ?? kinds?.[0];
  if (!kinds || !info) return <Skeleton className="h-40 w-full" />;
  return (
    <div className="grid min-w-0 gap-3">
      <div className="grid gap-2 sm:grid-cols-2 lg:grid-cols-4">
        <Field label="Manifest">
          {(id) => (
            <Select
              id={id}
              value={info.kind}
              onChange={(event) => setChosen(event.target.value as ManifestInfo["kind"])}
            >
              {kinds.map(({ kind, label }) => (
                <option key={kind} value={kind}>
                  {label}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {FIELDS.map(({ name, label, placeholder }) => (
          <Field key={name} label={label}>
            {(id) => (
              <Input
                id={id}
                autoComplete="off"
                spellCheck={false}
                placeholder={placeholder}
                value={values[name] ?? ""}
                onChange={(event) => setValues({ ...values, [name]: event.target.value.trim() })}
              />
            )}
          </Field>
        ))}
      </div>
      <Manifest key={info.kind} filename={filename} info={info} values={values} changes={changes} />
    </div>
  );
}

interface ManifestProps extends ManifestsProps {
  info: ManifestInfo;
  values: ManifestValues;
}

function Manifest({ filename, info, values, changes }: ManifestProps) {
  const manifest = useManifest(filename, info.kind, { ...values, ...changes });
  const [copied, setCopied] = useState<string | null>(null);
  const [refused, setRefused] = useState(false);
  const text = manifest.data;
  const copy = async () => {
    if (text === undefined) return;
    try {
      await navigator.clipboard.writeText(text);
      setCopied(text);
    } catch {
      setRefused(true);
    }
  };
  if (manifest.error) return <Problem error={manifest.error} />;
  return (
    <div className="min-w-0">
      <div className="mb-1.5 flex flex-wrap items-center justify-between gap-2">
        <p className="text-xs text-muted">{info.description}</p>
        <span className="flex items-center gap-2">
          <span role="status" className="sr-only">
            {copied !== null && copied === text && "Copied"}
          </span>
          {refused && (
            <span role="alert" className="text-xs text-danger">
              The browser refused to copy. Download it.
            </span>
          )}
          {/* A browser has a clipboard only over https, and on this machine. */}
          {navigator.clipboard && (
            <Button size="small" disabled={text === undefined} onClick={copy}>
              {copied !== null && copied === text ? (
                <Check aria-hidden className="size-3.5" />
              ) : (
                <Copy aria-hidden className="size-3.5" />
              )}
              Copy
            </Button>
          )}
          {text !== undefined && (
            <DownloadLink
              href={`data:text/plain;charset=utf-8,${encodeURIComponent(text)}`}
              name={`${info.kind}.${info.ending}`}
            >
              Download
            </DownloadLink>
          )}
        </span>
      </div>
      {text === undefined ? (
        <Skeleton className="h-40 w-full" />
      ) : (
        <section tabIndex={0} aria-label={info.label} className={CODE}>
          <pre>{text}</pre>
        </section>
      )}
    </div>
  );
}

const CODE = "max-h-80 overflow-auto rounded-md border border-line bg-inset p-3 text-2xs leading-4";
