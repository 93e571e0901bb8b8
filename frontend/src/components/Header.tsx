import type { Connection } from "@/api/live";
import type { Series } from "@/api/types";
import type { LiveData } from "@/lib/liveState";
import { AutoRefresh } from "./header/AutoRefresh";
import { ClearData } from "./header/ClearData";
import { Logo } from "./header/Logo";
import { SeriesSelect } from "./header/SeriesSelect";
import { SignOut } from "./header/SignOut";
import { StatusPill } from "./header/StatusPill";
import { ThemeToggle } from "./header/ThemeToggle";

interface HeaderProps {
  connection: Connection;
  live: LiveData | null;
  replaying: boolean;
  list: readonly Series[];
  series: Series | null;
  onSelect: (filename: string) => void;
  frozen: boolean;
  waiting: number;
  onFrozenChange: (frozen: boolean) => void;
  onRefresh: () => void;
}

export function Header(props: HeaderProps) {
  const { series } = props;
  return (
    <header className="border-b border-line bg-surface sm:sticky sm:top-0 sm:z-20">
      <div className="mx-auto flex max-w-[100rem] flex-wrap items-center gap-x-4 gap-y-2 px-4 py-2.5 lg:px-6">
        <h1 className="flex items-center gap-2.5 text-base font-semibold tracking-tight">
          <Logo />
          ScaleOps
        </h1>
        <StatusPill
          connection={props.connection}
          live={props.live}
          replaying={props.replaying}
          frozen={props.frozen}
        />
        <div className="ml-auto flex sm:order-last">
          <ThemeToggle />
          <SignOut />
        </div>
        {series && (
          <>
            <SeriesSelect list={props.list} selected={series.filename} onSelect={props.onSelect} />
            <div className="flex flex-1 items-center justify-between gap-x-4 sm:justify-end">
              <AutoRefresh
                frozen={props.frozen}
                waiting={props.waiting}
                onFrozenChange={props.onFrozenChange}
                onRefresh={props.onRefresh}
              />
              {/* Keyed, so that a question about one series is never answered for another. */}
              <ClearData key={series.filename} series={series} />
            </div>
          </>
        )}
      </div>
    </header>
  );
}
