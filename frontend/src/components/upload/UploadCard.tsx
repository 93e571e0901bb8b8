import { Sparkles } from "lucide-react";
import { useEffect, useId, useRef } from "react";
import type { Series } from "@/api/types";
import { Button } from "@/components/ui/Button";
import { Card, CardTitle } from "@/components/ui/Card";
import type { UploadControls } from "@/hooks/useUploads";
import { classes } from "@/lib/classes";
import { Dropzone } from "./Dropzone";
import { ImportList } from "./ImportList";
import { UploadItem } from "./UploadItem";

interface UploadCardProps {
  controls: UploadControls;
  /** Those that are stored. */
  list: readonly Series[];
  /** The page has nothing else to show. */
  large?: boolean;
}

/** The place for files: those on their way, where to put further ones, and what became of earlier ones. */
export function UploadCard({ controls, list, large = false }: UploadCardProps) {
  const titleId = useId();
  const { imports } = controls;
  const card = useScrolledTo(controls.uploads.length);
  const stored = (name: string) => list.find(({ filename }) => filename === name);
  // A report about a series that was deleted since is over.
  const shown = controls.uploads.filter(
    ({ stage }) => stage.state !== "stored" || stored(stage.result.filename) !== undefined,
  );
  // Of several that are stored the last one is told whole; the others stay as links.
  const newest = shown.findLast(({ stage }) => stage.state === "stored");
  const ids = new Set(shown.map(({ id }) => id));
  return (
    <Card
      ref={card}
      aria-labelledby={titleId}
      className={classes("flex min-w-0 flex-col", large ? "p-6" : "p-4")}
    >
      <CardTitle id={titleId} className={classes("mb-2.5 flex min-h-5 items-center", large && "sr-only")}>
        Upload traffic
      </CardTitle>
      {shown.length > 0 && (
        <ul aria-label="Files" className="mb-3 divide-y divide-line border-b border-line">
          {shown.map((upload) => (
            <UploadItem
              key={upload.id}
              upload={upload}
              record={imports.find(({ id }) => id === upload.id)}
              synthetic={
                upload.stage.state === "stored" && stored(upload.stage.result.filename)?.synthetic === true
              }
              whole={upload === newest}
              controls={controls}
            />
          ))}
        </ul>
      )}
      <Dropzone large={large && shown.length === 0} />
      {shown.length === 0 && <Sample large={large} onSample={controls.loadSample} />}
      <ImportList imports={imports.filter(({ id }) => !ids.has(id))} list={list} controls={controls} />
    </Card>
  );
}

function Sample({ large, onSample }: { large: boolean; onSample: () => void }) {
  return (
    <div
      className={classes(
        "flex flex-wrap items-center gap-x-3 gap-y-1",
        large ? "mt-5 justify-center" : "mt-2.5",
      )}
    >
      <span className="text-xs text-muted">No file at hand?</span>
      <Button size={large ? "default" : "small"} onClick={onSample}>
        <Sparkles aria-hidden className="size-3.5 text-accent" />
        Load sample traffic
      </Button>
    </div>
  );
}

/** Brings its element into view whenever a file has been added, for it may have been dropped far from it. */
function useScrolledTo(count: number) {
  const element = useRef<HTMLElement>(null);
  const before = useRef(count);
  useEffect(() => {
    if (count > before.current) element.current?.scrollIntoView?.({ block: "nearest" });
    before.current = count;
  }, [count]);
  return element;
}
